"""Where people on the way are (定位), by their phones: the nearest one goes."""

from __future__ import annotations

from datetime import timedelta

from functions.tickets.api.subjects import WORKERS
from functions.tickets.desk import Desk
from functions.tickets.dispatch.loads import Fix
from functions.tickets.room import room
from hub.contracts.dispatch import FixBody, FixView
from hub.edge.access import Place
from hub.edge.requests import Request
from hub.kernel.datum import Point
from hub.kernel.errors import Invalid, Problem

AHEAD = timedelta(minutes=2)
"""So far a phone's clock may be ahead: one that is a day ahead would otherwise say the last word for a day."""


def _own(_desk: Desk, request: Request) -> Place:
    return Place(people=(request.principal.sub,))


@room.http(
    "POST",
    "/tickets/positions",
    body=FixBody,
    answer=FixView,
    roles=WORKERS,
    scope="own",
    subject=_own,
    dry_run="rehearsed",
    summary="上报定位 · Say where one is",
)
def report_position(desk: Desk, request: Request) -> FixView:
    """Where the caller was, and when their phone measured that. The latest measured one counts, whatever came last, and
    only for as long as the dispatch policy says."""
    body = request.body
    if body.measured_at > request.now + AHEAD:
        rule = "must not be in the future: the phone's clock is wrong"
        raise Invalid("measured in the future", problems=[Problem("/measured_at", rule)])
    fix = Fix(Point(**body.position.model_dump()), body.measured_at)
    return FixView(kept=desk.staff.keep_fix(request.principal.sub, fix))
