"""Linked tickets over HTTP: children opened beside a ticket, others hung on it, and all of them listed."""

from __future__ import annotations

from contextlib import suppress

from functions.tickets.api.cases import show_case, show_row
from functions.tickets.api.subjects import LEADERS, OPENERS, READERS, case_of, place_of
from functions.tickets.desk import Desk
from functions.tickets.handlers.children import link_child, open_linked
from functions.tickets.room import room
from functions.tickets.ticket.family import CHILDREN_LIMIT
from functions.tickets.ticket.ticket import Case, require_open
from hub.contracts.flows import LinkTickets, OpenChild
from hub.contracts.http import Page
from hub.contracts.tickets import TicketView
from hub.edge.answers import page
from hub.edge.requests import Request
from hub.kernel.errors import Conflict, Invalid, NotFound, Problem


def _open_again(desk: Desk, request: Request, _made: str) -> TicketView:
    return open_child(desk, request)


@room.http(
    "POST",
    "/tickets/{ticket_id}/children",
    body=OpenChild,
    answer=TicketView,
    roles=OPENERS,
    scope="region",
    subject=case_of,
    status=201,
    replay=_open_again,
    dry_run="rehearsed",
    explain=LEADERS,
    summary="新建子工单 · Open a child ticket",
)
def open_child(desk: Desk, request: Request) -> TicketView:
    """A ticket about the same matter, for the same customer and place. With `depends` it begins when this one is
    over."""
    parent: Case = request.subject
    require_open(parent)
    fact = request.new_id("tkt")
    child = open_linked(desk, parent.ticket, request.body.type, fact, hangs=True, depends=request.body.depends)
    return show_case(desk, child, explain=request.explain)


@room.http(
    "POST",
    "/tickets/{ticket_id}/links",
    body=LinkTickets,
    answer=Page[TicketView],
    roles=LEADERS,
    scope="region",
    subject=case_of,
    dry_run="rehearsed",
    summary="关联工单 · Hang tickets on this one",
)
def link(desk: Desk, request: Request) -> Page[TicketView]:
    """They become its children, up to a hundred a call: closed with it, by its outcome. One that can't be is 409,
    named, and those before it are linked."""
    parent: Case = request.subject
    require_open(parent)
    if len(desk.tickets.children(parent.ticket.id)) + len(request.body.tickets) > CHILDREN_LIMIT:
        raise Conflict("too many hang on it", ticket=parent.ticket.id, limit=CHILDREN_LIMIT)
    children = [_within_reach(desk, request, *numbered) for numbered in enumerate(request.body.tickets)]
    cases = [link_child(desk, child, parent.ticket, request.principal.sub) for child in children]
    return page(map(show_row(desk), cases))


def _within_reach(desk: Desk, request: Request, number: int, ticket_id: str) -> Case:
    """A ticket of the body. Raises Invalid alike for one that is not there and one that is out of reach."""
    with suppress(NotFound):
        case = desk.tickets.case(ticket_id)
        if request.reach.covers(place_of(case)):
            return case
    raise Invalid("no such ticket", problems=[Problem(f"/tickets/{number}", "must be a ticket of yours")])


@room.http(
    "GET",
    "/tickets/{ticket_id}/children",
    answer=Page[TicketView],
    roles=READERS,
    scope="region",
    subject=case_of,
    summary="子工单列表 · List a ticket's children",
)
def list_children(desk: Desk, request: Request) -> Page[TicketView]:
    """Those within your reach, with their visits."""
    cases = (desk.tickets.case(ticket_id) for ticket_id in desk.tickets.children(request.subject.ticket.id))
    return page(map(show_row(desk), (c for c in cases if request.reach.covers(place_of(c)))))
