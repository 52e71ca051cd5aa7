"""Settlement runs: started by hand, and how far each is."""

from __future__ import annotations

from functions.settlement.api.views import run_view
from functions.settlement.desk import Desk
from functions.settlement.room import FINANCE, room
from functions.settlement.runs.periods import local_day, new_run
from hub.contracts.http import Page, PageQuery
from hub.contracts.settlement import RunStart, RunView
from hub.edge import cursors
from hub.edge.answers import page
from hub.edge.requests import Request
from hub.kernel.errors import Conflict, NotFound


@room.http(
    "POST",
    "/settlement/runs",
    body=RunStart,
    answer=RunView,
    roles=FINANCE,
    scope="tenant",
    status=202,
    summary="手动发起结算 · Start a day's settlement run by hand; the same run as the scheduled one",
)
def start_settlement_run(desk: Desk, request: Request) -> RunView:
    """Starts the day's machine unless the run is closed. Conflict while another is open, Invalid for a day to come."""
    day = request.body.day or local_day(request.now, desk.zone)
    run_id = new_run(desk.tenant, day, request.now, desk.zone).id
    known, open_id = desk.runs.find(run_id), desk.runs.open_run_id()
    if known and known.closed_at:
        return run_view(known)
    if open_id and open_id != run_id:
        raise Conflict("another run is open", open=open_id)
    if not desk.machine.start(run_id, day):
        desk.machine.start(run_id, day, again_at=request.now)
    return run_view(known) if known else RunView(id=run_id, day=day, state="starting")


@room.http(
    "GET",
    "/settlement/runs",
    query=PageQuery,
    answer=Page[RunView],
    roles=FINANCE,
    scope="tenant",
    summary="结算批次列表 · Settlement runs, the latest day first",
)
def list_runs(desk: Desk, request: Request) -> Page[RunView]:
    """Runs by day, the latest first; may be two seconds behind."""
    runs, position = desk.runs.page(request.query.limit, cursors.decode(request.query.cursor))
    return page(map(run_view, runs), position)


@room.http(
    "GET",
    "/settlement/runs/{run_id}",
    answer=RunView,
    roles=FINANCE,
    scope="tenant",
    summary="结算批次 · One settlement run",
)
def show_run(desk: Desk, request: Request) -> RunView:
    """By its id. NotFound before it has opened."""
    run = desk.runs.find(request.path["run_id"])
    if run is None:
        raise NotFound("no such run", run=request.path["run_id"])
    return run_view(run)
