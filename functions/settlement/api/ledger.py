"""The ledger and what it means to people: earnings, entries, entries by hand, and that it balances."""

from __future__ import annotations

from functions.settlement.api.views import earnings_view, entry_view
from functions.settlement.desk import Desk
from functions.settlement.handlers import posting
from functions.settlement.ledger.entries_table import SUMMARY_LIMIT
from functions.settlement.ledger.lines import imbalance_minor
from functions.settlement.ledger.manual import manual_entry
from functions.settlement.room import FINANCE, room
from functions.settlement.runs.periods import period_bounds
from functions.settlement.statements.earnings import visible_lines
from hub.contracts.http import Page, PageQuery
from hub.contracts.settlement import EarningsQuery, EarningsView, LedgerEntryView, LedgerSummary, ManualEntry
from hub.edge import cursors
from hub.edge.answers import page
from hub.edge.requests import Request


@room.http(
    "GET",
    "/settlement/earnings/{person}",
    query=EarningsQuery,
    answer=EarningsView,
    summary="收益明白账 · A person's earnings, line by line, each with its reason",
)
def show_earnings(desk: Desk, request: Request) -> EarningsView:
    """All lines for oneself and finance; a supervisor sees those of the own region. Forbidden for anybody else."""
    person, period = request.path["person"], request.query.period
    since, until = period_bounds(period, request.now, desk.zone)
    visible = visible_lines(request.principal, person)
    lines = desk.entries.lines(f"person:{person}", since, until)
    return earnings_view(person, period, filter(visible, lines))


@room.http(
    "GET",
    "/settlement/ledger/entries",
    query=PageQuery,
    answer=Page[LedgerEntryView],
    roles=FINANCE,
    summary="分录列表 · Journal entries, the latest first",
)
def list_entries(desk: Desk, request: Request) -> Page[LedgerEntryView]:
    """Balanced entries with their lines; may be two seconds behind."""
    entries, position = desk.entries.page(request.query.limit, cursors.decode(request.query.cursor))
    return page([entry_view(entry, booking) for entry, booking in entries], position)


@room.http(
    "POST",
    "/settlement/ledger/entries",
    body=ManualEntry,
    answer=LedgerEntryView,
    roles=FINANCE,
    status=201,
    summary="手工凭证 · Post a balanced entry by hand",
)
def post_entry(desk: Desk, request: Request) -> LedgerEntryView:
    """Amounts in the body are decimal strings; Invalid at /lines when they do not sum to 0."""
    now = request.made_at or request.now
    entry = manual_entry(request.body, request.new_id("fct"), request.principal.sub, now)
    return entry_view(*posting.post_entry(desk, entry, now))


@room.http(
    "GET",
    "/settlement/ledger/summary",
    answer=LedgerSummary,
    roles=FINANCE,
    summary="试算平衡 · All postings added up again: the ledger balances",
)
def show_summary(desk: Desk, request: Request) -> LedgerSummary:
    """Adds up to SUMMARY_LIMIT entries, in minor units; `complete` says whether that was all of them."""
    entries = list(desk.entries.every())
    summed = entries[:SUMMARY_LIMIT]
    return LedgerSummary(
        entries=len(summed), imbalance_minor=imbalance_minor(summed), complete=len(summed) == len(entries)
    )
