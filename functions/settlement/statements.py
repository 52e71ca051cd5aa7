"""Statements (结算单) and earnings: what the entries of the ledger add up to for one party. Pure.

A party's line is what one entry means to it. Totals are always added up from the lines in canonical order
(occurred at, fact id, purpose), so they do not depend on the order in which facts arrived or how often.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from functions.settlement.ledger import Booking, Entry, Why, why_document, why_from_document
from functions.settlement.periods import Run, statement_id_of
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.money import Money

SCHEMA = 1
LINES_LIMIT = 200
"""Lines of one statement: an item of the store holds 400 KB, a line up to 1.6; a party with more gets a
statement of several parts."""


@dataclass(frozen=True, slots=True)
class PartyLine:
    """What one entry means to one party: positive is what the party earned."""

    party: str
    entry_id: str
    fact_id: str
    purpose: str
    occurred_at: datetime
    booked_at: datetime
    amount: Money
    why: Why
    statement_id: str = ""

    @property
    def order(self) -> tuple[datetime, str, str]:
        """The canonical order of lines."""
        return (self.occurred_at, self.fact_id, self.purpose)


@dataclass(frozen=True, slots=True)
class Statement:
    """A run's totals for one party, with every line that makes them. Immutable once stored."""

    id: str
    run_id: str
    party: str
    cut_off: datetime
    created_at: datetime
    lines: tuple[PartyLine, ...]

    def totals(self) -> tuple[Money, ...]:
        """One total a currency, in alphabetical order, added up from the lines."""
        return totals_of(self.lines)


def party_lines(entry: Entry, booking: Booking) -> list[PartyLine]:
    """The lines that an entry adds to its parties' accounts; parties for whom it comes to nothing have
    none."""
    return [
        PartyLine(
            party=party,
            entry_id=entry.id,
            fact_id=entry.fact_id,
            purpose=entry.purpose,
            occurred_at=entry.occurred_at,
            booked_at=booking.booked_at,
            amount=amount,
            why=entry.why,
        )
        for party, amount in sorted(entry.earned_by_party().items())
        if amount.amount_minor != 0
    ]


def make_statement(run: Run, party: str, part: int, due: Iterable[PartyLine], now: datetime) -> Statement:
    """The run's statement for a party out of the lines that are due, in canonical order, LINES_LIMIT at
    most."""
    statement_id = statement_id_of(run, party, part)
    lines = sorted(due, key=lambda line: line.order)[:LINES_LIMIT]
    settled = tuple(replace(line, statement_id=statement_id) for line in lines)
    return Statement(statement_id, run.id, party, run.cut_off, now, settled)


def totals_of(lines: Iterable[PartyLine]) -> tuple[Money, ...]:
    """One total a currency, in alphabetical order."""
    totals: dict[str, Money] = {}
    for line in lines:
        currency = line.amount.currency
        totals[currency] = totals.get(currency, Money(0, currency)) + line.amount
    return tuple(totals[currency] for currency in sorted(totals))


def imbalance_minor(entries: Sequence[Entry]) -> int:
    """The postings of all entries added up again: the sum over currencies of what each is off, 0 when
    balanced."""
    off: dict[str, int] = {}
    for entry in entries:
        for line in entry.lines:
            off[line.amount.currency] = off.get(line.amount.currency, 0) + line.amount.amount_minor
    return sum(abs(amount) for amount in off.values())


def line_document(line: PartyLine) -> dict[str, Any]:
    """A line as plain JSON values, for the store; its party and statement stand beside it there."""
    return {
        "entry_id": line.entry_id,
        "fact_id": line.fact_id,
        "purpose": line.purpose,
        "occurred_at": rfc3339(line.occurred_at),
        "booked_at": rfc3339(line.booked_at),
        "amount_minor": line.amount.amount_minor,
        "currency": line.amount.currency,
        "why": why_document(line.why),
    }


def line_from_document(raw: Mapping[str, Any], party: str, statement_id: str) -> PartyLine:
    """What `line_document` wrote."""
    return PartyLine(
        party=party,
        entry_id=raw["entry_id"],
        fact_id=raw["fact_id"],
        purpose=raw["purpose"],
        occurred_at=parse_rfc3339(raw["occurred_at"]),
        booked_at=parse_rfc3339(raw["booked_at"]),
        amount=Money(raw["amount_minor"], raw["currency"]),
        why=why_from_document(raw["why"]),
        statement_id=statement_id,
    )


def statement_document(statement: Statement) -> str:
    """A statement as canonical JSON, for the store."""
    return json.dumps(
        {
            "schema": SCHEMA,
            "id": statement.id,
            "run_id": statement.run_id,
            "party": statement.party,
            "cut_off": rfc3339(statement.cut_off),
            "created_at": rfc3339(statement.created_at),
            "lines": [line_document(line) for line in statement.lines],
        },
        ensure_ascii=False,
        sort_keys=True,
    )


def statement_from_document(document: str) -> Statement:
    """What `statement_document` wrote."""
    raw = json.loads(document)
    lines = tuple(line_from_document(line, raw["party"], raw["id"]) for line in raw["lines"])
    moments = parse_rfc3339(raw["cut_off"]), parse_rfc3339(raw["created_at"])
    return Statement(raw["id"], raw["run_id"], raw["party"], *moments, lines)
