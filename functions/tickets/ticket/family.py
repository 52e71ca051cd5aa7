"""Family (关联工单): what a ticket's end means for those that hang on it. Pure.

A child (子工单) gets its parent's resolution when that is closed: it is closed itself, and its ladder stops. What
depends on another (前置依赖) does not begin before that is over: no flow runs, and no clock.
"""

from __future__ import annotations

from datetime import datetime

from functions.tickets.flows.asl import OVER
from functions.tickets.ticket.passage import close_ticket
from functions.tickets.ticket.ticket import Case, Move, Note, Ticket, require_open
from hub.kernel.errors import Conflict
from hub.kernel.ids import SYSTEM

RESOLVED = "resolved"
CHILDREN_LIMIT = 200
"""So many tickets hang on one."""


def adopt_child(case: Case, parent: Ticket, actor: str) -> Move | None:
    """An open ticket becomes a child of another. None when it is one. Raises Conflict when either is over, it is the
    other's parent, or has a parent."""
    require_open(case)
    ticket = case.ticket
    if ticket.parent_id == parent.id:
        return None
    if not parent.is_open or ticket.parent_id or ticket.id in (parent.id, parent.parent_id):
        raise Conflict("it can't hang on this ticket", ticket=ticket.id, parent=ticket.parent_id or parent.id)
    return Move(ticket.but(parent_id=parent.id), (Note("linked", actor, {"to": parent.id}),))


def follow_parent(case: Case, parent: Ticket, at: datetime) -> Move | None:
    """What the end of its parent means for a ticket: it begins, where it waited for it; else it is closed with the
    parent's outcome. None when it is over, hangs on another, or its parent waits for it."""
    ticket = case.ticket
    if not ticket.is_open or ticket.parent_id != parent.id or ticket.parent_visit:
        return None
    if ticket.blocked_by:
        return _begin(ticket, at)
    visits = tuple(
        visit.but(outcome=RESOLVED, edge=OVER, actor=SYSTEM, left_at=at)
        for visit in case.visits.values()
        if not visit.outcome
    )
    closed = close_ticket(case, parent.outcome, SYSTEM, at, visits)
    return Move(closed.ticket, (Note(RESOLVED, SYSTEM, {"by": parent.id}), *closed.notes), closed.visits)


def _begin(ticket: Ticket, at: datetime) -> Move:
    """Nothing stands before it any more: its flow starts, and its clocks."""
    begun = ticket.but(blocked_by="", run_at=at, generation=ticket.generation + 1)
    return Move(begun, (Note("unblocked", SYSTEM, {"by": ticket.blocked_by}),))
