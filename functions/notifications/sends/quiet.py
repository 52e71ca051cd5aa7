"""Quiet hours (免打扰时段): at night only what is urgent, or meant for those on duty, makes a sound (C122).

Quiet is from a time of day (included) to another (excluded) by the recipient's wall clock. Severity and the duty roster
win over it.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from hub.kernel.dataclass import dataclass

STARTS, ENDS = "22:00", "08:00"


class Hours(Protocol):
    """Quiet hours: two times of day, HH:MM. Both the same: none."""

    @property
    def starts(self) -> str: ...
    @property
    def ends(self) -> str: ...


@dataclass(frozen=True)
class Night:
    """Quiet hours as they ship."""

    starts: str = STARTS
    ends: str = ENDS


NIGHT = Night()


def release_at(now: datetime, zone: ZoneInfo, priority: str, on_duty: bool, hours: Hours = NIGHT) -> datetime:
    """When a notice made `now` (aware) may go out: `now` itself, or the next end of the quiet hours, in UTC."""
    if priority == "urgent" or on_duty:
        return now
    return quiet_until(now, zone, hours) or now


def quiet_until(now: datetime, zone: ZoneInfo, hours: Hours = NIGHT) -> datetime | None:
    """The end (UTC) of the quiet hours that `now` lies in, or None when it lies in none."""
    starts, ends = time.fromisoformat(hours.starts), time.fromisoformat(hours.ends)
    local = now.astimezone(zone)
    at, over_midnight = local.time(), ends < starts
    quiet = (at >= starts or at < ends) if over_midnight else starts <= at < ends
    if not quiet:
        return None
    day = local.date() + timedelta(days=1) if over_midnight and at >= starts else local.date()
    return datetime.combine(day, ends, tzinfo=zone).astimezone(UTC)
