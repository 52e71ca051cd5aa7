"""Entries that finance posts by hand (手工凭证). Pure."""

from __future__ import annotations

from datetime import datetime

from functions.settlement.ledger.ledger import Entry, Line, Why
from hub.contracts.settlement import ManualEntry
from hub.kernel.errors import Invalid, Problem
from hub.kernel.money import Money

RULE = "manual"


def manual_entry(body: ManualEntry, fact_id: str, by: str, now: datetime) -> Entry:
    """The entry that a body asks for. Raises Invalid naming /lines/<n>/amount for an amount that its currency
    cannot express, /occurred_at for a future moment, and /lines when the entry does not balance."""
    if body.occurred_at is not None and body.occurred_at > now:
        raise Invalid("entry", problems=[Problem("/occurred_at", "must not lie in the future")])
    lines: list[Line] = []
    problems: list[Problem] = []
    for i, line in enumerate(body.lines):
        try:
            lines.append(Line(line.account, Money.parse(line.amount, body.currency), line.dims))
        except Invalid as error:
            problems.extend(Problem(f"/lines/{i}/amount", problem.rule) for problem in error.problems)
    if problems:
        raise Invalid("entry", problems=problems)
    why = Why(body.reason.zh, body.reason.en, RULE, 1, {"posted_by": by})
    return Entry(fact_id, body.purpose, body.occurred_at or now, tuple(lines), why)
