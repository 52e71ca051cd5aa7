"""Deadlines (时限): a running clock, a ladder of rungs, and now in; due rungs and the next wake out. Pure.

A clock counts business seconds of its calendar while it runs: `consumed_seconds` from earlier stretches and what has
passed since `since`. A pause keeps what was consumed, so every deadline moves by exactly the pause. Times are business
time; nothing here is ever due early, and what fired once (its name is in `fired`) is never due again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from hub.kernel.calendar import ALWAYS, BusinessCalendar, add_business, business_seconds
from hub.kernel.frozen import dataclass

Audience = Literal["agent", "supervisor", "team"]
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Step:
    """One rung of a ladder: after so many business seconds, these people hear of it; `reassign` also makes the
    supervisor the assignee."""

    name: str
    after_seconds: int
    audience: Audience
    reassign: bool = False


@dataclass(frozen=True)
class Ladder:
    """Rungs from the first one up, and the calendar that a clock counts by beside them. Without a rung it is none."""

    steps: tuple[Step, ...] = ()
    calendar: BusinessCalendar = ALWAYS


@dataclass(frozen=True)
class Clock:
    """since: from when it runs now, None while paused. carry_us: the part of a second that a pause cut off."""

    since: datetime | None
    consumed_seconds: int = 0
    carry_us: int = 0
    calendar: BusinessCalendar = ALWAYS


@dataclass(frozen=True)
class Watch:
    """A clock, what has fired of its ladder, and when somebody took the matter up (None: nobody yet)."""

    clock: Clock
    fired: frozenset[str] = frozenset()
    stopped_at: datetime | None = None


@dataclass(frozen=True)
class Due:
    """A rung whose moment has come, and which moment that was."""

    step: Step
    due_at: datetime


def due(watch: Watch, ladder: Sequence[Step], now: datetime) -> tuple[tuple[Due, ...], datetime | None]:
    """The rungs due by `now` that have not fired, in order, and when to look again (None: never, as things stand).

    While the clock is paused nothing is due. A rung that was due when somebody took the matter up still counts, a
    later one never fires.
    """
    open_rungs = _open_rungs(watch, ladder)
    ripe = sorted((rung for rung in open_rungs if rung.due_at <= now), key=lambda rung: rung.due_at)
    later = [rung.due_at for rung in open_rungs if rung.due_at > now]
    return tuple(ripe), min(later, default=None)


def first_due(watch: Watch, ladder: Sequence[Step]) -> datetime | None:
    """The moment of the first rung that has not fired and may, whether it has come or not; None where there is none."""
    return min((rung.due_at for rung in _open_rungs(watch, ladder)), default=None)


def due_at(clock: Clock, step: Step) -> datetime:
    """The moment at which a running clock reaches the step. Raises ValueError for a paused clock."""
    if clock.since is None:
        raise ValueError("a paused clock has no deadline")
    return add_business(clock.calendar, clock.since, max(0, step.after_seconds - clock.consumed_seconds))


def pause(clock: Clock, now: datetime) -> Clock:
    """The clock, standing still from `now`. A paused one stays as it is."""
    if clock.since is None:
        return clock
    seconds = business_seconds(clock.calendar, clock.since, now)
    carry = now - add_business(clock.calendar, clock.since, seconds)
    carry_us = carry // timedelta(microseconds=1) if timedelta() <= carry < SECOND else 0
    return Clock(None, clock.consumed_seconds + seconds, carry_us, clock.calendar)


def resume(clock: Clock, now: datetime) -> Clock:
    """The clock, running again from `now`. A running one stays as it is."""
    if clock.since is not None:
        return clock
    since = now - timedelta(microseconds=clock.carry_us)
    return Clock(since, clock.consumed_seconds, 0, clock.calendar)


def wait_seconds(now: datetime, wake: datetime) -> int:
    """Whole seconds from `now` until `wake` has come, at least 1: a wait never ends before its moment."""
    return max(1, -((now - wake) // SECOND))


def _open_rungs(watch: Watch, ladder: Sequence[Step]) -> list[Due]:
    """The rungs that have not fired and still may; none while the clock is paused."""
    if watch.clock.since is None:
        return []
    rungs = [Due(step, due_at(watch.clock, step)) for step in ladder if step.name not in watch.fired]
    return [rung for rung in rungs if watch.stopped_at is None or rung.due_at <= watch.stopped_at]
