"""Rungs (升级): who hears of a deadline that has passed, and whose the ticket is then. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from functions.tickets.deadlines.deadlines import Due
from functions.tickets.dispatch.assignment import assign_ticket
from functions.tickets.dispatch.dispatch import Organisation, administrators, supervisor_of, team_members
from functions.tickets.ticket.ticket import Case, Move, Note, Rung, Ticket, Visit
from hub.kernel.ids import SYSTEM


def fire_rungs(case: Case, ripe: Sequence[Due], organisation: Organisation, now: datetime) -> Move | None:
    """Fire what is due, in order; a rung that reassigns makes the supervisor the assignee. None when nothing is due.

    The supervisor hears of it from the rung itself, and only once. A rung that nobody would hear goes to the
    administrators, who get no ticket by it.
    """
    if not ripe:
        return None
    ticket, notes, visits, rungs = case.ticket, [], {visit.id: visit for visit in case.waiting()}, []
    for due in ripe:
        recipients = _recipients(due.step.audience, ticket, organisation)
        rung = _rung(ticket, due, recipients or administrators(organisation.people), now, fallback=not recipients)
        rungs.append(rung)
        notes.append(_note(rung))
        if due.step.reassign and recipients and recipients[0] != ticket.assignee:
            move = assign_ticket(Case(ticket, visits), recipients[0], SYSTEM, now, quiet=True)
            ticket, notes = move.ticket, [*notes, *move.notes]
            visits |= {visit.id: visit for visit in move.visits}
    changed: tuple[Visit, ...] = tuple(visit for visit in visits.values() if visit != case.visits[visit.id])
    return Move(ticket, tuple(notes), changed, tuple(rungs))


def _note(rung: Rung) -> Note:
    detail = {"rung": rung.name, "recipients": " ".join(rung.recipients)}
    return Note("rung fired", SYSTEM, detail | ({"fallback": "administrators"} if rung.fallback else {}))


def _rung(ticket: Ticket, due: Due, recipients: tuple[str, ...], now: datetime, *, fallback: bool) -> Rung:
    return Rung(
        ticket_id=ticket.id,
        ticket_type=ticket.type,
        priority=ticket.priority,
        name=due.step.name,
        due_at=due.due_at,
        fired_at=now,
        audience=due.step.audience,
        recipients=recipients,
        fallback=fallback,
    )


def _recipients(audience: str, ticket: Ticket, organisation: Organisation) -> tuple[str, ...]:
    """Who hears of a rung. A ticket without an assignee, whose assignee left, or without a team is the supervisor's."""
    above = supervisor_of(ticket.assignee, ticket.region, organisation)
    if audience == "agent" and organisation.has_owner(ticket.assignee):
        return (ticket.assignee,)
    everyone = team_members(ticket.team, organisation.people) if audience == "team" else ()
    return everyone or ((above,) if above else ())
