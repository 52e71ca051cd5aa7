"""Clocks: business time may run scaled or be carried by calls, wall time is always real."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.kernel.clock import CallTime, CarriedClock, ScaledClock, StepClock, clock_from, parse_rfc3339, rfc3339
from hub.kernel.errors import Broken, Invalid

ORIGIN_WALL, ORIGIN_BUSINESS = 1_790_000_000.0, 1_800_000_000.0


def test_scaled_business_time() -> None:
    """At scale 720 two wall minutes are a business day; the wall clock stays itself."""
    clock = ScaledClock(720, ORIGIN_WALL, ORIGIN_BUSINESS, wall=lambda: ORIGIN_WALL + 120)

    assert clock.business_now() == datetime.fromtimestamp(ORIGIN_BUSINESS, UTC) + timedelta(days=1)
    assert clock.wall_now() == datetime.fromtimestamp(ORIGIN_WALL, UTC) + timedelta(minutes=2)


def test_unscaled_clocks_agree() -> None:
    """Without a scale both clocks are one."""
    clock = ScaledClock(wall=lambda: ORIGIN_WALL)
    assert clock.business_now() == clock.wall_now()


def test_settings_make_a_clock() -> None:
    """Scale and origin come from two settings; empty ones mean real time, "call" what each call carries."""
    assert clock_from("720", "1790000000/1800000000.5") == ScaledClock(720, 1790000000.0, 1800000000.5)
    assert clock_from("", "") == ScaledClock()
    assert clock_from("1", "call") == CarriedClock()


@pytest.mark.parametrize(
    ("scale", "origin"), [("x", ""), ("720", ""), ("0", "1/1"), ("1", "1"), ("1", "1/2/3"), ("720", "call")]
)
def test_wrong_settings_are_refused(scale: str, origin: str) -> None:
    """Settings that do not parse, and a scale without an origin, are refused."""
    with pytest.raises(Invalid):
        clock_from(scale, origin)


def test_a_carried_clock_says_what_the_call_carries() -> None:
    """Business time is the call's until the next one begins; wall time is real; before any call there is none."""
    carried = CallTime()
    clock = CarriedClock(carried, wall=lambda: ORIGIN_WALL)
    with pytest.raises(Broken):
        clock.business_now()
    carried.carry(datetime(2026, 11, 23, 2, tzinfo=UTC))
    assert clock.business_now() == datetime(2026, 11, 23, 2, tzinfo=UTC)
    assert clock.wall_now() == datetime.fromtimestamp(ORIGIN_WALL, UTC)


def test_a_step_clock_waits_to_be_moved() -> None:
    """A stepped clock stands still until it is told to move."""
    clock = StepClock(datetime(2026, 11, 23, tzinfo=UTC))

    assert clock.advance(hours=2, seconds=1) == datetime(2026, 11, 23, 2, 0, 1, tzinfo=UTC)
    assert clock.business_now() == clock.wall_now() == datetime(2026, 11, 23, 2, 0, 1, tzinfo=UTC)


aware = st.datetimes(datetime(1970, 1, 2), timezones=st.timezones())  # noqa: DTZ001 (a bound)


@given(aware)
def test_moments_are_written_and_read_back(moment: datetime) -> None:
    """A moment survives its text, whatever its offset was."""
    assert parse_rfc3339(rfc3339(moment)) == moment.astimezone(UTC)


@given(aware, aware)
def test_order_of_texts_is_order_of_moments(left: datetime, right: datetime) -> None:
    """Texts sort as their moments do, so they can be sort keys."""
    assert (rfc3339(left) < rfc3339(right)) is (left.astimezone(UTC) < right.astimezone(UTC))


@pytest.mark.parametrize("text", ["", "2026-12-01", "2026-12-01T00:00:00", "tomorrow"])
def test_a_moment_needs_its_offset(text: str) -> None:
    """Text that is no moment, or has no offset, is refused."""
    with pytest.raises(Invalid):
        parse_rfc3339(text)
