"""The sweep: looks after open tickets that got stuck. Doing it again, or at the same time elsewhere, does no harm."""

from __future__ import annotations

from datetime import datetime, timedelta

from functions.tickets.deadlines.stuck import (
    SILENCE,
    SLACK,
    adopt_ticket,
    is_overdue,
    resume_run,
    share_of,
    silent_since,
    stuck_from,
)
from functions.tickets.desk import Desk
from functions.tickets.dispatch.dispatch import Organisation
from functions.tickets.handlers.effects import perform
from functions.tickets.handlers.steps import wake
from functions.tickets.ticket.outbox import StartEscalation, start_flow
from functions.tickets.ticket.ticket import Case, Move
from hub.kernel.clock import UNTIL_CALLED
from hub.kernel.errors import HubError, Retry

EVERY_MINUTES = 5


def sweep_tickets(desk: Desk, now: datetime) -> datetime:
    """Look after the open tickets whose turn it is; answers when one of them may be stuck next, as things stand. Raises
    Retry, after all, when some could not be looked after."""
    organisation, failed, tickets = desk.staff.organisation(), [], desk.tickets.open_tickets()
    share = share_of(tickets, int(now.timestamp()) // (60 * EVERY_MINUTES))
    following = UNTIL_CALLED if len(share) == len(tickets) else now
    for ticket_id in share:
        try:
            case = desk.tickets.case(ticket_id)
            _look_after(desk, case, organisation, now)
            following = min(following, _stuck_from(desk, case, now))
        except (HubError, ValueError):  # one that can't be helped holds up no other
            failed.append(ticket_id)
    if failed:
        raise Retry("some tickets could not be looked after", first=failed[0], failed=len(failed))
    return following


def _stuck_from(desk: Desk, case: Case, now: datetime) -> datetime:
    slack, silence = desk.in_business(SLACK), desk.in_business(SILENCE)
    return stuck_from(case, desk.catalogue.ladder_of(case.ticket), now, slack, silence)


def _look_after(desk: Desk, case: Case, organisation: Organisation, now: datetime) -> None:
    ticket = case.ticket
    if is_overdue(case, desk.catalogue.ladder_of(ticket), now, desk.in_business(SLACK)):
        wake(desk, {"ticket": ticket.id, "run": ticket.run, "generation": ticket.generation, "wakes": 0})
        perform(desk, StartEscalation(ticket.id, ticket.run, ticket.generation))
    if since := silent_since(case):
        _go_on(desk, case, now, now - since)
    elif adopt_ticket(case, organisation, now):
        desk.tickets.change(ticket.id, now, lambda case: adopt_ticket(case, organisation, now))


def _go_on(desk: Desk, case: Case, now: datetime, silence: timedelta) -> None:
    """Start the run again under its name, which changes nothing if it did start; after a long silence, the next run."""
    if silence > desk.in_business(SILENCE):
        desk.tickets.change(case.ticket.id, now, lambda current: _resume(desk, case, current, now))
    elif silence > desk.in_business(SLACK):
        perform(desk, start_flow(case.ticket))


def _resume(desk: Desk, seen: Case, case: Case, now: datetime) -> Move | None:
    """The next run, unless the ticket has moved since it was seen."""
    return resume_run(case, desk.catalogue.flow_of(case.ticket), now) if case.version == seen.version else None
