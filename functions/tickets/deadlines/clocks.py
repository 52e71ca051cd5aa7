"""A ticket's clocks as `deadlines` sees them, what is due of all of them, and their standing still. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from functions.tickets.deadlines.deadlines import Clock, Due, Ladder, Step, Watch, coming
from functions.tickets.ticket.clock import HANDLING, TicketClock
from functions.tickets.ticket.ticket import Case, Move, Note, Ticket, require_open
from hub.kernel.calendar import ALWAYS, BusinessCalendar
from hub.kernel.dataclass import dataclass

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
    return Watch(clock_of(kept, terms.calendar), fired, stopped_at, kept.limited_at)


def due_at_of(kept: TicketClock, terms: Terms) -> datetime | None:
    """When a clock will have used up what it has; None for one that stands, or has no limit."""
    watch = Watch(clock_of(kept, terms.calendar), limited_at=kept.limited_at)
    return watch.reaches(kept.budget_seconds) if kept.runs and kept.budget_seconds else None


def is_assumed(ticket: Ticket, terms_of: TermsOf) -> bool:
    """Whether a clock of it is due on a day of which nobody has said whether it is worked."""
    for kept in ticket.clocks:
        terms = terms_of(kept) if ticket.is_open and kept.runs else Terms()
        due_at = due_at_of(kept, terms) if terms.calendar.assumed_from else None
        if due_at is not None and terms.calendar.assumes(due_at):
            return True
    return False


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
    ripe: list[Ripe] = []
    later: list[datetime] = []
    for of_clock in _coming(case, terms_of):
        for each in of_clock:
            if each.due.due_at > now:
                later.append(each.due.due_at)
                break
            ripe.append(each)
    return tuple(sorted(ripe, key=lambda each: each.due.due_at)), min(later, default=None)


def first_of(case: Case, terms_of: TermsOf) -> datetime | None:
    """The moment of the first of it, whether it has come or not."""
    firsts = (next(of_clock, None) for of_clock in _coming(case, terms_of))
    return min((first.due.due_at for first in firsts if first), default=None)


def _coming(case: Case, terms_of: TermsOf) -> list[Iterator[Ripe]]:
    """What is still to come of each clock that runs, in its order."""
    if not case.ticket.is_open:
        return []
    return [_of_clock(case, kept, terms_of(kept)) for kept in case.ticket.clocks if kept.runs]


def _of_clock(case: Case, kept: TicketClock, terms: Terms) -> Iterator[Ripe]:
    """The rungs of a clock and that it is breached, in the order in which it reaches them."""
    steps = terms.steps
    if kept.budget_seconds and kept.breached_at is None:
        steps = (replace(BREACH, after_seconds=kept.budget_seconds), *steps)
    anyway = () if kept.measures == HANDLING else (BREACH.name,)
    for due in coming(watch_of(case, kept, terms), steps, anyway):
        yield Ripe(kept, replace(due, step=BREACH) if due.step.name == BREACH.name else due)


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
