"""Quiet hours: 22:00 to 08:00 in the tenant's zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.notifications.sends.quiet import Night, quiet_until, release_at

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


@pytest.mark.parametrize(
    ("made", "leaves"),
    [
        ("2026-10-24T21:30:00+00:00", "2026-10-25T07:00:00+00:00"),
        ("2027-03-27T22:30:00+00:00", "2027-03-28T06:00:00+00:00"),
    ],
    ids=["to winter time", "to summer time"],
)
def test_eight_is_eight_on_her_wall(made: str, leaves: str) -> None:
    """In Berlin a night with another hour in it ends at 8:00 all the same: "+ 8 h 30" would be wrong in both."""
    at = datetime.fromisoformat(made)
    assert release_at(at, ZoneInfo("Europe/Berlin"), "normal", on_duty=False) == datetime.fromisoformat(leaves)


@pytest.mark.parametrize(
    ("starts", "ends", "quiet"),
    [("12:00", "13:00", {12}), ("22:00", "08:00", {22, 23, *range(8)}), ("08:00", "08:00", set())],
)
def test_any_hours_may_be_quiet(starts: str, ends: str, quiet: set[int]) -> None:
    """Within a day, over midnight, or never."""
    hours = Night(starts, ends)
    assert {hour for hour in range(24) if quiet_until(local(hour), SHANGHAI, hours)} == quiet
