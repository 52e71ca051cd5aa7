"""Settlement runs: started by hand, and how far each is."""

from __future__ import annotations

from datetime import timedelta

from functions.settlement.api.views import run_view
from functions.settlement.desk import Desk
from functions.settlement.handlers.run_statements import statement_ids
from functions.settlement.handlers.steps import require_possible
from functions.settlement.room import FINANCE, room
from functions.settlement.runs.calendar_kind import CALENDARS, KEY
from functions.settlement.runs.calendars import Period, period_at
from functions.settlement.runs.runs import Mode, Run
from functions.settlement.statements.files import payouts_of
from hub.contracts.http import Page, PageQuery
from hub.contracts.settlement import PayoutsQuery, RunStart, RunView
from hub.edge import cursors
from hub.edge.access import Place, Subject
from hub.edge.access.listing import within
from hub.edge.answers import Raw, page
from hub.edge.requests import Request
from hub.kernel.errors import Conflict, NotFound
from hub.kernel.positions import no_such_cursor

PAYOUTS = 5_000
"""Statements of one payout file."""


def scope_of_body(_desk: Desk, request: Request) -> Place:
    """Whoever starts a run reaches the region that it closes."""
    return Place(request.body.scope)


def named_run(desk: Desk, request: Request) -> Subject:
    """The run of the path. NotFound where nothing was posted into its period."""
    run = desk.runs.find(request.path["run_id"])
    if run is None:
        raise NotFound("no such run", run=request.path["run_id"])
    return Subject(run, (Place(run.period.scope),))


@room.http(
    "POST",
    "/settlement/runs",
    body=RunStart,
    answer=RunView,
    roles=FINANCE,
    scope="region",
    subject=scope_of_body,
    status=202,
    dry_run=True,
    summary="手动发起结算 · Close a period by hand, as the schedule does; prove a closed one; rehearse",
)
def start_settlement_run(desk: Desk, request: Request) -> RunView:
    """Starts the machine for the period's run. `dry_run`: rehearses it; what it would come to is then on the run, and
    nothing else has changed. Conflict for a period that is not over, or while an earlier one of its scope is open;
    NotFound for one into which nothing was posted."""
    run = _run_asked(desk, request)
    mode: Mode = "rehearse" if request.dry_run else request.body.mode
    if mode == "close" and run.state == "closed":
        return _shown(desk, run)
    require_possible(desk, run, mode, request.now)
    desk.machine.start(run.id, mode, request.now)
    return _shown(desk, run)


@room.http(
    "GET",
    "/settlement/runs",
    query=PageQuery,
    answer=Page[RunView],
    roles=FINANCE,
    scope="region",
    summary="结算批次列表 · Settlement runs within reach, the latest period first",
)
def list_runs(desk: Desk, request: Request) -> Page[RunView]:
    """Runs by period, the latest first; may be two seconds behind."""
    since = desk.entries.earliest_period()
    if since is None:
        if request.query.cursor:
            raise no_such_cursor()
        return page((), None)
    position = cursors.decode(request.query.cursor)
    runs, position = desk.runs.page(within(request.reach), request.now, request.query.limit, position, since)
    return page(map(run_view, runs), position)


@room.http(
    "GET",
    "/settlement/runs/{run_id}",
    answer=RunView,
    roles=FINANCE,
    scope="region",
    subject=named_run,
    summary="结算批次 · One settlement run, and how far it is",
)
def show_run(desk: Desk, request: Request) -> RunView:
    """By its name, e.g. `base.2026-11`, with the progress of its shards."""
    return _shown(desk, request.subject)


@room.http(
    "GET",
    "/settlement/runs/{run_id}/payouts",
    query=PayoutsQuery,
    roles=FINANCE,
    scope="region",
    subject=named_run,
    summary="付款文件 · What a run's approved statements pay, as CSV for the bank",
)
def payout_file(desk: Desk, request: Request) -> Raw:
    """A row a statement and currency, of up to PAYOUTS statements; where there are more, `X-Next-Cursor` names the next
    file. A statement that is not approved yet, and a line that is disputed, is in none."""
    run: Run = request.subject
    position = cursors.decode(request.query.cursor)
    ids, after = statement_ids(desk.entries, desk.zone, run.id, PAYOUTS, position)
    headers = {"Content-Disposition": f'attachment; filename="{run.id}-payouts.csv"'}
    headers |= {"X-Next-Cursor": cursors.encode(after)} if after else {}
    return Raw(200, payouts_of(desk.statements.heads(ids)), "text/csv; charset=utf-8", headers)


def _shown(desk: Desk, run: Run) -> RunView:
    return run_view(run, desk.runs.shards(run.id, "close"))


def _run_asked(desk: Desk, request: Request) -> Run:
    period = _period_asked(desk, request)
    run = desk.runs.find(period.run_id)
    if run is None:
        if request.now < period.ends(desk.zone):
            raise Conflict("the period is not over", run=period.run_id, ends=period.ends(desk.zone).isoformat())
        raise NotFound("nothing was posted into this period", run=period.run_id)
    return run


def _period_asked(desk: Desk, request: Request) -> Period:
    """The period of the scope in which the day lies; without a day, the last one that is over. Of a scope that closes
    by count the newest batch of that month."""
    scope, day = request.body.scope, request.body.day
    at = request.now if day is None else Period(scope, "", day, day).begins(desk.zone)
    rhythm = desk.documents.current(CALENDARS, KEY, at=at).value.of_region(scope)[1]
    period = period_at(scope, rhythm, at, desk.zone)
    if period.is_batch:
        newest = desk.runs.newest_batch(period)
        return newest.period if newest else period
    if day is None:
        period = period_at(scope, rhythm, period.begins(desk.zone) - timedelta(seconds=1), desk.zone)
    return period
