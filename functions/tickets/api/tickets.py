"""Tickets over HTTP: listed, opened by hand, read and explained."""

from __future__ import annotations

from typing import Any

from functions.tickets.api.cases import explain_case, show_case, show_row
from functions.tickets.api.subjects import (
    LEADERS,
    OPENERS,
    READERS,
    case_of,
    case_seen_through,
    place_of,
    place_of_body,
    site_of_body,
)
from functions.tickets.api.views import show_timeline
from functions.tickets.desk import Desk
from functions.tickets.forms.fields import read_amount, read_fields, to_text
from functions.tickets.handlers.reception import open_case
from functions.tickets.handlers.submitting import read_type_fields
from functions.tickets.intake.intake import BY_HAND, Classification, Opening
from functions.tickets.intake.placing import Site
from functions.tickets.room import room
from functions.tickets.ticket.events import seen_through
from functions.tickets.ticket.ticket import Case, Move, Note, Ticket
from hub.contracts.dispatch import ExplainView
from hub.contracts.http import Page
from hub.contracts.tickets import OneTicketQuery, OpenTicket, TicketQuery, TicketView, TimelineView
from hub.documents.scopes import Scope
from hub.edge import cursors
from hub.edge.access.listing import within
from hub.edge.answers import page
from hub.edge.requests import Request
from hub.kernel.errors import Conflict
from hub.kernel.regions import covers
from hub.store.lists import Within

SHOWN_LIMIT = 5000
"""So many entries of a trail are in one answer; all of them are verified."""


@room.http(
    "GET",
    "/tickets",
    query=TicketQuery,
    answer=Page[TicketView],
    roles=READERS,
    scope="region",
    summary="工单列表 · List tickets",
)
def list_tickets(desk: Desk, request: Request) -> Page[TicketView]:
    """The tickets within your reach, newest first; may be two seconds behind, and leaves out visits and text."""
    query = request.query

    def reaches(ticket: Ticket) -> bool:
        return request.reach.covers(place_of(Case(ticket)))

    if query.message:
        return page(
            map(show_row(desk), filter(lambda case: reaches(case.ticket), _of_message(desk, query.message))), None
        )
    start = cursors.decode(query.cursor)
    scope = within(request.reach)
    if request.reach.level == "team" and query.team in request.reach.teams:
        scope = Within(region=request.reach.region)  # one's own team's are read by the team's key
    if query.region and scope.region:  # a region that one reaches is read by its own key
        narrower = covers(scope.region, query.region)
        scope = Within(query.region if narrower else scope.region, people=() if narrower else scope.people)
    cases, position = desk.lists.page(query, scope, reaches, request.now, start)
    return page(map(show_row(desk), cases), position)


def _of_message(desk: Desk, message_id: str) -> tuple[Case, ...]:
    """The ticket that a message opened or joined, as it is now; none where it did neither."""
    ticket_id = desk.threads.message_ticket(message_id)
    return (desk.tickets.case(ticket_id),) if ticket_id else ()


def _replay_open(desk: Desk, request: Request, _made: str) -> TicketView:
    return show_case(desk, desk.tickets.case(request.new_id("tkt")), explain=request.explain)


@room.http(
    "POST",
    "/tickets",
    body=OpenTicket,
    answer=TicketView,
    roles=OPENERS,
    scope="region",
    subject=place_of_body,
    status=201,
    replay=_replay_open,
    dry_run="rehearsed",
    explain=LEADERS,
    summary="手工建单 · Open a ticket by hand",
)
def open_by_hand(desk: Desk, request: Request) -> TicketView:
    """Open a ticket of a known type; its flow starts by itself."""
    ticket_id, body = request.new_id("tkt"), request.body
    opening = _opening(desk, request, ticket_id, site_of_body(desk, request))
    classification = Classification(body.type, body.priority, BY_HAND, body.skill)
    try:
        case = open_case(desk, classification, opening, request.principal.sub)
    except Conflict:
        case = desk.tickets.case(ticket_id)
    return show_case(desk, case, explain=request.explain)


def _opening(desk: Desk, request: Request, ticket_id: str, site: Site) -> Opening:
    """What the body says of the ticket. Raises Invalid for an amount or fields that can't be."""
    body: OpenTicket = request.body
    amount = read_amount(body.amount, body.amount_currency, "/amount")
    known = _fields(desk, request, ticket_id, site)
    return Opening(
        ticket_id=ticket_id,
        customer_id=body.customer_id,
        region=site.region,
        link="",
        at=request.made_at or request.now,
        store_id=site.store_id,
        placed_by=site.source,
        channel="hand",
        sealed=desk.seal_text(ticket_id, body.subject),
        order_id=body.order_id,
        order_no=body.order_no,
        amount_minor=amount.amount_minor,
        amount_currency=amount.currency,
        **known,
    )


def _fields(desk: Desk, request: Request, ticket_id: str, site: Site) -> dict[str, Any]:
    """What is known of the ticket beside what all have: as its type's form asks, else as the type itself declares."""
    body: OpenTicket = request.body
    ticket_type = desk.catalogue.ticket_type(body.type, site.region)
    if ticket_type.form:
        place = Scope(site.region, site.store_id)
        return read_type_fields(desk, ticket_type.form, place, body.fields, ticket_id, request.now)
    fields, texts = read_fields(ticket_type.fields, body.fields)
    return {"fields": fields, "fields_sealed": desk.seal_text(ticket_id, to_text(texts)) if texts else ""}


def _past(desk: Desk, request: Request, version: int) -> tuple[TicketView, TicketView] | None:
    """The ticket in an earlier version beside what it is, without its visits and clocks; None where that is not
    known."""
    case: Case = request.subject
    past = desk.tickets.past(case, version)
    if past is None:
        return None
    was, now = (show_case(desk, Case(ticket)).model_copy(update={"clocks": ()}) for ticket in (past, case.ticket))
    return was, now


@room.http(
    "GET",
    "/tickets/{ticket_id}",
    query=OneTicketQuery,
    answer=TicketView,
    roles=READERS,
    scope="region",
    subject=case_seen_through,
    past=_past,
    explain=LEADERS,
    summary="工单详情 · Show a ticket",
)
def read_ticket(desk: Desk, request: Request) -> TicketView:
    """A ticket with its visits and fired rungs. With `?penetrate=1` a VIP's whole, with its trail: it is written down
    first, and told to those who watch (`glass.broken`)."""
    if not request.query.penetrate:
        return show_case(desk, request.subject, explain=request.explain)
    case = _written_down(desk, request)
    return show_case(desk, case, explain=request.explain).model_copy(update={"trace": _trail_of(desk, case)})


def _written_down(desk: Desk, request: Request) -> Case:
    """The ticket with an entry of who saw through it now: written and told before anything is shown."""
    seen: Case = request.subject
    by, now = request.principal.sub, request.now
    note = Note("penetrated", by)
    case = desk.tickets.change(seen.ticket.id, now, lambda case: Move(case.ticket, (note,)), seen=seen)
    desk.emit(seen_through(desk.tenant, case.ticket, by, now))
    return case


@room.http(
    "GET",
    "/tickets/{ticket_id}/timeline",
    answer=TimelineView,
    roles=READERS,
    scope="region",
    subject=case_of,
    summary="操作痕迹 · The ticket's trail",
)
def read_timeline(desk: Desk, request: Request) -> TimelineView:
    """All that happened, in order, and whether the hash chain holds; of a very long trail the last 5,000 entries, and
    how many are left out."""
    return _trail_of(desk, request.subject)


def _trail_of(desk: Desk, case: Case) -> TimelineView:
    entries = desk.tickets.trail(case.ticket)
    shown = entries[-SHOWN_LIMIT:]
    texts = {e.seq: desk.unseal_text(case.ticket.id, e.sealed_text) for e in shown if e.sealed_text}
    return show_timeline(case, entries, shown, texts)


@room.http(
    "GET",
    "/tickets/{ticket_id}/explain",
    answer=ExplainView,
    roles=LEADERS,
    scope="region",
    subject=case_of,
    summary="为什么 · Why is it so?",
)
def explain_ticket(desk: Desk, request: Request) -> ExplainView:
    """The rule that classified it, who would get it now and why the others not, its clock and its ladder."""
    return explain_case(desk, request.subject)
