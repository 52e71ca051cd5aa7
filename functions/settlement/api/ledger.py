"""The ledger and what it means to people: earnings, entries, entries by hand, and that it balances."""

from __future__ import annotations

from functions.settlement.api.views import earnings_view, entry_view
from functions.settlement.desk import Desk
from functions.settlement.handlers import posting
from functions.settlement.handlers.earnings import awaited_lines, earned_lines
from functions.settlement.ledger.ledger import Entry
from functions.settlement.ledger.lines import imbalance_minor, region_of
from functions.settlement.ledger.manual import manual_entry
from functions.settlement.room import FINANCE, room
from functions.settlement.runs.spans import span_named
from hub.contracts.http import Page, PageQuery
from hub.contracts.settlement import (
    EarningsQuery,
    EarningsView,
    LedgerEntryView,
    LedgerSummary,
    ManualEntry,
    SummaryQuery,
)
from hub.edge import cursors
from hub.edge.access import Place, Subject
from hub.edge.access.listing import within
from hub.edge.answers import page
from hub.edge.requests import Request
from hub.kernel.regions import BASE


def persons_lines(desk: Desk, request: Request) -> Subject:
    """A person's lines in the period: each lies where the work was done, and is the person's own."""
    person = request.path["person"]
    span = span_named(request.query.period, request.now, desk.zone)
    party = f"person:{person}"
    lines = earned_lines(desk.entries, desk.runs, desk.zone, party, span)
    lines += awaited_lines(desk.holds, desk.zone, party, span)
    regions = {region_of(line) for line in lines} or {BASE}
    return Subject(lines, tuple(Place(region, people=(person,)) for region in sorted(regions)))


def named_entry(desk: Desk, request: Request) -> Subject:
    """The entry of the path, where the work was done."""
    entry, booking = desk.entries.get(request.path["entry_id"])
    return Subject((entry, booking), (Place(region_of(entry), store=entry.why.facts.get("store_id", "")),))


def whole_ledger(desk: Desk, request: Request) -> Place:
    """What is added up of all regions."""
    return Place(BASE)


@room.http(
    "GET",
    "/settlement/earnings/{person}",
    explain="always",
    query=EarningsQuery,
    answer=EarningsView,
    scope="own",
    overseers=("finance", "supervisor"),
    subject=persons_lines,
    summary="收益明白账 · A person's earnings, line by line, each with its reason",
)
def show_earnings(desk: Desk, request: Request) -> EarningsView:
    """All lines for oneself; finance and supervisors see those of work within their reach."""
    person = request.path["person"]
    lines = [line for line in request.subject if request.reach.covers(Place(region_of(line), people=(person,)))]
    return earnings_view(person, request.query.period, lines)


@room.http(
    "GET",
    "/settlement/ledger/entries",
    query=PageQuery,
    answer=Page[LedgerEntryView],
    roles=FINANCE,
    scope="region",
    summary="分录列表 · Journal entries within reach, the latest first",
)
def list_entries(desk: Desk, request: Request) -> Page[LedgerEntryView]:
    """Balanced entries with their lines; may be two seconds behind. What was posted by hand lies in no region: only who
    reaches the whole tenant sees it."""
    query = request.query
    position = cursors.decode(query.cursor)
    entries, position = desk.entries.page(within(request.reach), request.now, query.limit, position)
    return page([entry_view(entry, booking) for entry, booking in entries], position)


@room.http(
    "GET",
    "/settlement/ledger/entries/{entry_id}",
    explain="always",
    answer=LedgerEntryView,
    roles=FINANCE,
    scope="region",
    subject=named_entry,
    summary="分录 · One journal entry: from which fact, by which rule and version, with every line",
)
def show_entry(desk: Desk, request: Request) -> LedgerEntryView:
    """By its id; may be two seconds behind."""
    return entry_view(*request.subject)


@room.http(
    "POST",
    "/settlement/ledger/entries",
    body=ManualEntry,
    answer=LedgerEntryView,
    roles=FINANCE,
    status=201,
    scope="tenant",
    dry_run="rehearsed",
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
    scope="region",
    query=SummaryQuery,
    subject=whole_ledger,
    summary="试算平衡 · All postings added up again: the ledger balances",
)
def show_summary(desk: Desk, request: Request) -> LedgerSummary:
    """Adds up the latest entries, as many as the desk says, in minor units, and holds each against its parties' lines;
    `next_cursor` goes on with those before them."""
    entries: list[Entry] = []
    wrong: list[str] = []
    position, is_first = cursors.decode(request.query.cursor), True
    while is_first or (position and len(entries) + len(wrong) < desk.proved_at_once):
        left = desk.proved_at_once - len(entries) - len(wrong)
        proved, failed, position = desk.entries.proved(request.now, position, left)
        entries, wrong, is_first = entries + proved, wrong + failed, False
    return LedgerSummary(
        entries=len(entries) + len(wrong),
        imbalance_minor=imbalance_minor(entries),
        wrong_entries=tuple(wrong),
        complete=position is None,
        next_cursor=cursors.encode(position),
    )
