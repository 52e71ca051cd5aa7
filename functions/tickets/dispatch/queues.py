"""Queues (抢单池): in which order work that any member of a team may take is taken. Pure.

Who has waited longest comes first; what is urgent, a VIP's, or due soon has a head start, as if it had waited so much
longer already. So a place in the queue is a moment, found by its key and never reckoned anew, and nothing waits for
ever: what has waited longer than a head start goes before whatever comes with one (防饿死).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from functions.tickets.dispatch.assignment import assign_ticket
from functions.tickets.ticket.stored import Stored
from functions.tickets.ticket.ticket import Case, Move, Note, Ticket, Visit
from hub.contracts.base import Moment, Priority

VIP = "vip"
"""The tag of a ticket whose customer is one."""
HEAD_STARTS: Mapping[str, int] = {"urgent": 4 * 3600, "high": 3600, "normal": 0, "low": -3600, VIP: 8 * 3600}
"""Seconds, where the ticket's policy says nothing else."""
DUE_START = timedelta(hours=12)
"""What is due within less goes before what came just now."""


class Queued(Stored):
    """One visit in a queue, at its place. seen: as of which version of its ticket, when it is read."""

    ticket_id: str
    visit_id: str
    node: str
    priority: Priority
    vip: bool = False
    since: Moment
    place: Moment
    seen: int = 0


def place_in_queue(ticket: Ticket, visit: Visit, due_at: datetime | None, head_starts: Mapping[str, int]) -> datetime:
    """The moment by which the visit stands in its queue. due_at: of its node's clock."""
    known = {**HEAD_STARTS, **head_starts}
    seconds = known[ticket.priority] + (known[VIP] if VIP in ticket.tags else 0)
    place = visit.entered_at - timedelta(seconds=seconds)
    return min(place, due_at - DUE_START) if due_at else place


def queued(ticket: Ticket, visit: Visit, place: datetime) -> Queued:
    """What the queue knows of a visit."""
    return Queued(
        ticket_id=ticket.id,
        visit_id=visit.id,
        node=visit.node,
        priority=ticket.priority,
        vip=VIP in ticket.tags,
        since=visit.entered_at,
        place=place,
    )


def take_visit(case: Case, visit_id: str, person_id: str, at: datetime) -> Move | None:
    """Somebody takes a visit out of its queue: it is theirs now, and the ticket, if nobody's. None when somebody else
    was faster."""
    visit = case.visits.get(visit_id)
    if visit is None or not visit.waits or not visit.queue or not case.ticket.is_open:
        return None
    taken_out = visit.but(assignee=person_id, queue="")
    note = Note("taken", person_id, {"node": visit.node, "visit": visit.id})
    if case.ticket.assignee:
        return Move(case.ticket, (note,), (taken_out,))
    assigned = assign_ticket(case, person_id, person_id, at, quiet=True)
    return Move(assigned.ticket, (note, *assigned.notes), (*assigned.visits, taken_out))
