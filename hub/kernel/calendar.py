"""Business calendars: which seconds count towards a deadline. Pure; every moment is an argument.

A day counts whole, or in several intervals (9:00-12:00, 13:00-18:00). Work days follow the State Council's
notices, make-up workdays (调休) included, as `chinesecalendar` records them
(https://github.com/LKI/chinese-calendar). A year that it does not know is counted Monday to Friday and is *assumed*:
`assumed_from` says from which day on, whoever shows a deadline says so, and a calendar may name days of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem

MAX_DAYS = 3 * 366
"""How far a deadline is looked for: three years."""

SPAN_DAYS = 100 * 366
"""How long a span is counted: a century."""

MAX_INTERVALS = 8
_MIDNIGHT = time(0)
_SATURDAY = 5


@dataclass(frozen=True)
class BusinessCalendar:
    """Whose hours count.

    timezone: IANA name, the zone of the intervals and of the days.
    intervals: (start, end) of local time, in order, apart from each other; an end of 00:00 is the midnight
        that ends the day; none at all means the whole day.
    kind: "always" counts every day, "workdays" work days only.
    extra: days of the tenant's own, and whether each is worked: a stocktaking on a Sunday, a holiday of the company.
    known_through: the last day of which `extra` says all, beyond what the public calendar knows.
    Raises Invalid, with a pointer to each wrong part.
    """

    timezone: str = "Asia/Shanghai"
    intervals: tuple[tuple[time, time], ...] = ()
    kind: Literal["always", "workdays"] = "always"
    extra: tuple[tuple[date, bool], ...] = ()
    known_through: date | None = None

    def __post_init__(self) -> None:
        problems = [*_zone_problems(self.timezone), *_interval_problems(self.intervals)]
        if self.kind not in ("always", "workdays"):
            problems.append(Problem("/kind", "must be one of: always, workdays"))
        if problems:
            raise Invalid("calendar", problems=problems)

    @property
    def counts_all(self) -> bool:
        """Whether every second counts, so that plain arithmetic is enough."""
        return self.kind == "always" and not self.intervals and not self.extra

    def counts(self, day: date) -> bool:
        """Whether anything of this day counts."""
        for named, worked in self.extra:
            if named == day:
                return worked
        return self.kind == "always" or is_workday(day)

    @property
    def assumed_from(self) -> date | None:
        """From which day on work days are a guess, Monday to Friday; None for a calendar that counts every day."""
        if self.kind == "always":
            return None
        return max(last_known_day(), self.known_through or date.min) + timedelta(days=1)

    def assumes(self, moment: datetime) -> bool:
        """Whether time up to this moment (with an offset) is counted by a guess."""
        return self.assumed_from is not None and moment.astimezone(ZoneInfo(self.timezone)).date() >= self.assumed_from


def add_business(calendar: BusinessCalendar, start: datetime, seconds: int, less_us: int = 0) -> datetime:
    """The earliest moment (UTC) by which `seconds` of business time, less so many microseconds, have passed since
    `start` (with an offset).

    11:30 + 2 h in 9:00-12:00, 13:00-18:00 is 14:30; 11:00 + 1 h is 12:00; a budget of 0 s is `start` itself.
    Inverse of `business_seconds`. Raises Invalid for a negative budget, or one that lasts longer than
    MAX_DAYS.
    """
    start, left = _as_utc(start), timedelta(seconds=seconds, microseconds=-less_us)
    if left < timedelta():
        raise Invalid("budget", problems=[Problem("", "must be 0 seconds or more")], seconds=seconds)
    if calendar.counts_all or not left:
        return start + left
    for opens, closes in _windows(calendar, start, start + timedelta(days=MAX_DAYS)):
        if closes - opens >= left:
            return opens + left
        left -= closes - opens
    raise Invalid("budget", problems=[Problem("", f"must be consumed within {MAX_DAYS} days")], seconds=seconds)


def business_seconds(calendar: BusinessCalendar, start: datetime, end: datetime) -> int:
    """Whole seconds of business time from `start` to `end`, as `business_time`."""
    return business_time(calendar, start, end) // timedelta(seconds=1)


def business_time(calendar: BusinessCalendar, start: datetime, end: datetime) -> timedelta:
    """Business time from `start` to `end` (with offsets), to the microsecond; none when `end` is not after `start`.

    Raises Invalid for a span of more than SPAN_DAYS, unless every second counts.
    """
    start, end = _as_utc(start), _as_utc(end)
    if end <= start:
        return timedelta()
    if calendar.counts_all:
        return end - start
    if end - start > timedelta(days=SPAN_DAYS):
        raise Invalid("span", problems=[Problem("", f"must be at most {SPAN_DAYS} days")])
    return sum((closes - opens for opens, closes in _windows(calendar, start, end)), timedelta())


@lru_cache(maxsize=4096)
def is_workday(day: date) -> bool:
    """Whether people work on `day` in China's mainland: holidays and make-up workdays (调休) included.

    Monday to Friday in years that chinesecalendar does not know.
    """
    import chinese_calendar  # its years are read where the first day is counted, not on every start

    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < _SATURDAY


@lru_cache(maxsize=1)
def last_known_day() -> date:
    """The last day of which the public calendar says whether it is worked: of the last year whose notice it has."""
    from chinese_calendar import constants  # as above

    return date(max(constants.holidays).year, 12, 31)


def _windows(calendar: BusinessCalendar, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The business windows between two UTC moments, clipped to them, in order."""
    zone = ZoneInfo(calendar.timezone)
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    while day <= last:
        if calendar.counts(day):
            for first, until in calendar.intervals or ((_MIDNIGHT, _MIDNIGHT),):
                opens = max(start, _moment(day, first, zone))
                closes = min(end, _moment(day + timedelta(days=until == _MIDNIGHT), until, zone))
                if opens < closes:
                    yield opens, closes
        day += timedelta(days=1)


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)


def _as_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise Invalid("no offset", problems=[Problem("", "must carry an offset")])
    return moment.astimezone(UTC)


def _zone_problems(name: str) -> list[Problem]:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return [Problem("/timezone", "must be an IANA zone, e.g. Asia/Shanghai")]
    return []


def _interval_problems(intervals: tuple[tuple[time, time], ...]) -> list[Problem]:
    if len(intervals) > MAX_INTERVALS:
        return [Problem("/intervals", f"must be at most {MAX_INTERVALS}")]
    problems, previous_end = [], _MIDNIGHT
    for position, (start, end) in enumerate(intervals):
        reopened = position > 0 and (previous_end == _MIDNIGHT or start < previous_end)
        if reopened or (end != _MIDNIGHT and end <= start):
            problems.append(Problem(f"/intervals/{position}", "must start before it ends and after the one before"))
        previous_end = end
    return problems


ALWAYS = BusinessCalendar()
"""24 hours, 7 days."""
