"""Tickets over HTTP: listed, opened by hand, read and explained."""

from __future__ import annotations

from functions.tickets.api.cases import LEADERS, OPENERS, READERS, read_case, read_text, show_case
from functions.tickets.api.views import show_explanation, show_ticket, show_timeline
from functions.tickets.desk import Desk
from functions.tickets.dispatch.dispatch import Need, choose_person
from functions.tickets.handlers.reception import open_case
from functions.tickets.intake.intake import BY_HAND, Classification, Opening, intake_facts
from functions.tickets.room import room
from functions.tickets.tables import filters
from hub.contracts.http import Page
from hub.contracts.tickets import ExplainView, OpenTicket, TicketQuery, TicketView, TimelineView
from hub.edge import access, cursors
from hub.edge.requests import Request
from hub.kernel.errors import Conflict
from hub.rules import explain


@room.http(
    "GET",
    "/tickets",
    query=TicketQuery,
    answer=Page[TicketView],
    roles=READERS,
    summary="工单列表 · List tickets",
)
def list_tickets(desk: Desk, request: Request) -> Page[TicketView]:
    """The tickets of your region, newest first; the list may be two seconds behind, and leaves out visits and text."""
    query = request.query
    condition = filters(query, request.principal.region)
    cases, position = desk.tables.page(condition, cursors.decode(query.cursor), query.limit)
    return Page(
        data=tuple(show_ticket(case) for case in cases),
        next_cursor=cursors.encode(position),
        has_more=position is not None,
    )


def _replay_open(desk: Desk, request: Request, ticket_id: str) -> TicketView:
    return show_case(desk, request, desk.tables.case(ticket_id))


@room.http(
    "POST",
    "/tickets",
    body=OpenTicket,
    answer=TicketView,
    roles=OPENERS,
    status=201,
    replay=_replay_open,
    summary="手工建单 · Open a ticket by hand",
)
def open_by_hand(desk: Desk, request: Request) -> TicketView:
    """Open a ticket of a known type; its flow starts by itself."""
    access.require_region(request.principal, request.body.region)
    ticket_id, body = request.new_id("tkt"), request.body
    opening = Opening(
        ticket_id=ticket_id,
        customer_id=body.customer_id,
        region=body.region,
        link="",
        at=request.made_at or request.now,
        store_id=body.store_id,
        channel="hand",
        sealed=desk.seal_text(ticket_id, body.subject),
    )
    classification = Classification(body.type, body.priority, BY_HAND, body.skill)
    try:
        return show_case(desk, request, open_case(desk, classification, opening, request.principal.sub))
    except Conflict:
        return show_case(desk, request, desk.tables.case(ticket_id))


@room.http("GET", "/tickets/{ticket_id}", answer=TicketView, roles=READERS, summary="工单详情 · Show a ticket")
def read_ticket(desk: Desk, request: Request) -> TicketView:
    """A ticket with its visits and fired rungs."""
    return show_case(desk, request, read_case(desk, request))


@room.http(
    "GET",
    "/tickets/{ticket_id}/timeline",
    answer=TimelineView,
    roles=READERS,
    summary="操作痕迹 · The ticket's trail",
)
def read_timeline(desk: Desk, request: Request) -> TimelineView:
    """All that happened, in order, and whether the hash chain holds."""
    case = read_case(desk, request)
    entries = desk.tables.trail(case.ticket.id)
    texts = {e.seq: read_text(desk, request, case, e.sealed_text) for e in entries if e.sealed_text}
    return show_timeline(case, entries, texts)


@room.http(
    "GET",
    "/tickets/{ticket_id}/explain",
    answer=ExplainView,
    roles=LEADERS,
    summary="为什么 · Why is it so?",
)
def explain_ticket(desk: Desk, request: Request) -> ExplainView:
    """The rule that classified it, who would get it now and why the others not, its clock and its ladder."""
    case = read_case(desk, request)
    ticket = case.ticket
    need = Need(ticket.region, ticket.skill, excluded=ticket.declined)
    subject = desk.unseal_text(ticket.id, ticket.subject_sealed)
    facts = intake_facts(subject, ticket.channel, ticket.entry, ticket.region)
    traces = () if ticket.rule_id == BY_HAND else explain(desk.rules.current().table, facts).rules
    dispatch = choose_person(need, desk.staff.organisation(), request.now)
    return show_explanation(case, traces, dispatch, request.now)
