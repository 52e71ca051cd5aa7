"""Duty rosters (值班表): who is on duty when. Pure.

A roster has single shifts, shifts that come again (RFC 5545 rules over local days, so 8:30 stays 8:30 all year), and
swaps (换班). Every span holds from its start (included) to its end (excluded): at 18:00:00 sharp the evening's person
is on, and the day's is off.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from hub.kernel.calendar import is_workday, last_known_day
from hub.kernel.dataclass import dataclass

LOOK_AHEAD = timedelta(days=35)
"""So far the next shift is looked for: a rule that comes less often than monthly is looked for again then."""
LONGEST = timedelta(days=1)
"""A shift that comes again lasts at most a day."""
_RULE = re.compile(
    r"FREQ=(DAILY|WEEKLY|MONTHLY)(;INTERVAL=[1-9]\d?)?"
    r"(;BYDAY=([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)(,([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)){0,30}"
    r"|;BYMONTHDAY=-?(3[01]|[12]\d|[1-9])(,-?(3[01]|[12]\d|[1-9])){0,30})?(;WKST=(MO|SU))?",
    re.ASCII,
)
"""No rule in which a day may never come: who looks for the next one would look until the year 9999."""


@dataclass(frozen=True)
class Duty:
    """One person on duty for a span (UTC)."""

    person_id: str
    starts_at: datetime
    ends_at: datetime


class Span(Protocol):
    """A shift as the contracts have it."""

    @property
    def person_id(self) -> str: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


class Pattern(Protocol):
    """A shift that comes again: by `rule` from the day `since` to the day `until` (included; None for ever), from
    `starts` to `ends` by the wall clock of `timezone`; an end that is no later is the next day's. days: any, or only
    work days (调休 included), or only days off."""

    @property
    def person_id(self) -> str: ...
    @property
    def rule(self) -> str: ...
    @property
    def since(self) -> date: ...
    @property
    def until(self) -> date | None: ...
    @property
    def starts(self) -> str: ...
    @property
    def ends(self) -> str: ...
    @property
    def timezone(self) -> str: ...
    @property
    def days(self) -> str: ...


class Swap(Protocol):
    """Whatever `person_id` has between these moments is `by`'s."""

    @property
    def person_id(self) -> str: ...
    @property
    def by(self) -> str: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


class Roster(Protocol):
    """A team's whole roster."""

    @property
    def shifts(self) -> Sequence[Span]: ...
    @property
    def recurring(self) -> Sequence[Pattern]: ...
    @property
    def swaps(self) -> Sequence[Swap]: ...


def is_rule(text: str) -> bool:
    """Whether a rule can be kept: a frequency of days or more, and days by name or number."""
    if not _RULE.fullmatch(text):
        return False
    try:
        _parsed(text, date(2026, 1, 1))
    except (ValueError, TypeError):
        return False
    return True


def duties(roster: Roster, since: datetime, until: datetime) -> tuple[Duty, ...]:
    """Every span of duty that touches [since, until), by its start; swaps are applied."""
    spans: list[Span] = [shift for shift in roster.shifts if shift.starts_at < until and since < shift.ends_at]
    for pattern in roster.recurring:
        spans += [
            duty for duty in _of_pattern(pattern, since, until) if duty.starts_at < until and since < duty.ends_at
        ]
    for swap in roster.swaps:
        spans = [part for duty in spans for part in _swapped(duty, swap)]
    ordered = sorted(spans, key=lambda span: (span.starts_at, span.ends_at))
    return tuple(Duty(span.person_id, span.starts_at, span.ends_at) for span in ordered)


def on_duty(roster: Roster, at: datetime) -> tuple[str, ...]:
    """The people on duty at a moment, in the order in which their duty began, each once."""
    now = duties(roster, at, at + timedelta(microseconds=1))
    return tuple(dict.fromkeys(duty.person_id for duty in now if duty.starts_at <= at < duty.ends_at))


def named_in(roster: Roster) -> tuple[str, ...]:
    """Everybody whom a roster names, each once."""
    people = [shift.person_id for shift in roster.shifts] + [pattern.person_id for pattern in roster.recurring]
    return tuple(dict.fromkeys([*people, *(swap.by for swap in roster.swaps)]))


def next_start(roster: Roster, after: datetime) -> datetime | None:
    """When the next shift begins, later than `after`; None where none does within LOOK_AHEAD."""
    starts = (duty.starts_at for duty in duties(roster, after, after + LOOK_AHEAD) if duty.starts_at > after)
    return min(starts, default=None)


def assumes(roster: Roster, at: datetime) -> bool:
    """Whether who is on duty at a moment hangs on a work day or day off that no public calendar knows."""
    patterns = (each for each in roster.recurring if each.days != "any")
    return any(at.astimezone(ZoneInfo(pattern.timezone)).date() > last_known_day() for pattern in patterns)


def _of_pattern(pattern: Pattern, since: datetime, until: datetime) -> Iterator[Duty]:
    zone = ZoneInfo(pattern.timezone)
    first = (since - LONGEST).astimezone(zone).date()
    last = until.astimezone(zone).date()
    starts, ends = time.fromisoformat(pattern.starts), time.fromisoformat(pattern.ends)
    for day in _days(pattern, first, last):
        end_day = day if ends > starts else day + timedelta(days=1)
        yield Duty(pattern.person_id, _moment(day, starts, zone), _moment(end_day, ends, zone))


def _days(pattern: Pattern, first: date, last: date) -> Iterator[date]:
    last = min(last, pattern.until) if pattern.until else last
    midnight = time(0)
    begin, end = datetime.combine(max(first, pattern.since), midnight), datetime.combine(last, midnight)
    for moment in _parsed(pattern.rule, pattern.since).between(begin, end, inc=True):
        day = moment.date()
        if pattern.days == "any" or is_workday(day) == (pattern.days == "workdays"):
            yield day


@lru_cache(maxsize=512)
def _parsed(rule: str, since: date) -> Any:
    from dateutil.rrule import rrulestr  # most starts ask for nobody's duty

    return rrulestr(rule, dtstart=datetime.combine(since, time(0)), cache=False)


def _swapped(duty: Span, swap: Swap) -> Iterable[Span]:
    """A span in up to three parts: what is in the swap is the other's."""
    starts, ends = max(duty.starts_at, swap.starts_at), min(duty.ends_at, swap.ends_at)
    if duty.person_id != swap.person_id or starts >= ends:
        return (duty,)
    parts = (
        Duty(duty.person_id, duty.starts_at, starts),
        Duty(swap.by, starts, ends),
        Duty(duty.person_id, ends, duty.ends_at),
    )
    return tuple(part for part in parts if part.starts_at < part.ends_at)


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
