"""Spans of time that people ask for (区间): this month, a month, a day. Pure."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from functions.settlement.ledger.lines import PartyLine
from functions.settlement.runs.calendars import Period
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem

LONGEST_PERIOD = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `first` until `until`, which is not in it."""

    first: date
    until: date

    def holds(self, line: PartyLine, period: Period, zone: ZoneInfo) -> bool:
        """Whether a line of that period belongs to it: by when it occurred; one that came late by where it stands."""
        if line.late_for:
            return self.first <= period.first and period.last < self.until
        return self.covers(line.occurred_at, zone)

    def covers(self, at: datetime, zone: ZoneInfo) -> bool:
        """Whether a moment lies in it."""
        return _midnight(self.first, zone) <= at < _midnight(self.until, zone)


def span_named(period: str, now: datetime, zone: ZoneInfo) -> Span:
    """ "now" (this month), "2026-11" or "2026-11-21". Raises Invalid, naming query:period, for a day that no calendar
    has."""
    try:
        if len(period) == len("2026-11-21"):
            day = date.fromisoformat(period)
            return Span(day, day + timedelta(days=1))
        first = now.astimezone(zone).date().replace(day=1) if period == "now" else date.fromisoformat(f"{period}-01")
    except ValueError:
        raise Invalid("period", problems=[Problem("query:period", "must be a month or day that exists")]) from None
    return Span(first, first + timedelta(days=monthrange(first.year, first.month)[1]))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
