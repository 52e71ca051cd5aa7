"""The customer's progress page over HTTP."""

from __future__ import annotations

from functions.tickets.desk import Desk
from functions.tickets.room import room
from functions.tickets.ticket.progress import progress_of
from hub.contracts.tickets import ProgressView
from hub.edge.requests import Request


@room.http("GET", "/t/{link}", answer=ProgressView, public=True, summary="客户进度 · The customer's progress page")
def read_progress(desk: Desk, request: Request) -> ProgressView:
    """How far the matter has come. Whoever holds the link may look; looking changes nothing."""
    case = desk.tables.case(desk.tables.link_ticket(request.path["link"]))
    ticket = case.ticket
    flow = desk.flows.version(ticket.flow_key, ticket.flow_version).flow if ticket.flow_version else None
    return progress_of(case, flow)
