"""What the room shows of entries, lines, runs and statements. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from functions.settlement.ledger.balances import Balance
from functions.settlement.ledger.books import Sums
from functions.settlement.ledger.ledger import Booking, Entry, Why
from functions.settlement.ledger.lines import PartyLine, totals_of
from functions.settlement.runs.calendars import period_named
from functions.settlement.runs.runs import Run, ShardResult, outcome_of
from functions.settlement.statements.disputes import Dispute
from functions.settlement.statements.statements import Statement
from functions.settlement.tables import SEALS
from hub.contracts import settlement as wire
from hub.contracts import settlement_accounts as accounts
from hub.kernel.clock import parse_rfc3339
from hub.kernel.money import Money


def entry_view(entry: Entry, booking: Booking) -> wire.LedgerEntryView:
    """A journal entry with all its lines."""
    late = booking.late_for
    return wire.LedgerEntryView(
        id=entry.id,
        fact_id=entry.fact_id,
        purpose=entry.purpose,
        occurred_at=entry.occurred_at,
        posted_at=booking.posted_at,
        run_id=booking.run_id,
        period=period_named(booking.run_id).name,
        late_for=wire.LateReference(period=period_named(late).name, run_id=late) if late else None,
        reverses=entry.reverses,
        currency=entry.currency,
        lines=_ledger_lines(entry),
        reason=reason_view(entry.why),
    )


def earnings_view(person: str, period: str, lines: Iterable[PartyLine]) -> wire.EarningsView:
    """A person's lines in canonical order, and per currency what is pending, confirmed, and both."""
    ordered = sorted(lines, key=lambda line: line.order)
    return wire.EarningsView(
        person_id=person,
        period=period,
        totals=_earnings_totals(ordered),
        lines=tuple(line_view(line) for line in ordered),
    )


def statement_view(statement: Statement) -> wire.StatementView:
    """The head of a statement, its amounts by currency."""
    currencies = sorted({*statement.totals, *statement.payout})
    return wire.StatementView(
        id=statement.id,
        run_id=statement.run_id,
        party=statement.party,
        ends_at=statement.ends_at,
        lines=statement.lines,
        totals=tuple(_amounts(statement, currency) for currency in currencies),
        hash=statement.hash,
        state=statement.state,
        disputes=statement.disputes,
        memo=statement.memo,
        sent_at=statement.sent_at,
        approved_at=statement.approved_at,
        approved_by=statement.approved_by,
        version=statement.version,
    )


def dispute_view(dispute: Dispute) -> wire.DisputeView:
    """A disputed line."""
    return wire.DisputeView(
        line=dispute.line,
        entry_id=dispute.entry_id,
        currency=dispute.currency,
        amount=str(Money(dispute.amount_minor, dispute.currency)),
        reason=dispute.reason,
        by=dispute.by,
        at=dispute.at,
        outcome=dispute.outcome,
        answer=dispute.answer,
    )


def run_view(run: Run, shards: Sequence[ShardResult] | None = None) -> wire.RunView:
    """A run. shards: those that are done, where its progress is asked for."""
    return wire.RunView(
        id=run.id,
        scope=run.period.scope,
        period=run.period.name,
        first=run.period.first,
        last=run.period.last,
        state=run.state,
        due_at=run.due_at,
        cut_off=run.cut_off,
        drained_at=run.drained_at,
        closed_at=run.closed_at,
        progress=None if shards is None else _progress(shards),
        outcome=_outcome(run.outcome.get("close")),
        rehearsal=_outcome(run.outcome.get("rehearse")),
        proof=_outcome(run.outcome.get("prove")),
    )


def account_view(balance: Balance) -> accounts.AccountView:
    """What stands on an account."""
    issued = (
        accounts.IssuedPart(store=store, amount=str(Money(minor, balance.currency))) for store, minor in balance.parts
    )
    return accounts.AccountView(
        account=balance.account,
        currency=balance.currency,
        balance=str(Money(balance.minor, balance.currency)),
        issued=tuple(issued),
    )


def deferred_view(entry: Entry) -> accounts.DeferredView:
    """An entry that is still to come."""
    return accounts.DeferredView(
        id=entry.id,
        fact_id=entry.fact_id,
        purpose=entry.purpose,
        occurred_at=entry.occurred_at,
        currency=entry.currency,
        lines=_ledger_lines(entry),
        reason=reason_view(entry.why),
    )


def book_view(book: str, month: str, entries: int, sums: Sums, complete: bool) -> accounts.BookView:
    """A book, or all of them as one."""
    return accounts.BookView(
        book=book,
        month=month,
        entries=entries,
        accounts=_account_sums(sums.accounts),
        eliminated=_account_sums(sums.eliminated),
        complete=complete,
    )


def line_view(line: PartyLine) -> wire.PartyLine:
    """A line of a party."""
    return wire.PartyLine(
        entry_id=line.entry_id,
        fact_id=line.fact_id,
        ticket_id=line.why.facts.get("ticket_id", ""),
        purpose=line.purpose,
        occurred_at=line.occurred_at,
        amount=str(line.amount),
        currency=line.amount.currency,
        reason=reason_view(line.why),
        late_for=line.late_for,
        reverses=line.reverses,
        state="awaiting" if line.held else "confirmed" if line.statement_id else "pending",
        statement_id=line.statement_id,
    )


def _ledger_lines(entry: Entry) -> tuple[wire.LedgerLine, ...]:
    return tuple(
        wire.LedgerLine(account=line.account, amount=str(line.amount), dims=dict(line.dims)) for line in entry.lines
    )


def _account_sums(sums: Mapping[tuple[str, str], int]) -> tuple[accounts.AccountSum, ...]:
    return tuple(
        accounts.AccountSum(account=account, currency=currency, amount=str(Money(minor, currency)))
        for (account, currency), minor in sorted(sums.items())
    )


def _progress(shards: Sequence[ShardResult]) -> wire.RunProgress:
    so_far = outcome_of(shards)
    return wire.RunProgress(
        shards_done=len(shards), shards=SEALS, statements=so_far["statements"], lines=so_far["lines"]
    )


def _outcome(raw: Mapping[str, Any] | None) -> wire.RunOutcome | None:
    if raw is None:
        return None
    totals = {currency: int(minor) for currency, minor in raw["totals"].items()}
    return wire.RunOutcome(
        statements=int(raw["statements"]),
        lines=int(raw["lines"]),
        totals=tuple(wire.RunTotal(currency=c, amount=str(Money(minor, c))) for c, minor in totals.items()),
        hash=raw["hash"],
        at=parse_rfc3339(raw["at"]),
        agrees=raw.get("agrees"),
        wrong=tuple(raw["wrong"]),
    )


def _amounts(statement: Statement, currency: str) -> wire.StatementAmounts:
    def shown(amounts: Mapping[str, int]) -> str:
        return str(Money(amounts.get(currency, 0), currency))

    return wire.StatementAmounts(
        currency=currency,
        total=shown(statement.totals),
        carried_in=shown(statement.carried_in),
        payout=shown(statement.payout),
        carried_out=shown(statement.carried_out),
        frozen=shown(statement.frozen),
        payable=shown(statement.payable()),
    )


def _earnings_totals(lines: Sequence[PartyLine]) -> tuple[wire.EarningsTotal, ...]:
    confirmed = {total.currency: total for total in totals_of(line for line in lines if line.statement_id)}
    awaiting = {total.currency: total for total in totals_of(line for line in lines if line.held)}
    earned = {total.currency: total for total in totals_of(line for line in lines if not line.held)}
    totals = []
    for currency in sorted({*earned, *awaiting}):
        total = earned.get(currency, Money(0, currency))
        settled = confirmed.get(total.currency, Money(0, total.currency))
        totals.append(
            wire.EarningsTotal(
                currency=total.currency,
                pending=str(total - settled),
                confirmed=str(settled),
                total=str(total),
                awaiting=str(awaiting.get(currency, Money(0, currency))),
            )
        )
    return tuple(totals)


def reason_view(why: Why) -> wire.Reason:
    """Why, in words and facts."""
    return wire.Reason(zh=why.zh, en=why.en, rule=why.rule, rule_version=why.version, facts=dict(why.facts))
