"""Settlement (结算): entries from closed tickets, live earnings, daily runs, statements."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from functions.settlement import steps as run_steps
from functions.settlement import views
from functions.settlement.earnings import visible_lines
from functions.settlement.entries_port import SUMMARY_LIMIT
from functions.settlement.ledger import Entry
from functions.settlement.machine_port import start_run
from functions.settlement.manual import manual_entry
from functions.settlement.periods import (
    RUN_HOUR,
    book_entry,
    day_of_run,
    local_day,
    new_run,
    period_bounds,
    run_id_of,
    statement_prefix,
)
from functions.settlement.policies import Policy, entries_for, load_policies
from functions.settlement.statements import imbalance_minor, party_lines
from functions.settlement.store_port import Store, connect
from functions.settlement.tables import Listed
from hub.contracts import settlement as wire
from hub.contracts.events import Event, TicketClosed
from hub.contracts.http import Page, PageQuery
from hub.edge import aws, cursors
from hub.edge.bus import Change
from hub.edge.requests import Request
from hub.edge.room import Room
from hub.kernel.errors import Conflict, Invalid, NotFound, Problem
from hub.store.idempotency import Idempotency

FINANCE = ("finance",)


room = Room("settlement", paths=("/settlement",), idempotency=Idempotency)
forward = room.forward
connected = lru_cache(maxsize=2)(connect)


def _store() -> Store:
    return connected(room.settings.tenant, room.settings.table)


def _zone() -> ZoneInfo:
    return ZoneInfo(room.settings.timezone)


def _today(now: datetime) -> date:
    return local_day(now, _zone())


@cache
def _policies() -> tuple[Policy, ...]:
    return load_policies()


# From facts to entries to lines.


@room.events("ticket.closed")
def on_event(event: Event) -> None:
    """Post the entries of a closed ticket; a repeat posts nothing new."""
    assert isinstance(event, TicketClosed)  # noqa: S101 - the one subscription
    for entry in entries_for(event, _policies()):
        _post(entry, room.now())


@room.changes
def on_change(change: Change) -> None:
    """Give each new entry's lines to their parties."""
    if change.kind == "INSERT" and _store().entries.owns(change.pk):
        entry, booking = _store().entries.read(change.pk, change.sk)
        _store().entries.project(party_lines(entry, booking))


def _post(entry: Entry, now: datetime) -> wire.EntryView:
    booking = book_entry(entry.occurred_at, now, _store().runs.closing(), _zone())
    posted, booked, _ = _store().entries.post(entry, booking)
    return views.entry_view(posted, booked)


# Runs.


@room.schedule(f"cron(0 {RUN_HOUR} * * ? *)", name="daily")
def daily(now: datetime) -> None:
    """Start the day's run, once; and once more an earlier one that was left open, as it keeps the day's out."""
    client, arn, tenant, day = aws.client("stepfunctions"), room.settings.run_arn, room.settings.tenant, _today(now)
    left_open = _store().runs.open_run_id()
    earlier = day_of_run(left_open, tenant, day) if left_open else None
    if earlier and earlier != day:
        start_run(client, arn, left_open, earlier, again_at=now)
    start_run(client, arn, run_id_of(tenant, day), day)


@room.task("steps")
def steps(payload: dict[str, Any]) -> dict[str, Any]:
    """A step of the settlement machine: {"op": "open" | "total" | "close", …}."""
    match payload.get("op"):
        case "open":
            return run_steps.open_run(_store(), room.settings.tenant, payload, room.now(), _zone())
        case "total":
            return run_steps.total_page(_store(), payload, room.now())
        case "close":
            return run_steps.close_run(_store(), payload, room.now())
    raise Invalid("step", problems=[Problem("/op", "must be one of: open, total, close")])


@room.http(
    "POST",
    "/settlement/runs",
    body=wire.RunStart,
    answer=wire.RunView,
    roles=FINANCE,
    status=202,
    summary="Start a day's settlement run by hand; the same run as the scheduled one · 手动发起结算",
)
def start_settlement_run(request: Request) -> wire.RunView:
    """Starts the day's machine unless the run is closed. Conflict while another is open, Invalid for a day to come."""
    day = request.body.day or _today(request.now)
    wanted = new_run(room.settings.tenant, day, request.now, _zone())
    found, open_id = _store().runs.find(wanted.id), _store().runs.open_run_id()
    if found and found.closed_at:
        return views.run_view(found)
    if open_id and open_id != wanted.id:
        raise Conflict("another run is open", open=open_id)
    client, arn = aws.client("stepfunctions"), room.settings.run_arn
    if not start_run(client, arn, wanted.id, day):
        start_run(client, arn, wanted.id, day, again_at=request.now)
    return views.run_view(found) if found else wire.RunView(id=wanted.id, day=day, state="starting")


@room.http(
    "GET",
    "/settlement/runs",
    query=PageQuery,
    answer=Page[wire.RunView],
    roles=FINANCE,
    summary="Settlement runs, the latest day first · 结算批次列表",
)
def list_runs(request: Request) -> Page[wire.RunView]:
    """Runs by day, the latest first; may be two seconds behind."""
    listed = _store().runs.page(request.query.limit, cursors.decode(request.query.cursor))
    return _page(listed, tuple(views.run_view(run) for run in listed.items))


@room.http(
    "GET",
    "/settlement/runs/{run_id}",
    answer=wire.RunView,
    roles=FINANCE,
    summary="One settlement run · 结算批次",
)
def show_run(request: Request) -> wire.RunView:
    """By its id. NotFound before it has opened."""
    run = _store().runs.find(request.path["run_id"])
    if run is None:
        raise NotFound("no such run", run=request.path["run_id"])
    return views.run_view(run)


# Earnings and the ledger.


@room.http(
    "GET",
    "/settlement/earnings/{person}",
    query=wire.EarningsQuery,
    answer=wire.EarningsView,
    summary="A person's earnings, line by line, each with its reason · 收益明白账",
)
def show_earnings(request: Request) -> wire.EarningsView:
    """All lines for oneself and finance; a supervisor sees those of the own region. Forbidden for anybody else."""
    person, period = request.path["person"], request.query.period
    since, until = period_bounds(period, request.now, _zone())
    visible = visible_lines(request.principal, person)
    lines = _store().entries.lines(f"person:{person}", since, until)
    return views.earnings_view(person, period, filter(visible, lines))


@room.http(
    "GET",
    "/settlement/ledger/entries",
    query=PageQuery,
    answer=Page[wire.EntryView],
    roles=FINANCE,
    summary="Journal entries, the latest first · 分录列表",
)
def list_entries(request: Request) -> Page[wire.EntryView]:
    """Balanced entries with their lines; may be two seconds behind."""
    listed = _store().entries.page(request.query.limit, cursors.decode(request.query.cursor))
    return _page(listed, tuple(views.entry_view(*one) for one in listed.items))


@room.http(
    "POST",
    "/settlement/ledger/entries",
    body=wire.ManualEntry,
    answer=wire.EntryView,
    roles=FINANCE,
    status=201,
    summary="Post a balanced entry by hand · 手工凭证",
)
def post_entry(request: Request) -> wire.EntryView:
    """Amounts in the body are decimal strings; Invalid at /lines when they do not sum to 0."""
    now = request.made_at or request.now
    return _post(manual_entry(request.body, request.new_id("fct"), request.principal.sub, now), now)


@room.http(
    "GET",
    "/settlement/ledger/summary",
    answer=wire.LedgerSummary,
    roles=FINANCE,
    summary="All postings added up again: the ledger balances · 试算平衡",
)
def show_summary(request: Request) -> wire.LedgerSummary:
    """Adds up to SUMMARY_LIMIT entries, in minor units; `complete` says whether that was all of them."""
    entries = list(_store().entries.every())
    taken = entries[:SUMMARY_LIMIT]
    return wire.LedgerSummary(
        entries=len(taken), imbalance_minor=imbalance_minor(taken), complete=len(taken) == len(entries)
    )


# Statements.


@room.http(
    "GET",
    "/settlement/statements",
    query=wire.StatementsQuery,
    answer=Page[wire.StatementView],
    roles=FINANCE,
    summary="Statements, the latest first, of a party or a run · 结算单列表",
)
def list_statements(request: Request) -> Page[wire.StatementView]:
    """Of everybody, of a `party`, of a `run`; Invalid when the run has not opened."""
    query, statements = request.query, _store().statements
    position, prefix = cursors.decode(query.cursor), _prefix(query.run)
    if query.party:
        listed = statements.page_of_party(query.party, prefix, query.limit, position)
    else:
        listed = statements.page(prefix, query.limit, position)
    return _page(listed, tuple(views.statement_view(one) for one in listed.items))


@room.http(
    "GET",
    "/settlement/statements/{statement_id}",
    answer=wire.StatementView,
    summary="One statement: its party's own, or any for finance · 结算单",
)
def show_statement(request: Request) -> wire.StatementView:
    """NotFound also for those whom it does not concern."""
    statement = _store().statements.get(request.path["statement_id"])
    if statement.party != f"person:{request.principal.sub}" and not request.principal.has(*FINANCE):
        raise NotFound("no such statement", statement=statement.id)
    return views.statement_view(statement)


def _prefix(run_id: str) -> str:
    if not run_id:
        return ""
    run = _store().runs.find(run_id)
    if run is None:
        raise Invalid("run", problems=[Problem("query:run", "must be a run that has opened")])
    return statement_prefix(run)


def _page(listed: Listed, data: tuple[Any, ...]) -> Page[Any]:
    cursor = cursors.encode(listed.position)
    return Page(data=data, next_cursor=cursor, has_more=bool(cursor))
