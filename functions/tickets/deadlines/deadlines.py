"""Deadlines (时限): a running clock, a ladder of rungs, and now in; due rungs and the next wake out. Pure.

A clock counts business seconds of its calendar while it runs: `consumed_seconds` from earlier stretches and what has
passed since `since`. A pause keeps what was consumed, so every deadline moves by exactly the pause. Times are business
time; nothing here is ever due early, and what fired once (its name is in `fired`) is never due again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from hub.contracts.base import NoticeChannel, Priority
from hub.kernel.calendar import ALWAYS, MAX_DAYS, BusinessCalendar, add_business, business_time
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid

Audience = Literal["agent", "supervisor", "team"]
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Step:
    """One rung of a ladder: after so many business seconds, or when so many are left of the clock's budget (negative:
    over it by so many), these people hear of it, by `channel` first where it names one. `reassign` also makes the
    supervisor the assignee, `raise_to` gives the ticket a priority, `action` is done as a flow's would be."""

    name: str
    after_seconds: int = 0
    audience: Audience = "agent"
    reassign: bool = False
    left_seconds: int | None = None
    channel: NoticeChannel | Literal[""] = ""
    raise_to: Priority | Literal[""] = ""
    action: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)

    def within(self, budget_seconds: int) -> Step:
        """The rung of a clock with this budget, by when it comes."""
        if self.left_seconds is None:
            return self
        return replace(self, after_seconds=max(0, budget_seconds - self.left_seconds), left_seconds=None)


@dataclass(frozen=True)
class Ladder:
    """Rungs from the first one up, and the calendar that a clock counts by beside them. Without a rung it is none."""

    steps: tuple[Step, ...] = ()
    calendar: BusinessCalendar = ALWAYS

    @property
    def budget_seconds(self) -> int:
        """What a clock has that runs by this ladder alone: until it first goes above whoever has the matter; to be
        reminded of it is no breach."""
        timed = [step for step in self.steps if step.left_seconds is None]
        above = [step for step in timed if step.audience != "agent"] or timed
        return min((step.after_seconds for step in above), default=0)


@dataclass(frozen=True)
class Clock:
    """since: from when it runs now, None while paused. carry_us: the part of a second, beside `consumed_seconds`, that
    a pause cut off."""

    since: datetime | None
    consumed_seconds: int = 0
    carry_us: int = 0
    calendar: BusinessCalendar = ALWAYS


@dataclass(frozen=True)
class Watch:
    """A clock, what has fired of its ladder, and when somebody took the matter up (None: nobody yet). limited_at: when
    it got less time than it had: what it is past then was due at that moment, not before."""

    clock: Clock
    fired: frozenset[str] = frozenset()
    stopped_at: datetime | None = None
    limited_at: datetime | None = None

    def reaches(self, seconds: int) -> datetime:
        """The moment at which the clock, a running one, is found to have consumed so much."""
        moment = reaches(self.clock, seconds)
        return max(moment, self.limited_at) if self.limited_at else moment


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
    ripe: list[Due] = []
    for rung in coming(watch, ladder):
        if rung.due_at > now:
            return tuple(ripe), rung.due_at
        ripe.append(rung)
    return tuple(ripe), None


def due_at(clock: Clock, step: Step) -> datetime:
    """The moment at which a running clock reaches the step. Raises ValueError for a paused clock."""
    return reaches(clock, step.after_seconds)


def reaches(clock: Clock, seconds: int) -> datetime:
    """The moment at which a running clock has consumed so much; where its hours don't reach so far, the last moment
    that a calendar looks ahead to: a ticket is worked on though its policy asks for what can't be. Raises ValueError
    for a paused clock."""
    if clock.since is None:
        raise ValueError("a paused clock has no deadline")
    left = seconds - clock.consumed_seconds
    if left <= 0:
        return clock.since
    try:
        return add_business(clock.calendar, clock.since, left, clock.carry_us)
    except Invalid:
        return clock.since + timedelta(days=MAX_DAYS)


def consumed(clock: Clock, now: datetime) -> int:
    """Whole business seconds that the clock has consumed by `now`."""
    return pause(clock, now).consumed_seconds


def by_calendar(clock: Clock, calendar: BusinessCalendar, now: datetime) -> Clock:
    """The clock, which from `now` on counts by another calendar; what it has consumed stays consumed."""
    changed = replace(pause(clock, now), calendar=calendar)
    return changed if clock.since is None else resume(changed, now)


def pause(clock: Clock, now: datetime) -> Clock:
    """The clock, standing still from `now`. A paused one stays as it is."""
    if clock.since is None:
        return clock
    ran = business_time(clock.calendar, clock.since, now) + timedelta(microseconds=clock.carry_us)
    seconds, rest = divmod(ran, SECOND)
    return Clock(None, clock.consumed_seconds + seconds, rest // timedelta(microseconds=1), clock.calendar)


def resume(clock: Clock, now: datetime) -> Clock:
    """The clock, running again from `now`. A running one stays as it is."""
    if clock.since is not None:
        return clock
    return replace(clock, since=now)


def wait_seconds(now: datetime, wake: datetime) -> int:
    """Whole seconds from `now` until `wake` has come, at least 1: a wait never ends before its moment."""
    return max(1, -((now - wake) // SECOND))


def coming(watch: Watch, ladder: Sequence[Step], anyway: Collection[str] = ()) -> Iterator[Due]:
    """The rungs that have not fired and still may, each with its moment, in the order in which the clock reaches them:
    whoever needs the first of twenty reckons with one. None while the clock is paused. anyway: the names of those that
    taking the matter up does not stop."""
    if watch.clock.since is None:
        return
    for step in sorted(ladder, key=lambda step: step.after_seconds):
        if step.name in watch.fired:
            continue
        moment = watch.reaches(step.after_seconds)
        if watch.stopped_at is None or moment <= watch.stopped_at or step.name in anyway:
            yield Due(step, moment)
