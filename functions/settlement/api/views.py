"""What the room shows of entries, lines, runs and statements. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from functions.settlement.ledger.ledger import Booking, Entry, Why
from functions.settlement.ledger.lines import PartyLine, totals_of
from functions.settlement.runs.periods import Run
from functions.settlement.statements.statements import Statement
from hub.contracts import settlement as wire
from hub.kernel.money import Money


def entry_view(entry: Entry, booking: Booking) -> wire.LedgerEntryView:
    """A journal entry with all its lines."""
    late = wire.LateReference(period=booking.late_for, run_id=booking.late_for_run) if booking.late_for else None
    return wire.LedgerEntryView(
        id=entry.id,
        fact_id=entry.fact_id,
        purpose=entry.purpose,
        occurred_at=entry.occurred_at,
        posted_at=booking.posted_at,
        period=booking.period,
        late_for=late,
        currency=entry.currency,
        lines=tuple(wire.LedgerLine(account=line.account, amount=str(line.amount)) for line in entry.lines),
        reason=reason_view(entry.why),
    )


def earnings_view(person: str, period: str, lines: Iterable[PartyLine]) -> wire.EarningsView:
    """A person's lines in canonical order, and per currency what is pending, confirmed, and both."""
    ordered = sorted(lines, key=lambda line: line.order)
    return wire.EarningsView(
        person_id=person,
        period=period,
        totals=_earnings_totals(ordered),
        lines=tuple(_line(line) for line in ordered),
    )


def statement_view(statement: Statement) -> wire.StatementView:
    """A statement with every line and its totals."""
    totals = (wire.StatementTotal(currency=total.currency, amount=str(total)) for total in statement.totals())
    return wire.StatementView(
        id=statement.id,
        run_id=statement.run_id,
        party=statement.party,
        cut_off=statement.cut_off,
        created_at=statement.created_at,
        totals=tuple(totals),
        lines=tuple(_line(line) for line in statement.lines),
    )


def run_view(run: Run) -> wire.RunView:
    """A run that has opened."""
    return wire.RunView(
        id=run.id,
        day=run.day,
        state="closed" if run.closed_at else "open",
        cut_off=run.cut_off,
        opened_at=run.opened_at,
        closed_at=run.closed_at,
    )


def _earnings_totals(lines: Sequence[PartyLine]) -> tuple[wire.EarningsTotal, ...]:
    confirmed = {total.currency: total for total in totals_of(line for line in lines if line.statement_id)}
    totals = []
    for total in totals_of(lines):
        settled = confirmed.get(total.currency, Money(0, total.currency))
        totals.append(
            wire.EarningsTotal(
                currency=total.currency,
                pending=str(total - settled),
                confirmed=str(settled),
                total=str(total),
            )
        )
    return tuple(totals)


def _line(line: PartyLine) -> wire.PartyLine:
    return wire.PartyLine(
        entry_id=line.entry_id,
        fact_id=line.fact_id,
        ticket_id=line.why.facts.get("ticket_id", ""),
        purpose=line.purpose,
        occurred_at=line.occurred_at,
        amount=str(line.amount),
        currency=line.amount.currency,
        reason=reason_view(line.why),
        state="confirmed" if line.statement_id else "pending",
        statement_id=line.statement_id,
    )


def reason_view(why: Why) -> wire.Reason:
    """Why, in words and facts."""
    return wire.Reason(zh=why.zh, en=why.en, rule=why.rule, rule_version=why.version, facts=dict(why.facts))
