"""Periods and runs: what is closed, what comes late, and which moment a run cuts off at. Pure.

A run (结算批次) is the run of a day. Its cut-off is fixed once, when it opens: everything booked up to then
and not yet in a statement is in it. What occurred before a closed cut-off but comes later is booked when it
comes, and says so.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from functions.settlement.ledger.ledger import Booking
from hub.kernel.errors import Invalid, Problem
from hub.kernel.frozen import dataclass
from hub.kernel.ids import derived_id

ULID_TIME_LENGTH = 10
DAYS_BACK = 31
RUN_HOUR = 6
"""The daily run starts at 06:00 in the tenant's zone."""


@dataclass(frozen=True, slots=True)
class Closing:
    """How far the ledger is closed: through which moment, and by which run. Nothing is closed when `run_id`
    is ""."""

    closed_through: datetime | None = None
    run_id: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One settlement run; open until `closed_at` is set."""

    id: str
    day: date
    cut_off: datetime
    opened_at: datetime
    closed_at: datetime | None = None


def book_entry(occurred_at: datetime, posted_at: datetime, closing: Closing, zone: ZoneInfo) -> Booking:
    """Where an entry is booked: when it occurred, or, when that is closed already, now, with a
    back-reference."""
    if closing.closed_through is None or occurred_at > closing.closed_through:
        return Booking(occurred_at, posted_at, local_day(occurred_at, zone))
    booked_at = max(posted_at, closing.closed_through + timedelta(microseconds=1))
    return Booking(booked_at, posted_at, local_day(booked_at, zone), local_day(occurred_at, zone), closing.run_id)


def run_id_of(tenant: str, day: date) -> str:
    """`run_…`: one day of a tenant has one run, whoever starts it."""
    return derived_id("run", datetime.combine(day, time(), UTC), tenant, day.isoformat())


def day_of_run(run_id: str, tenant: str, today: date) -> date | None:
    """The day whose run this is, DAYS_BACK before today at most; None for any other."""
    days = (today - timedelta(days=back) for back in range(DAYS_BACK + 1))
    return next((day for day in days if run_id_of(tenant, day) == run_id), None)


def new_run(tenant: str, day: date, now: datetime, zone: ZoneInfo) -> Run:
    """The run of a day, opened now. It cuts off now, or, made up for later, when the next day's run would
    have started. Raises Invalid, naming /day, for a day that has not begun."""
    if day > local_day(now, zone):
        raise Invalid("run", problems=[Problem("/day", "must not lie in the future")])
    next_start = datetime.combine(day + timedelta(days=1), time(RUN_HOUR), zone).astimezone(UTC)
    return Run(run_id_of(tenant, day), day, min(now, next_start), now)


def statement_id_of(run: Run, party: str, part: int) -> str:
    """`stl_…`, the same for the same run, party and part: making it again changes nothing."""
    return derived_id("stl", run.cut_off, run.id, party, str(part))


def statement_prefix(run: Run) -> str:
    """How the ids of all the run's statements begin: the milliseconds of its cut-off, which no other run shares."""
    return statement_id_of(run, "", 0)[: len("stl_") + ULID_TIME_LENGTH]


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The calendar day of a moment in the tenant's zone."""
    return moment.astimezone(zone).date()


def period_bounds(period: str, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From (included) and until (excluded), in UTC, of "now" (this month), "2026-11" or "2026-11-21".

    Raises Invalid, naming query:period, for a day that no calendar has.
    """
    try:
        first, days = _first_and_days(period, local_day(now, zone))
    except ValueError:
        raise Invalid("period", problems=[Problem("query:period", "must be a month or day that exists")]) from None
    until = first + timedelta(days=days)
    return _midnight(first, zone), _midnight(until, zone)


def _first_and_days(period: str, today: date) -> tuple[date, int]:
    if len(period) == len("2026-11-21"):
        return date.fromisoformat(period), 1
    first = today.replace(day=1) if period == "now" else date.fromisoformat(f"{period}-01")
    return first, monthrange(first.year, first.month)[1]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
