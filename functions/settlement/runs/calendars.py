"""Settlement calendars (结算周期): how often each region closes, and what its periods are. Pure.

A period (账期) is a day, a week or a month of the tenant's zone, of one scope: the region whose calendar says so. A run
is the closing of one period, and bears its name: `base.2026-11`, `110000.2026-11-23.week`, `base.2026-11-21`. Who
closes by count has batches of a month instead, one after the other: `base.2026-11.n0003`.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from hub.kernel.clock import rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import NotFound
from hub.kernel.regions import BASE, is_region, path

BATCH_DIGITS = 4
WEEK, BATCH = ".week", ".n"
Every = Literal["day", "week", "month", "count"]


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a region closes. closes_on: the last day of its week, 0 is Monday. hour: of the day after a period's
    last, at which its run starts. sends: whether its statements go to their parties at once, or wait for finance.
    count: of a scope that closes by it: a batch is over with so many entries, and at the month's end."""

    every: Every = "day"
    closes_on: int = 6
    hour: int = 6
    sends: bool = True
    count: int = 0


@dataclass(frozen=True, slots=True)
class Calendar:
    """The rhythm of each scope; the most specific one holds. There is always one of "base"."""

    rhythms: Mapping[str, Rhythm]

    def of_region(self, region: str) -> tuple[str, Rhythm]:
        """The scope in which what lies in `region` is settled, and its rhythm."""
        return next((scope, self.rhythms[scope]) for scope in path(region) if scope in self.rhythms)


@dataclass(frozen=True, slots=True)
class Period:
    """One scope's days from `first` to `last`, both included. run_id: the name of its one run."""

    scope: str
    name: str
    first: date
    last: date

    @property
    def run_id(self) -> str:
        return f"{self.scope}.{self.name}"

    @property
    def is_batch(self) -> bool:
        """Whether it is over by count, too."""
        return BATCH in self.name

    def begins(self, zone: ZoneInfo) -> datetime:
        """Its first moment, in UTC."""
        return _midnight(self.first, zone)

    def ends(self, zone: ZoneInfo) -> datetime:
        """The first moment that is not in it any more, in UTC."""
        return _midnight(self.last + timedelta(days=1), zone)

    def starts_at(self, hour: int, zone: ZoneInfo) -> datetime:
        """When its run is due, in UTC."""
        return datetime.combine(self.last + timedelta(days=1), time(hour), zone).astimezone(UTC)


def period_at(scope: str, rhythm: Rhythm, moment: datetime, zone: ZoneInfo) -> Period:
    """The period of a scope in which a moment lies."""
    return _period_of(scope, rhythm, moment.astimezone(zone).date())


def period_after(period: Period, rhythm: Rhythm) -> Period:
    """The period that follows, by the scope's present rhythm."""
    if period.is_batch and rhythm.every == "count":
        return next_batch(period)
    return _period_of(period.scope, rhythm, period.last + timedelta(days=1))


def next_batch(period: Period) -> Period:
    """The batch of the same month that follows."""
    month, _, number = period.name.partition(BATCH)
    return replace(period, name=f"{month}{BATCH}{int(number) + 1:04}")


def period_named(run_id: str) -> Period:
    """The period whose run is called so. Raises NotFound for a name that none can have."""
    scope, _, name = run_id.partition(".")
    try:
        if not is_region(scope) or not name.isascii():
            raise ValueError
        return _named(scope, name)
    except ValueError:
        raise NotFound("no such run", run=run_id) from None


def bucket_order(occurred_at: datetime, fact_id: str, purpose: str, entry_id: str) -> str:
    """The sort key of a line in its bucket: the canonical order, by when it occurred, then by fact and purpose."""
    return f"{rfc3339(occurred_at)}#{fact_id}#{purpose}#{entry_id}"


def _named(scope: str, name: str) -> Period:
    if name.endswith(WEEK):
        first = date.fromisoformat(name.removesuffix(WEEK))
        return Period(scope, name, first, first + timedelta(days=6))
    month, batch, number = name.partition(BATCH)
    if batch and not (len(number) == BATCH_DIGITS and number.isdecimal() and int(number)):
        raise ValueError(name)
    if len(month) == len("2026-11"):
        first = date.fromisoformat(f"{month}-01")
        return Period(scope, name, first, first.replace(day=monthrange(first.year, first.month)[1]))
    day = date.fromisoformat(name)
    if day.isoformat() != name:
        raise ValueError(name)
    return Period(scope, name, day, day)


def _period_of(scope: str, rhythm: Rhythm, day: date) -> Period:
    if rhythm.every in ("month", "count"):
        return _named(scope, day.isoformat()[:7] + (f"{BATCH}0001" if rhythm.every == "count" else ""))
    if rhythm.every == "week":
        first = day - timedelta(days=(day.weekday() - rhythm.closes_on - 1) % 7)
        return _named(scope, first.isoformat() + WEEK)
    return _named(scope, day.isoformat())


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


DAILY = Calendar({BASE: Rhythm()})
"""What holds where nobody says otherwise: every day closes at 06:00 of the next."""
