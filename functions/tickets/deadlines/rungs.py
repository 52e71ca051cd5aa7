"""Rungs (升级): who hears of a deadline that has passed, and whose the ticket is then. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from functions.tickets.deadlines.deadlines import Due
from functions.tickets.dispatch.assignment import assign_ticket
from functions.tickets.dispatch.dispatch import Organisation, supervisor_of, team_members
from functions.tickets.ticket.ticket import Case, Move, Note, Rung, Ticket, Visit
from hub.kernel.ids import SYSTEM


def fire_rungs(case: Case, ripe: Sequence[Due], organisation: Organisation, now: datetime) -> Move | None:
    """Fire what is due, in order; a rung that reassigns makes the supervisor the assignee. None when nothing is due.

    The supervisor hears of it from the rung itself, and only once.
    """
    if not ripe:
        return None
    ticket, notes, visits, rungs = case.ticket, [], {visit.id: visit for visit in case.waiting()}, []
    for due in ripe:
        recipients = _recipients(due.step.audience, ticket, organisation)
        rungs.append(_rung(ticket, due, recipients, now))
        notes.append(Note("rung fired", SYSTEM, {"rung": due.step.name, "recipients": " ".join(recipients)}))
        if due.step.reassign and recipients and recipients[0] != ticket.assignee:
            move = assign_ticket(Case(ticket, visits), recipients[0], SYSTEM, now, quiet=True)
            ticket, notes = move.ticket, [*notes, *move.notes]
            visits |= {visit.id: visit for visit in move.visits}
    changed: tuple[Visit, ...] = tuple(visit for visit in visits.values() if visit != case.visits[visit.id])
    return Move(ticket, tuple(notes), changed, tuple(rungs))


def _rung(ticket: Ticket, due: Due, recipients: tuple[str, ...], now: datetime) -> Rung:
    return Rung(
        ticket_id=ticket.id,
        ticket_type=ticket.type,
        priority=ticket.priority,
        name=due.step.name,
        due_at=due.due_at,
        fired_at=now,
        audience=due.step.audience,
        recipients=recipients,
    )


def _recipients(audience: str, ticket: Ticket, organisation: Organisation) -> tuple[str, ...]:
    """Who hears of a rung. A ticket without an assignee, whose assignee left, or without a team is the supervisor's."""
    above = supervisor_of(ticket.assignee, ticket.region, organisation)
    if audience == "agent" and organisation.has_owner(ticket.assignee):
        return (ticket.assignee,)
    everyone = team_members(ticket.team, organisation.people) if audience == "team" else ()
    return everyone or ((above,) if above else ())
