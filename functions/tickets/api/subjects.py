"""What the room's routes are about, and where it belongs: checked by the edge before a handler runs."""

from __future__ import annotations

from functions.tickets.desk import Desk
from functions.tickets.dispatch.assignment import owners
from functions.tickets.ticket.ticket import Case
from hub.edge.access import Place, Subject
from hub.edge.requests import Request

READERS = ("supervisor", "agent", "engineer", "finance", "store_manager", "viewer", "integrator")
OPENERS = ("supervisor", "agent", "store_manager", "integrator")
LEADERS = ("supervisor", "agent")
WORKERS = ("supervisor", "agent", "engineer", "store_manager")


def case_of(desk: Desk, request: Request) -> Subject:
    """The ticket that the path names. Raises NotFound."""
    case = desk.tickets.case(request.path["ticket_id"])
    return Subject(case, (place_of(case),))


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


def place_of_body(_desk: Desk, request: Request) -> Place:
    """Where a ticket that is to be opened would lie."""
    return Place(region=request.body.region, store=request.body.store_id)
