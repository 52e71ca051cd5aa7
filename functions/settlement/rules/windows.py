"""Windows (结算窗口): a party's period, over whose facts tiers, caps, pools and scores are worked out. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem

Length = Literal["day", "week", "month", "quarter", "year", "always"]


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Of one posting of one policy: whose, and which period. party: `store:s1`, "" for all together. period: as
    `period_of` names it."""

    policy: str
    purpose: str
    party: str
    period: str
    currency: str = "CNY"

    @property
    def id(self) -> str:
        """What stands for it where a fact's id is asked for."""
        return f"win:{self.policy}:{self.purpose}:{self.party}:{self.period}:{self.currency}"


def period_of(at: datetime, length: Length, zone: ZoneInfo) -> str:
    """The period in which a moment lies by the tenant's wall: "2026-11-30", "2026-W48", "2026-11", "2026-Q4", "2026",
    "always"."""
    day = at.astimezone(zone).date()
    year, week, _ = day.isocalendar()
    return {
        "day": day.isoformat(),
        "week": f"{year}-W{week:02}",
        "month": f"{day.year}-{day.month:02}",
        "quarter": f"{day.year}-Q{(day.month + 2) // 3}",
        "year": str(day.year),
        "always": "always",
    }[length]


def late_list(now: datetime, zone: ZoneInfo) -> str:
    """What the windows of past periods are listed under to which facts came in this month."""
    return f"late-{period_of(now, 'month', zone)}"


def lists_of(window: Window, now: datetime, zone: ZoneInfo) -> tuple[str, ...]:
    """What a window is listed under, so that a run finds it: its period, and once that is past this month's late ones
    as well."""
    open_now = {period_of(now, length, zone) for length in get_args(Length)}
    return (window.period,) if window.period in open_now else (window.period, late_list(now, zone))


def span_of(period: str, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From (included) and until (excluded) of "now" (this month), "2026-11" or "2026-11-21". Raises Invalid, naming
    query:period, for a day that no calendar has."""
    text = period_of(now, "month", zone) if period == "now" else period
    try:
        first = date.fromisoformat(text if len(text) > len("2026-11") else f"{text}-01")
    except ValueError:
        raise Invalid("period", problems=[Problem("query:period", "must be a month or day that exists")]) from None
    month = first.year * 12 + first.month - 1
    after = (
        date((month + 1) // 12, (month + 1) % 12 + 1, 1) if len(text) == len("2026-11") else first + timedelta(days=1)
    )
    return _midnight(first, zone), _midnight(after, zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


MONTHS = {"month": 1, "quarter": 3, "year": 12}


def ends_from(at: datetime, each: str, count: int, zone: ZoneInfo) -> list[datetime]:
    """The last seconds of this and the next periods (months, quarters, years), `count` in all."""
    day, size = at.astimezone(zone).date(), MONTHS[each]
    first = (day.year * 12 + day.month - 1) // size * size
    return [_last_second(first + (nth + 1) * size, zone) for nth in range(count)]


def _last_second(month: int, zone: ZoneInfo) -> datetime:
    start = datetime.combine(date(month // 12, month % 12 + 1, 1), time(), zone)
    return start.astimezone(UTC) - timedelta(seconds=1)
