"""How a ticket's clocks are shown. Pure."""

from __future__ import annotations

from datetime import datetime

from functions.tickets.deadlines.clocks import Terms, TermsOf, clock_of, due_at_of
from functions.tickets.deadlines.deadlines import consumed
from functions.tickets.ticket.clock import HANDLING, TicketClock
from functions.tickets.ticket.ticket import Case, Ticket
from hub.contracts.clocks import TicketClockView


def show_clocks(case: Case, terms_of: TermsOf, now: datetime) -> tuple[TicketClockView, ...]:
    """All of them, those that go on first, the soonest due first."""
    views = [_show(case.ticket, clock, terms_of(clock), now) for clock in case.ticket.clocks]
    return tuple(sorted(views, key=lambda view: (view.ended_at is not None, view.due_at is None, view.due_at or now)))


def _show(ticket: Ticket, clock: TicketClock, terms: Terms, now: datetime) -> TicketClockView:
    taken_up_at = ticket.acknowledged_at if clock.measures == HANDLING else None
    ended_at = clock.ended_at or taken_up_at or ticket.closed_at
    running = clock_of(clock, terms.calendar)
    used = consumed(running, min(now, ended_at or now))
    due_at = None if ended_at else due_at_of(clock, terms)
    return TicketClockView(
        id=clock.id,
        name=clock.name,
        measures=clock.measures,
        state=_state(clock, used, ended_at),
        due_at=due_at,
        remaining_seconds=clock.budget_seconds - used,
        consumed_seconds=used,
        budget_seconds=clock.budget_seconds,
        began_at=clock.began_at,
        breached_at=clock.breached_at,
        ended_at=ended_at,
        acknowledged_at=clock.acknowledged_at,
        team=clock.team,
        visit_id=clock.visit,
        policy=_named(clock.policy, clock.policy_pin),
        ladder=_named(clock.ladder, clock.ladder_pin),
        calendar=_named(clock.calendar, clock.calendar_pin),
        assumed=due_at is not None and terms.calendar.assumes(due_at),
    )


def _state(clock: TicketClock, used: int, ended_at: datetime | None) -> str:
    over = clock.breached_at is not None or (0 < clock.budget_seconds <= used and ended_at is None)
    if ended_at is not None:
        return "missed" if over else "kept"
    if over:
        return "breached"
    return "running" if clock.runs else "paused"


def _named(key: str, pin: str) -> str:
    return f"{key}/{pin}" if key else ""
