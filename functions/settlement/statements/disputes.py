"""Lines of a statement that their party disputes (异议): only such a line is frozen, the rest goes on. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from functions.settlement.ledger.lines import PartyLine
from functions.settlement.runs.runs import summed
from functions.settlement.statements.statements import Statement
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.dataclass import dataclass

Outcome = Literal["open", "released", "corrected"]


@dataclass(frozen=True, slots=True)
class Dispute:
    """One disputed line. outcome: open; released: it stands and is paid; corrected: it is not paid, since a new entry
    says what is right."""

    line: int
    entry_id: str
    amount_minor: int
    currency: str
    reason: str
    by: str
    at: datetime
    outcome: Outcome = "open"
    answer: str = ""
    fact_id: str = ""


def disputed(
    statement: Statement, number: int, line: PartyLine, reason: str, by: str, at: datetime
) -> tuple[Statement, Dispute]:
    """The statement with this line frozen. Raises Conflict for a draft, and once it is approved."""
    statement.require("sent", "disputed")
    about = number, line.entry_id, line.amount.amount_minor, line.amount.currency
    dispute = Dispute(*about, reason, by, at, fact_id=line.fact_id)
    frozen = summed([statement.frozen, {dispute.currency: dispute.amount_minor}])
    return replace(statement, state="disputed", frozen=frozen, disputes=statement.disputes + 1), dispute


def resolved(statement: Statement, dispute: Dispute, outcome: Outcome, answer: str) -> tuple[Statement, Dispute]:
    """The statement after finance answered: a line that is released is paid, one that is corrected stays frozen."""
    frozen = statement.frozen
    if outcome == "released":
        frozen = summed([frozen, {dispute.currency: -dispute.amount_minor}])
    left = statement.disputes - 1
    state = "sent" if statement.state == "disputed" and not left else statement.state
    return (
        replace(statement, state=state, frozen=frozen, disputes=left),
        replace(dispute, outcome=outcome, answer=answer),
    )


def dispute_document(dispute: Dispute) -> dict[str, Any]:
    """A dispute as plain values, for the store."""
    names = ("line", "entry_id", "amount_minor", "currency", "reason", "by", "outcome", "answer", "fact_id")
    return {name: getattr(dispute, name) for name in names} | {"at": rfc3339(dispute.at)}


def dispute_from_document(raw: Mapping[str, Any]) -> Dispute:
    """What `dispute_document` wrote."""
    values = dict(raw) | {"line": int(raw["line"]), "amount_minor": int(raw["amount_minor"])}
    return Dispute(**values | {"at": parse_rfc3339(raw["at"])})
