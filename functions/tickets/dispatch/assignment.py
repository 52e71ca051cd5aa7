"""Assignment (指派): whose ticket it is, who is told, and who has taken it up. Pure."""

from __future__ import annotations

from datetime import datetime

from functions.tickets.dispatch.dispatch import Dispatch, Person
from functions.tickets.ticket.ticket import Case, Move, Note, Ticket, require_open
from hub.kernel.errors import Forbidden
from hub.kernel.ids import SYSTEM


def assign_ticket(case: Case, person_id: str, actor: str, at: datetime, team: str = "", quiet: bool = False) -> Move:
    """Make this person the assignee of the ticket, and of every visit that waits for the one before.

    Who is told: somebody whose ticket has a flow hears of it when a visit waits for them, so that the notice can
    carry the visit; without a flow at once. quiet: they hear of it in another way (a rung says it).
    """
    before, number = case.ticket.assignee, case.ticket.assignment + 1
    ticket = case.ticket.but(
        assignee=person_id,
        assignment=number,
        team=team or case.ticket.team,
        dispatched_at=case.ticket.dispatched_at or at,
    )
    theirs = (visit for visit in case.waiting() if visit.is_personal and visit.assignee == before)
    visits = tuple(visit.but(assignee=person_id) for visit in theirs)
    if quiet:
        ticket = ticket.but(announced=number)
    elif visits or not ticket.flow_version:
        ticket = announce(ticket, person_id, visits[0].id if visits else "", at)
    return Move(ticket, (Note("assigned", actor, {"assignee": person_id, "before": before}),), visits)


def reassign_ticket(case: Case, person: Person, actor: str, at: datetime, seen_version: int | None) -> Move | None:
    """Somebody makes this person the assignee. None when they are already. Raises Conflict when the ticket is over, or
    not at `seen_version` any more."""
    require_open(case, seen_version)
    if case.ticket.assignee == person.id:
        return None
    return assign_ticket(case, person.id, actor, at, person.teams[0] if person.teams else "")


def announce(ticket: Ticket, person_id: str, visit_id: str, at: datetime) -> Ticket:
    """The ticket, with this person told of the visit that waits for them; unchanged when its assignee knows already."""
    theirs = person_id == ticket.assignee
    if not person_id or (theirs and ticket.assignment <= ticket.announced):
        return ticket
    announced = ticket.assignment if theirs else ticket.announced
    notice = ticket.notice + 1
    return ticket.but(announced=announced, notice=notice, notice_to=person_id, notice_visit=visit_id, noticed_at=at)


def dispatch_ticket(
    case: Case, dispatch: Dispatch, team: str, at: datetime, administrators: tuple[str, ...] = ()
) -> Move:
    """The outcome of a dispatch, written down: an assignee, or that there is nobody, which the administrators hear."""
    detail = {"chosen": dispatch.chosen, "fallback": "yes" if dispatch.fallback else "no"}
    if not dispatch.chosen:
        return strand_ticket(case.ticket, administrators, at)
    move = assign_ticket(case, dispatch.chosen, SYSTEM, at, team)
    return Move(move.ticket, (Note("dispatched", SYSTEM, detail), *move.notes), move.visits)


def strand_ticket(ticket: Ticket, administrators: tuple[str, ...], at: datetime) -> Move:
    """There is nobody to give the work to: the administrators hear of it, and the trail says so."""
    stranded = ticket.but(stranded=ticket.stranded + 1, stranded_at=at, stranded_with=administrators)
    detail = {"recipients": " ".join(administrators), "fallback": "administrators"}
    return Move(stranded, (Note("nobody to dispatch to", SYSTEM, detail),))


def acknowledge_ticket(case: Case, actor: str, at: datetime) -> Move | None:
    """Somebody takes the matter up: the ladder stops here. None when it was taken up before. Raises Conflict when the
    ticket is over."""
    require_open(case)
    if case.ticket.acknowledged_at is not None:
        return None
    return Move(case.ticket.but(acknowledged_at=at), (Note("acknowledged", actor),))


def acknowledge_as(case: Case, actor: str, at: datetime, *, leads: bool) -> Move | None:
    """As `acknowledge_ticket`, by whoever answers for it: its assignee, one for whom a visit of it waits, or who
    `leads`. Raises Forbidden for anybody else."""
    if not leads and actor not in owners(case):
        raise Forbidden("not yours to take up", assignee=case.ticket.assignee, you=actor)
    return acknowledge_ticket(case, actor, at)


def owners(case: Case) -> tuple[str, ...]:
    """Whose the ticket is: its assignee, and those for whom its visits wait."""
    people = (case.ticket.assignee, *(person for visit in case.waiting() for person in visit.awaits))
    return tuple(dict.fromkeys(filter(None, people)))
