"""The ticket that a path names: read, changed and shown, the same way by every route."""

from __future__ import annotations

from collections.abc import Callable

from functions.tickets.api.views import show_ticket
from functions.tickets.desk import Desk
from functions.tickets.handlers.supplies import supplies_of
from functions.tickets.ticket.ticket import Case, Move
from hub.contracts.tickets import TicketView
from hub.edge import access
from hub.edge.requests import Request

READERS = ("supervisor", "agent", "engineer", "finance", "store_manager", "viewer", "integrator")
OPENERS = ("supervisor", "agent", "store_manager", "integrator")
LEADERS = ("supervisor", "agent")
WORKERS = ("supervisor", "agent", "engineer", "store_manager")


def read_case(desk: Desk, request: Request) -> Case:
    """The ticket of the path, if the principal may see it: it lies in their region, or is theirs."""
    case = desk.tables.case(request.path["ticket_id"])
    if case.ticket.assignee != request.principal.sub:
        access.require_region(request.principal, case.ticket.region)
    return case


def change_case(desk: Desk, request: Request, decide: Callable[[Case], Move | None]) -> TicketView:
    """Decide on the ticket of the path, write what was decided, and show it as it is then."""
    ticket_id = read_case(desk, request).ticket.id
    return show_case(desk, request, desk.tables.change(ticket_id, request.now, decide))


def show_case(desk: Desk, request: Request, case: Case) -> TicketView:
    """The ticket as the principal may see it."""
    subject = read_text(desk, request, case, case.ticket.subject_sealed)
    return show_ticket(case, subject, supplies_of(desk, case.ticket.waits_for))


def read_text(desk: Desk, request: Request, case: Case, sealed: str) -> str:
    """What somebody wrote, in full or masked, as the principal may see it."""
    text = desk.unseal_text(case.ticket.id, sealed)
    return text if access.sees_personal(request.principal) else access.masked(text)
