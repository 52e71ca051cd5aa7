"""Quiet hours: 22:00 to 08:00 in the tenant's zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.notifications.quiet import is_on_duty, quiet_until, release_at
from hub.contracts.events import Shift

SHANGHAI = ZoneInfo("Asia/Shanghai")
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(lambda d: d.replace(tzinfo=UTC))  # noqa: DTZ001


def local(hour: int, minute: int = 0, second: int = 0, day: int = 21) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        (local(7, 59, 59), local(8)),
        (local(8), None),
        (local(21, 59, 59), None),
        (local(22), local(8, day=22)),
        (local(2), local(8)),
        (local(0), local(8)),
    ],
)
def test_the_boundaries_of_the_night(at: datetime, until: datetime | None) -> None:
    """22:00:00 is quiet, 08:00:00 is not, and the night after midnight ends the same day."""
    assert quiet_until(at, SHANGHAI) == until


def test_a_normal_notice_at_two_waits_until_eight() -> None:
    """Not a second before 08:00:00."""
    assert release_at(local(2), SHANGHAI, "normal", on_duty=False) == local(8)


@pytest.mark.parametrize(("priority", "on_duty"), [("urgent", False), ("low", True), ("urgent", True)])
def test_severity_and_the_roster_win_over_the_night(priority: str, on_duty: bool) -> None:
    """What is urgent, and whatever is for those on duty, goes at once."""
    assert release_at(local(2), SHANGHAI, priority, on_duty) == local(2)


@given(MOMENTS, st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York"]))
def test_a_release_is_never_in_the_night_and_never_more_than_a_night_away(now: datetime, zone_name: str) -> None:
    """In any zone, clock changes included: what waits is released at 08:00 local, within eleven hours."""
    zone = ZoneInfo(zone_name)
    released = release_at(now, zone, "normal", on_duty=False)
    assert quiet_until(released, zone) is None
    assert timedelta(0) <= released - now <= timedelta(hours=11)
    assert released == now or released.astimezone(zone).strftime("%H:%M:%S") == "08:00:00"


def test_duty_begins_with_the_shift_and_ends_before_its_end() -> None:
    """17:59 is a's, 18:00 is not; and another's shift is nobody else's."""
    shifts = [Shift(person_id="a", starts_at=local(9), ends_at=local(18))]
    assert is_on_duty("a", shifts, local(17, 59))
    assert not is_on_duty("a", shifts, local(18))
    assert not is_on_duty("b", shifts, local(12))
