"""Rungs (升级): who hears of a deadline that has passed, and whose the ticket is then. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from functions.tickets.actions.action import Sources
from functions.tickets.actions.registry import run_action
from functions.tickets.deadlines.clocks import BREACH, Ripe
from functions.tickets.deadlines.deadlines import Step
from functions.tickets.dispatch.assignment import assign_ticket
from functions.tickets.dispatch.dispatch import Organisation, administrators, supervisor_of, team_members
from functions.tickets.ticket.clock import HANDLING, TicketClock
from functions.tickets.ticket.ticket import Case, Move, Note, Rung, Ticket, Visit, apply_move
from hub.kernel.ids import SYSTEM


def fire_rungs(case: Case, ripe: Sequence[Ripe], sources: Sources, now: datetime) -> Move | None:
    """Do what is due, in order. None when nothing is.

    A clock that has consumed its budget is breached. A rung tells its audience; one that reassigns makes the supervisor
    the assignee, one that raises the priority does. The supervisor hears of it from the rung itself, and only once. A
    rung that nobody would hear goes to the administrators, who get no ticket by it.
    """
    if not ripe:
        return None
    done = Move(case.ticket)
    for each in ripe:
        now_case = apply_move(case, done)
        step = _breached(now_case, each) if each.due.step is BREACH else _fired(now_case, each, sources, now)
        visits = {visit.id: visit for visit in (*done.visits, *step.visits)}
        done = Move(step.ticket, (*done.notes, *step.notes), tuple(visits.values()), (*done.rungs, *step.rungs))
    return done


def _breached(case: Case, ripe: Ripe) -> Move:
    breached = ripe.clock.but(breached_at=ripe.due.due_at)
    clocks = tuple(breached if clock.id == breached.id else clock for clock in case.ticket.clocks)
    detail = {"clock": breached.id, **({"team": breached.team} if breached.team else {})}
    return Move(case.ticket.but(clocks=clocks), (Note("limit passed", SYSTEM, detail),))


def _fired(case: Case, ripe: Ripe, sources: Sources, now: datetime) -> Move:
    ticket, step, clock = case.ticket, ripe.due.step, ripe.clock
    organisation = sources.organisation()
    visit = case.visits.get(clock.visit)
    recipients = _recipients(step.audience, ticket, clock, visit, organisation)
    rung = Rung(
        ticket_id=ticket.id,
        ticket_type=ticket.type,
        priority=ticket.priority,
        name=step.name,
        due_at=ripe.due.due_at,
        fired_at=now,
        audience=step.audience,
        recipients=recipients or administrators(organisation.people),
        fallback=not recipients,
        clock="" if clock.measures == HANDLING else clock.id,
        channel=step.channel,
    )
    fired = Move(_raised(ticket, step), (_note(rung), *_raise_notes(ticket, step)), (), (rung,))
    if step.reassign and recipients:
        moved = _give(case, visit, fired.ticket, recipients[0], now)
        fired = replace(fired, ticket=moved.ticket, notes=(*fired.notes, *moved.notes), visits=moved.visits)
    return _with_action(case, fired, step, sources, now) if step.action else fired


def _with_action(case: Case, fired: Move, step: Step, sources: Sources, now: datetime) -> Move:
    """The rung, and what its action does to the ticket as it is then; what that wants of others is the rung's."""
    (rung,), after = fired.rungs, apply_move(case, fired)
    result = run_action(step.action, step.params, after, visit_id=rung.key, at=now, sources=sources)
    visits = {visit.id: visit for visit in (*fired.visits, *result.move.visits)}
    notes = (*fired.notes, *result.move.notes)
    return Move(result.move.ticket, notes, tuple(visits.values()), (rung.but(deed=result.deed),))


def _give(case: Case, visit: Visit | None, ticket: Ticket, person_id: str, now: datetime) -> Move:
    """To whom the work goes: the node alone where it is somebody else's than the ticket's assignee."""
    if visit is not None and visit.is_personal and visit.assignee != ticket.assignee:
        detail = {"assignee": person_id, "before": visit.assignee, "node": visit.node}
        return Move(ticket, (Note("assigned", SYSTEM, detail),), (visit.but(assignee=person_id),))
    if person_id == ticket.assignee:
        return Move(ticket)
    return assign_ticket(replace(case, ticket=ticket), person_id, SYSTEM, now, quiet=True)


def _raised(ticket: Ticket, step: Step) -> Ticket:
    return ticket.but(priority=step.raise_to) if step.raise_to else ticket


def _raise_notes(ticket: Ticket, step: Step) -> tuple[Note, ...]:
    if not step.raise_to or step.raise_to == ticket.priority:
        return ()
    return (Note("set", SYSTEM, {"priority": step.raise_to, "priority_before": ticket.priority}),)


def _note(rung: Rung) -> Note:
    detail = {"rung": rung.name, "recipients": " ".join(rung.recipients)}
    detail |= {"clock": rung.clock} if rung.clock else {}
    return Note("rung fired", SYSTEM, detail | ({"fallback": "administrators"} if rung.fallback else {}))


def _recipients(
    audience: str, ticket: Ticket, clock: TicketClock, visit: Visit | None, organisation: Organisation
) -> tuple[str, ...]:
    """Who hears of a rung: of a node's clock those whom it waits for, and the department that answers for it. What has
    no assignee, or one who left, or no team is the supervisor's."""
    awaited = visit.awaits if visit is not None else (ticket.assignee,)
    above = supervisor_of(next(iter(awaited), ticket.assignee), ticket.region, organisation)
    team = clock.team or ticket.team
    people: tuple[str, ...] = ()
    if audience == "agent":
        people = tuple(person for person in awaited if organisation.has_owner(person))
        people = people or (team_members(clock.team, organisation.people) if visit is not None and not awaited else ())
    elif audience == "team":
        people = team_members(team, organisation.people)
    return people or ((above,) if above else ())
