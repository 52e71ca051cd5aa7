"""Quiet hours (免打扰时段): at night only what is urgent, or meant for those on duty, makes a sound (C122).

Quiet is from 22:00 (included) to 08:00 (excluded) in the tenant's zone. Severity and the duty roster win over it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hub.contracts.events import Shift

STARTS = time(22, 0)
ENDS = time(8, 0)


def release_at(now: datetime, zone: ZoneInfo, priority: str, on_duty: bool) -> datetime:
    """When a notice made `now` (aware) may go out: `now` itself, or the next 08:00 of the zone, in UTC."""
    if priority == "urgent" or on_duty:
        return now
    return quiet_until(now, zone) or now


def quiet_until(now: datetime, zone: ZoneInfo) -> datetime | None:
    """The end (UTC) of the quiet hours that `now` lies in, or None when it lies in none."""
    local = now.astimezone(zone)
    if ENDS <= local.time() < STARTS:
        return None
    day = local.date() + timedelta(days=1) if local.time() >= STARTS else local.date()
    return datetime.combine(day, ENDS, tzinfo=zone).astimezone(UTC)


def is_on_duty(person_id: str, shifts: Iterable[Shift], at: datetime) -> bool:
    """Whether one of the shifts has this person on duty at `at`: the start is in, the end is out."""
    return any(shift.person_id == person_id and shift.starts_at <= at < shift.ends_at for shift in shifts)
