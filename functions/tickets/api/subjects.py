"""What the room's routes are about, and where it belongs: checked by the edge before a handler runs."""

from __future__ import annotations

from dataclasses import replace

from functions.tickets.desk import Desk
from functions.tickets.dispatch.assignment import owners
from functions.tickets.dispatch.queues import VIP
from functions.tickets.intake.placing import Site, named_site, settle_site
from functions.tickets.ticket.ticket import Case
from hub.contracts.tickets import OneTicketQuery
from hub.edge.access import Place, Subject
from hub.edge.requests import Request
from hub.kernel.errors import Forbidden

READERS = ("supervisor", "agent", "engineer", "finance", "store_manager", "viewer", "integrator")
OPENERS = ("supervisor", "agent", "store_manager", "integrator")
LEADERS = ("supervisor", "agent")
WORKERS = ("supervisor", "agent", "engineer", "store_manager")


def case_of(desk: Desk, request: Request) -> Subject:
    """The ticket that the path names. Raises NotFound."""
    case = desk.tickets.case(request.path["ticket_id"])
    return Subject(case, (place_of(case),))


def case_seen_through(desk: Desk, request: Request) -> Subject:
    """The same; with `?penetrate=1` through broken glass (一键穿透). Raises Forbidden for roles that do not break it,
    and for the ticket of one who is no VIP."""
    subject = case_of(desk, request)
    if not (isinstance(request.query, OneTicketQuery) and request.query.penetrate):
        return subject
    rule, who = request.policy.document.break_glass, request.principal
    if who.kind != "person" or not who.has(*rule.roles):
        raise Forbidden("your role does not break the glass", needs="|".join(rule.roles))
    case: Case = subject.thing
    if VIP not in case.ticket.tags:
        raise Forbidden("only a VIP's ticket is seen through in one go", ticket=case.ticket.id)
    return replace(subject, opened=True)


def place_of(case: Case) -> Place:
    """Where a ticket belongs: its region and store, its team, whoever works on it, and the node at which it waits."""
    ticket, waiting = case.ticket, case.waiting()
    return Place(
        region=ticket.region,
        store=ticket.store_id,
        people=owners(case),
        teams=(ticket.team,) if ticket.team else (),
        node=waiting[-1].node if waiting else "",
        thing=ticket.id,
    )


def place_of_body(desk: Desk, request: Request) -> Place:
    """Where a ticket that is to be opened would lie."""
    site = site_of_body(desk, request)
    return Place(region=site.region, store=site.store_id)


def site_of_body(desk: Desk, request: Request) -> Site:
    """Where whoever opens a ticket says; else a place that its subject names within their reach; else their own."""
    body, person = request.body, request.principal
    own = Site("account", person.region, person.stores[0] if len(person.stores) == 1 else "")
    named = named_site({"text": body.subject}, own.region)
    reached = (named,) if request.reach.covers(Place(region=named.region, store=own.store_id)) else ()
    hand, default = Site("hand", body.region, body.store_id), Site("default", desk.default_region)
    return settle_site((hand, *reached, own, default))
