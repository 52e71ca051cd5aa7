"""Stuck tickets (卡点): which open tickets nobody and nothing works on any more, and what sets them going again. Pure.

Executions and queues do the work; this is the net below them. A start may lie in a dead-letter queue, an execution may
have failed for good, an assignee may have left. Whatever is done here is right too when the machine was merely slow:
starts have names, rungs fire once, and a step of an older run writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from functions.tickets.deadlines.clocks import TermsOf, due_of, first_of
from functions.tickets.dispatch.assignment import assign_ticket
from functions.tickets.dispatch.dispatch import Organisation, supervisor_of
from functions.tickets.ticket.runs import visits_of_run
from functions.tickets.ticket.ticket import Case, Move
from hub.kernel.ids import SYSTEM

SLACK = timedelta(minutes=2)
"""Real time that a start or a wake may take; after it the sweep does it."""
SILENCE = timedelta(minutes=45)
"""Real time without a step after which a run is over: its machine tries a step again for half an hour at most."""
SHARE = 1000
"""What one sweep looks at; with more due than that, sweeps take turns."""

Thing = TypeVar("Thing")


def share_of(due: Sequence[Thing], turn: int) -> Sequence[Thing]:
    """Those whose turn it is: SHARE at most, and in as few turns as need be, all of them."""
    shares = -(-len(due) // SHARE) or 1
    return due[turn % shares :: shares]


def is_overdue(case: Case, terms_of: TermsOf, now: datetime, slack: timedelta) -> bool:
    """Whether something should have happened by its clocks long ago."""
    return any(ripe.due.due_at + slack < now for ripe in due_of(case, terms_of, now)[0])


def look_at(case: Case, terms_of: TermsOf, slack: timedelta) -> datetime | None:
    """From when on the ticket may need looking after, if nothing happens to it; None when it won't.

    terms_of: its clocks'. slack: what a start or a wake may take.
    """
    if not case.ticket.is_open:
        return None
    moments = [moment for moment in (first_of(case, terms_of), silent_since(case)) if moment]
    return min(moments) + slack if moments else None


def silent_since(case: Case) -> datetime | None:
    """Since when it has been the flow's turn to go on; None while the ticket waits for a person, or has no flow."""
    ticket = case.ticket
    if not ticket.is_open or not ticket.flow_version or ticket.blocked_by or case.waiting():
        return None
    ends = [end for visit in visits_of_run(case) for end in (visit.left_at, visit.until) if end]
    return max([ticket.run_at or ticket.opened_at, *ends])


def adopt_ticket(case: Case, organisation: Organisation, at: datetime) -> Move | None:
    """Give work that waits for nobody, or for somebody who has left, to the supervisor. None when there is no need, or
    no supervisor."""
    ticket = case.ticket
    waits = any(visit.is_personal and visit.assignee == ticket.assignee for visit in case.waiting())
    if not waits or organisation.has_owner(ticket.assignee):
        return None
    supervisor = supervisor_of(ticket.assignee, ticket.region, organisation)
    return assign_ticket(case, supervisor, SYSTEM, at) if supervisor else None
