"""Assignment (指派): whose ticket it is, who is told, and who has taken it up. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from functions.tickets.deadlines.deadlines import Clock, Due, Watch
from functions.tickets.dispatch.dispatch import Dispatch, Organisation, supervisor_of, team_members
from functions.tickets.ticket.ticket import Case, Move, Note, Rung, Ticket, Visit

SYSTEM = "system"


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
    visits = tuple(visit.but(assignee=person_id) for visit in case.waiting() if visit.assignee == before)
    if quiet:
        ticket = ticket.but(told=number)
    elif visits or not ticket.flow_version:
        ticket = announce(ticket, person_id, visits[0].id if visits else "", at)
    return Move(ticket, (Note("assigned", actor, {"assignee": person_id, "before": before}),), visits)


def announce(ticket: Ticket, person_id: str, visit_id: str, at: datetime) -> Ticket:
    """The ticket, with this person told of the visit that waits for them; unchanged when its assignee knows already."""
    theirs = person_id == ticket.assignee
    if not person_id or (theirs and ticket.assignment <= ticket.told):
        return ticket
    told = ticket.assignment if theirs else ticket.told
    return ticket.but(told=told, notice=ticket.notice + 1, notice_to=person_id, notice_visit=visit_id, noticed_at=at)


def dispatch_ticket(case: Case, dispatch: Dispatch, team: str, at: datetime) -> Move:
    """The outcome of a dispatch, written down: an assignee, or the note that there is nobody."""
    detail = {"chosen": dispatch.chosen, "fallback": "yes" if dispatch.fallback else "no"}
    if not dispatch.chosen:
        return Move(case.ticket, (Note("nobody to dispatch to", SYSTEM, detail),))
    move = assign_ticket(case, dispatch.chosen, SYSTEM, at, team)
    return Move(move.ticket, (Note("dispatched", SYSTEM, detail), *move.notes), move.visits)


def acknowledge_ticket(case: Case, actor: str, at: datetime) -> Move | None:
    """Somebody takes the matter up: the ladder stops here. None when it was taken up before."""
    if case.ticket.acknowledged_at is not None:
        return None
    return Move(case.ticket.but(acknowledged_at=at), (Note("acknowledged", actor),))


def watch_of(case: Case) -> Watch:
    """The ticket's clock and ladder as `deadlines` sees them."""
    ticket = case.ticket
    clock = Clock(ticket.clock_since, ticket.clock_consumed_seconds, ticket.clock_carry_us)
    return Watch(clock, frozenset(case.rungs), ticket.acknowledged_at)


def keep_clock(ticket: Ticket, clock: Clock) -> Ticket:
    """The ticket with its clock as it now stands."""
    return ticket.but(
        clock_since=clock.since, clock_consumed_seconds=clock.consumed_seconds, clock_carry_us=clock.carry_us
    )


def fire_rungs(case: Case, ripe: Sequence[Due], organisation: Organisation, now: datetime) -> Move | None:
    """Fire what is due, in order; a rung that reassigns makes the supervisor the assignee. None when nothing is due.

    The supervisor hears of it from the rung itself, and only once.
    """
    if not ripe:
        return None
    ticket, notes, visits, rungs = case.ticket, [], {visit.id: visit for visit in case.waiting()}, []
    for one in ripe:
        recipients = _recipients(one.step.audience, ticket, organisation)
        rungs.append(_rung(ticket, one, recipients, now))
        notes.append(Note("rung fired", SYSTEM, {"rung": one.step.name, "recipients": " ".join(recipients)}))
        if one.step.reassign and recipients and recipients[0] != ticket.assignee:
            now_case = Case(ticket, {visit.id: visit for visit in visits.values()})
            move = assign_ticket(now_case, recipients[0], SYSTEM, now, quiet=True)
            ticket, notes = move.ticket, [*notes, *move.notes]
            visits.update({visit.id: visit for visit in move.visits})
    changed: tuple[Visit, ...] = tuple(v for v in visits.values() if v != case.visits[v.id])
    return Move(ticket, tuple(notes), changed, tuple(rungs))


def _rung(ticket: Ticket, one: Due, recipients: tuple[str, ...], now: datetime) -> Rung:
    return Rung(
        ticket_id=ticket.id,
        ticket_type=ticket.type,
        priority=ticket.priority,
        name=one.step.name,
        due_at=one.due_at,
        fired_at=now,
        audience=one.step.audience,
        recipients=recipients,
    )


def _recipients(audience: str, ticket: Ticket, organisation: Organisation) -> tuple[str, ...]:
    """Who hears of a rung. A ticket without an assignee, whose assignee left, or without a team is the supervisor's."""
    above = supervisor_of(ticket.assignee, ticket.region, organisation)
    if audience == "agent" and organisation.has_owner(ticket.assignee):
        return (ticket.assignee,)
    everyone = team_members(ticket.team, organisation.people) if audience == "team" else ()
    return everyone or ((above,) if above else ())
