"""The customer's progress page over HTTP."""

from __future__ import annotations

from functions.tickets.desk import Desk
from functions.tickets.room import room
from functions.tickets.ticket.progress import progress_of
from hub.contracts.tickets import ProgressView
from hub.edge.requests import Request


@room.http("GET", "/t/{link}", answer=ProgressView, scope="public", summary="客户进度 · The customer's progress page")
def read_progress(desk: Desk, request: Request) -> ProgressView:
    """How far the matter has come. Whoever holds the link may look; looking changes nothing."""
    case = desk.tickets.case(desk.tickets.link_ticket(request.path["link"]))
    flow = desk.catalogue.flow_of(case.ticket) if case.ticket.flow_version else None
    return progress_of(case, flow)
