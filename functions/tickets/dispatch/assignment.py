"""Assignment (指派): whose ticket it is, who is told, and who has answered it up. Pure."""

from __future__ import annotations

from datetime import datetime

from functions.tickets.dispatch.dispatch import Dispatch, Person
from functions.tickets.ticket.clock import TicketClock
from functions.tickets.ticket.ticket import Case, Move, Note, Ticket, require_open
from hub.kernel.errors import Forbidden
from hub.kernel.ids import SYSTEM

NOT_YOURS = "不由您负责，须由负责人或主管确认 · not yours to take up: whoever answers for it may, or a supervisor"


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
        left = case.ticket.assignee in case.ticket.declined  # whoever turned it down has room for other work again
        return strand_ticket(case.ticket.but(assignee="") if left else case.ticket, administrators, at)
    move = assign_ticket(case, dispatch.chosen, SYSTEM, at, team)
    limits = {dispatch.chosen: dispatch.limit} if dispatch.limit else {}
    return Move(move.ticket, (Note("dispatched", SYSTEM, detail), *move.notes), move.visits, limits=limits)


def strand_ticket(ticket: Ticket, administrators: tuple[str, ...], at: datetime) -> Move:
    """There is nobody to give the work to: the administrators hear of it, and the trail says so."""
    stranded = ticket.but(stranded=ticket.stranded + 1, stranded_at=at, stranded_with=administrators)
    detail = {"recipients": " ".join(administrators), "fallback": "administrators"}
    return Move(stranded, (Note("nobody to dispatch to", SYSTEM, detail),))


def acknowledge_ticket(
    case: Case, actor: str, at: datetime, *, leads: bool = False, teams: tuple[str, ...] = ()
) -> Move | None:
    """Somebody takes the matter up: its ladder stops here, and so do the ladders of the other clocks that have told
    something and are theirs, or anybody's for whoever leads. None when nothing is left to take up. Raises Conflict when
    the ticket is over."""
    require_open(case)
    alarms = {rung.clock for rung in case.rungs.values()}
    answered = [
        clock.id
        for clock in case.ticket.clocks
        if clock.is_open and clock.id in alarms and not clock.acknowledged_at
        if leads or _is_theirs(case, clock, actor, teams)
    ]
    if case.ticket.acknowledged_at is not None and not answered:
        return None
    clocks = tuple(clock.but(acknowledged_at=at) if clock.id in answered else clock for clock in case.ticket.clocks)
    ticket = case.ticket.but(acknowledged_at=case.ticket.acknowledged_at or at, clocks=clocks)
    return Move(ticket, (Note("acknowledged", actor, {"clock": " ".join(answered)} if answered else {}),))


def _is_theirs(case: Case, clock: TicketClock, actor: str, teams: tuple[str, ...]) -> bool:
    """Whether the clock is the whole ticket's, or of a visit that waits for this person or a team of theirs."""
    visit = case.visits.get(clock.visit)
    return visit is None or actor in visit.awaits or (bool(visit.queue) and visit.queue in teams)


def acknowledge_as(case: Case, actor: str, at: datetime, *, leads: bool, teams: tuple[str, ...] = ()) -> Move | None:
    """As `acknowledge_ticket`, by whoever answers for it: its assignee, one for whom a visit of it waits, a member of
    the team in whose queue one lies, or who `leads`. Raises Forbidden for anybody else."""
    queued = any(visit.queue and visit.queue in teams for visit in case.waiting())
    if not leads and not queued and actor not in owners(case):
        raise Forbidden(NOT_YOURS, assignee=case.ticket.assignee, you=actor)
    return acknowledge_ticket(case, actor, at, leads=leads, teams=teams)


def owners(case: Case) -> tuple[str, ...]:
    """Whose the ticket is: its assignee, and those for whom its visits wait."""
    people = (case.ticket.assignee, *(person for visit in case.waiting() for person in visit.awaits))
    return tuple(dict.fromkeys(filter(None, people)))
