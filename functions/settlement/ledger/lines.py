"""A party's lines (明细): what each entry of the ledger means to one party, and what lines add up to. Pure.

Totals are always added up from the lines in canonical order (occurred at, fact id, purpose), so they do not depend on
the order in which facts arrived or how often.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from functions.settlement.ledger.ledger import Entry, Why, why_document, why_from_document
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.money import Money
from hub.kernel.regions import BASE


@dataclass(frozen=True, slots=True)
class PartyLine:
    """What one entry means to one party: positive is what the party earned. held: it awaits acceptance."""

    party: str
    entry_id: str
    fact_id: str
    purpose: str
    occurred_at: datetime
    amount: Money
    why: Why
    late_for: str = ""
    reverses: str = ""
    statement_id: str = ""
    held: bool = False

    @property
    def order(self) -> tuple[datetime, str, str]:
        """The canonical order of lines."""
        return (self.occurred_at, self.fact_id, self.purpose)


def party_lines(entry: Entry, late_for: str = "") -> list[PartyLine]:
    """The lines that an entry adds to its parties' accounts; parties for whom it comes to nothing have none. late_for:
    the run that was closed when it came."""
    return [
        PartyLine(
            party=party,
            entry_id=entry.id,
            fact_id=entry.fact_id,
            purpose=entry.purpose,
            occurred_at=entry.occurred_at,
            amount=amount,
            why=entry.why,
            late_for=late_for,
            reverses=entry.reverses or entry.why.facts.get("reverses", ""),
        )
        for party, amount in sorted(entry.earned_by_party().items())
        if amount.amount_minor != 0
    ]


def region_of(item: Entry | PartyLine) -> str:
    """Where the work was done that made it; "base" for what was posted by hand."""
    return item.why.facts.get("region", BASE)


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
        "amount_minor": line.amount.amount_minor,
        "currency": line.amount.currency,
        "why": why_document(line.why),
        "late_for": line.late_for,
        "reverses": line.reverses,
    }


def line_from_document(raw: Mapping[str, Any], party: str, statement_id: str = "") -> PartyLine:
    """What `line_document` wrote."""
    return PartyLine(
        party=party,
        entry_id=raw["entry_id"],
        fact_id=raw["fact_id"],
        purpose=raw["purpose"],
        occurred_at=parse_rfc3339(raw["occurred_at"]),
        amount=Money(raw["amount_minor"], raw["currency"]),
        why=why_from_document(raw["why"]),
        late_for=raw["late_for"],
        reverses=raw["reverses"],
        statement_id=statement_id,
    )
