"""A ticket's clock: as `deadlines` sees it, stopped while something is awaited, and running on. Pure."""

from __future__ import annotations

from datetime import datetime

from functions.tickets.deadlines.deadlines import Clock, Ladder, Watch, pause, resume
from functions.tickets.ticket.ticket import Case, Move, Note, Ticket, require_open


def watch_of(case: Case, ladder: Ladder) -> Watch:
    """The ticket's clock, by its ladder's calendar, and what has fired, as `deadlines` sees them."""
    ticket = case.ticket
    clock = Clock(ticket.clock_since, ticket.clock_consumed_seconds, ticket.clock_carry_us, ladder.calendar)
    return Watch(clock, frozenset(case.rungs), ticket.acknowledged_at)


def pause_ticket(case: Case, ladder: Ladder, waits_for: tuple[str, ...], actor: str, at: datetime) -> Move | None:
    """Stop the ticket's clock, which counts by its ladder's calendar, while these articles (or the customer) are
    awaited. None when it stands still for just these already. Raises Conflict when the ticket is over."""
    require_open(case)
    clock = watch_of(case, ladder).clock
    if clock.since is None and waits_for == case.ticket.waits_for:
        return None
    stopped = _keep_clock(case.ticket, pause(clock, at)).but(waits_for=waits_for)
    return Move(stopped, (Note("paused", actor, {"waits_for": " ".join(waits_for)} if waits_for else {}),))


def resume_ticket(case: Case, actor: str, at: datetime) -> Move | None:
    """Let the ticket's clock run on, by the escalation's next generation; nothing is awaited any more. None when it
    runs, or the ticket has no ladder. Raises Conflict when the ticket is over."""
    require_open(case)
    clock = watch_of(case, Ladder()).clock
    if clock.since is not None or not case.ticket.ladder:
        return None
    running = _keep_clock(case.ticket, resume(clock, at))
    return Move(running.but(generation=case.ticket.generation + 1, waits_for=()), (Note("resumed", actor),))


def _keep_clock(ticket: Ticket, clock: Clock) -> Ticket:
    """The ticket with its clock as it now stands."""
    return ticket.but(
        clock_since=clock.since, clock_consumed_seconds=clock.consumed_seconds, clock_carry_us=clock.carry_us
    )
