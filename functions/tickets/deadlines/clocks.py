"""A ticket's clocks as `deadlines` sees them, what is due of all of them, and their standing still. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from functions.tickets.deadlines.deadlines import Clock, Due, Ladder, Step, Watch, open_rungs, reaches
from functions.tickets.ticket.clock import HANDLING, TicketClock
from functions.tickets.ticket.ticket import Case, Move, Note, Ticket, require_open
from hub.kernel.calendar import ALWAYS, BusinessCalendar
from hub.kernel.frozen import dataclass

BREACH = Step("")
"""That a clock has consumed its budget: due like a rung, and told as a fact of its own."""


@dataclass(frozen=True)
class Terms:
    """What a clock runs by: its rungs, each by when it comes, and whose hours count."""

    steps: tuple[Step, ...] = ()
    calendar: BusinessCalendar = ALWAYS


TermsOf = Callable[[TicketClock], Terms]
"""The terms that a clock's pins name."""


@dataclass(frozen=True)
class Ripe:
    """A rung, or BREACH, of this clock whose moment has come."""

    clock: TicketClock
    due: Due


def clock_of(kept: TicketClock, calendar: BusinessCalendar) -> Clock:
    """The ledger, to be reckoned with."""
    return Clock(kept.since, kept.consumed_seconds, kept.carry_us, calendar)


def keep(kept: TicketClock, clock: Clock) -> TicketClock:
    """The ledger as it now stands."""
    return kept.but(since=clock.since, consumed_seconds=clock.consumed_seconds, carry_us=clock.carry_us)


def watch_of(case: Case, kept: TicketClock, terms: Terms) -> Watch:
    """The clock, and what has fired of its ladder. The matter itself is taken up for the ladder's own clock, what a
    clock has told for any other."""
    own = kept.measures == HANDLING
    fired = frozenset(rung.name for rung in case.rungs.values() if rung.clock == ("" if own else kept.id))
    stopped_at = case.ticket.acknowledged_at if own else kept.acknowledged_at
    return Watch(clock_of(kept, terms.calendar), fired, stopped_at)


def due_at_of(kept: TicketClock, terms: Terms) -> datetime | None:
    """When a clock will have used up what it has; None for one that stands, or has no limit."""
    clock = clock_of(kept, terms.calendar)
    return reaches(clock, kept.budget_seconds) if kept.runs and kept.budget_seconds else None


def first_due_at(ticket: Ticket, terms_of: TermsOf) -> datetime | None:
    """When the first of a ticket's running clocks has used up what it has, be it past; None where none runs. The
    ladder's own runs until somebody takes the matter up."""
    running = [clock for clock in ticket.clocks if clock.measures != HANDLING or ticket.acknowledged_at is None]
    times = (due_at_of(clock, terms_of(clock)) for clock in running if ticket.is_open)
    return min(filter(None, times), default=None)


def handling_watch(case: Case, ladder: Ladder) -> Watch:
    """The clock of the ticket's ladder by itself, as it would go by this ladder; one that stands where it has none."""
    kept = case.ticket.clock(HANDLING)
    return watch_of(case, kept, Terms(ladder.steps, ladder.calendar)) if kept else Watch(Clock(None))


def due_of(case: Case, terms_of: TermsOf, now: datetime) -> tuple[tuple[Ripe, ...], datetime | None]:
    """All that is due by `now` and has not happened, in order, and when to look again (None: never, as things
    stand)."""
    coming = _coming(case, terms_of)
    ripe = sorted((each for each in coming if each.due.due_at <= now), key=lambda each: each.due.due_at)
    return tuple(ripe), min((each.due.due_at for each in coming if each.due.due_at > now), default=None)


def first_of(case: Case, terms_of: TermsOf) -> datetime | None:
    """The moment of the first of it, whether it has come or not."""
    return min((each.due.due_at for each in _coming(case, terms_of)), default=None)


def _coming(case: Case, terms_of: TermsOf) -> list[Ripe]:
    if not case.ticket.is_open:
        return []
    running = [kept for kept in case.ticket.clocks if kept.runs]
    return [Ripe(kept, due) for kept in running for due in _of_clock(case, kept, terms_of(kept))]


def _of_clock(case: Case, kept: TicketClock, terms: Terms) -> list[Due]:
    watch = watch_of(case, kept, terms)
    rungs = open_rungs(watch, terms.steps)
    if not kept.budget_seconds or kept.breached_at is not None:
        return rungs
    breach = Due(BREACH, reaches(watch.clock, kept.budget_seconds))
    answered = kept.measures == HANDLING and watch.stopped_at is not None and watch.stopped_at < breach.due_at
    return rungs if answered else [breach, *rungs]


def pause_ticket(case: Case, waits_for: tuple[str, ...], actor: str) -> Move | None:
    """The ticket's clocks stand while these articles (or the customer) are awaited. None when they stand for just these
    already. Raises Conflict when the ticket is over."""
    require_open(case)
    if case.ticket.paused and waits_for == case.ticket.waits_for:
        return None
    note = Note("paused", actor, {"waits_for": " ".join(waits_for)} if waits_for else {})
    return Move(case.ticket.but(paused=True, waits_for=waits_for), (note,))


def resume_ticket(case: Case, actor: str) -> Move | None:
    """The ticket's clocks run on; nothing is awaited any more. None when they run. Raises Conflict when the ticket is
    over."""
    require_open(case)
    if not case.ticket.paused:
        return None
    return Move(case.ticket.but(paused=False, waits_for=()), (Note("resumed", actor),))
