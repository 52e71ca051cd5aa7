"""Business calendars: hours, holidays, make-up workdays, and that adding and counting are inverse."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.kernel.calendar import (
    ALWAYS,
    MAX_DAYS,
    SPAN_DAYS,
    BusinessCalendar,
    add_business,
    business_seconds,
    is_workday,
    last_known_day,
)
from hub.kernel.errors import Invalid

HOUR = 3600
CHINA = timezone(timedelta(hours=8))
HOURS = ((time(9), time(12)), (time(13), time(18)))
OFFICE = BusinessCalendar(intervals=HOURS, kind="workdays")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("start", "seconds", "due"),
    [
        ("2026-11-23T11:30", 2 * HOUR, "2026-11-23T14:30"),  # across lunch
        ("2026-11-23T11:00", 1 * HOUR, "2026-11-23T12:00"),  # ends with the interval, not after lunch
        ("2026-11-23T07:00", 1, "2026-11-23T09:00:01"),  # before the day opens
        ("2026-11-23T17:00", 2 * HOUR, "2026-11-24T10:00"),  # over night
        ("2026-11-20T17:00", 2 * HOUR, "2026-11-23T10:00"),  # over the weekend
        ("2026-09-30T17:00", 2 * HOUR, "2026-10-08T10:00"),  # over National Day
        ("2026-10-09T17:00", 2 * HOUR, "2026-10-10T10:00"),  # into a make-up Saturday
        ("2026-11-22T10:00", 0, "2026-11-22T10:00"),  # no budget, no wait
    ],
)
def test_budget_is_consumed_in_business_hours(start: str, seconds: int, due: str) -> None:
    """A budget runs in business hours alone, around lunch, nights, weekends, holidays and 调休."""
    assert add_business(OFFICE, at(start), seconds) == at(due)
    assert business_seconds(OFFICE, at(start), at(due)) == seconds


def test_answers_are_utc() -> None:
    """Whatever the offset of the question, the answer is in UTC."""
    assert add_business(OFFICE, at("2026-11-23T11:30"), 1).tzinfo is UTC


def test_always_is_plain_arithmetic() -> None:
    """Round the clock a second is a second, ten years ahead too."""
    start = at("2026-10-01T03:00")
    assert add_business(ALWAYS, start, 10 * 365 * 86400) == start + timedelta(days=3650)
    assert business_seconds(ALWAYS, start, start + timedelta(days=3650, microseconds=1)) == 3650 * 86400


def test_midnight_ends_a_day() -> None:
    """An interval whose end is 00:00 lasts until the day is over."""
    evenings = BusinessCalendar(intervals=((time(22), time(0)),))
    assert add_business(evenings, at("2026-11-23T23:00"), 2 * HOUR) == at("2026-11-24T23:00")


def test_summer_time_counts_real_seconds() -> None:
    """On the day that clocks go forward, the hour that never was does not count."""
    night = BusinessCalendar("America/New_York", ((time(1), time(4)),))
    start = datetime(2026, 3, 8, 5, tzinfo=UTC)
    assert business_seconds(night, start, start + timedelta(hours=12)) == 2 * HOUR


@pytest.mark.parametrize(("day", "expected"), [(date(2040, 10, 1), True), (date(2040, 10, 6), False)])
def test_unknown_years_fall_back_to_weekdays(day: date, expected: bool) -> None:
    """A year whose holidays are not announced runs Monday to Friday."""
    assert is_workday(day) is expected


def test_nothing_before_its_start() -> None:
    """From later to earlier no time passes."""
    assert business_seconds(OFFICE, at("2026-11-24T10:00"), at("2026-11-23T10:00")) == 0


def test_spans_are_bounded() -> None:
    """Spans of a century are counted; longer ones, and budgets that need more than three years, are refused."""
    start = at("2026-11-23T09:00")
    assert business_seconds(OFFICE, start, start + timedelta(days=SPAN_DAYS)) > 0
    with pytest.raises(Invalid):
        business_seconds(OFFICE, start, start + timedelta(days=SPAN_DAYS, seconds=1))
    with pytest.raises(Invalid):
        add_business(OFFICE, start, MAX_DAYS * 8 * HOUR)
    with pytest.raises(Invalid):
        add_business(OFFICE, start, -1)


def test_moments_carry_an_offset() -> None:
    """A moment without an offset is refused."""
    with pytest.raises(Invalid):
        add_business(OFFICE, at("2026-11-23T09:00").replace(tzinfo=None), 1)


@pytest.mark.parametrize(
    ("arguments", "pointer"),
    [
        ({"timezone": "Asia/Atlantis"}, "/timezone"),
        ({"timezone": "../etc"}, "/timezone"),
        ({"kind": "sometimes"}, "/kind"),
        ({"intervals": ((time(12), time(9)),)}, "/intervals/0"),
        ({"intervals": ((time(9), time(12)), (time(11), time(13)))}, "/intervals/1"),
        ({"intervals": ((time(9), time(0)), (time(10), time(11)))}, "/intervals/1"),
        ({"intervals": tuple((time(h), time(h, 30)) for h in range(9))}, "/intervals"),
    ],
)
def test_impossible_calendars_are_refused(arguments: dict[str, Any], pointer: str) -> None:
    """Unknown zones and kinds, and intervals that end before they start or overlap, are refused by pointer."""
    with pytest.raises(Invalid) as caught:
        BusinessCalendar(**arguments)
    assert [problem.pointer for problem in caught.value.problems] == [pointer]


@st.composite
def calendars(draw: st.DrawFn) -> BusinessCalendar:
    ends = sorted(draw(st.sets(st.integers(0, 24 * 60 - 1), max_size=8)))
    times = [time(minute // 60, minute % 60) for minute in ends]
    intervals = tuple(zip(times[::2], times[1::2], strict=False))
    kind: Literal["always", "workdays"] = draw(st.sampled_from(["always", "workdays"]))
    zone = draw(st.sampled_from(["Asia/Shanghai", "America/New_York", "Pacific/Apia", "UTC"]))
    return BusinessCalendar(zone, intervals, kind)


moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 (bounds)


@settings(max_examples=150, deadline=None)
@given(calendars(), moments, st.integers(1, 40_000))
def test_adding_and_counting_are_inverse(calendar: BusinessCalendar, start: datetime, seconds: int) -> None:
    """Up to the moment when a budget is consumed, exactly the budget has passed, and just before it less."""
    try:
        due = add_business(calendar, start, seconds)
    except Invalid:
        assert business_seconds(calendar, start, start + timedelta(days=MAX_DAYS)) < seconds
        return

    assert business_seconds(calendar, start, due) == seconds
    assert business_seconds(calendar, start, due - timedelta(microseconds=1)) == seconds - 1


@settings(max_examples=150, deadline=None)
@given(calendars(), moments, st.integers(0, 500 * HOUR), st.integers(0, 500 * HOUR))
def test_counting_adds_up(calendar: BusinessCalendar, start: datetime, first: int, second: int) -> None:
    """A span counts as much as its two parts, so a pause in between loses nothing."""
    start = start.replace(microsecond=0)
    middle, end = start + timedelta(seconds=first), start + timedelta(seconds=first + second)

    parts = business_seconds(calendar, start, middle) + business_seconds(calendar, middle, end)

    assert business_seconds(calendar, start, end) == parts


def test_days_of_ones_own_count_before_the_public_calendar() -> None:
    """A stocktaking on a Saturday counts, a holiday of the company on a Monday does not."""
    own = ((date(2026, 11, 28), True), (date(2026, 11, 30), False))
    calendar = BusinessCalendar(intervals=HOURS, kind="workdays", extra=own)
    assert add_business(calendar, at("2026-11-27T17:00"), 9 * HOUR) == at("2026-11-28T18:00")
    assert add_business(calendar, at("2026-11-27T17:00"), 10 * HOUR) == at("2026-12-01T10:00")
    assert add_business(BusinessCalendar(extra=own), at("2026-11-29T23:00"), 2 * HOUR) == at("2026-12-01T01:00")


def test_past_the_last_year_that_is_known_a_calendar_is_a_guess_and_says_so() -> None:
    """From the day after the last notice, or after the last day that the tenant vouches for; where every day counts,
    never."""
    known = last_known_day()
    ahead = known + timedelta(days=90)
    moment = datetime.combine(known + timedelta(days=1), time(12), CHINA)
    assert (OFFICE.assumed_from, OFFICE.assumes(moment)) == (known + timedelta(days=1), True)
    assert not OFFICE.assumes(moment - timedelta(days=1))
    vouched = BusinessCalendar(intervals=HOURS, kind="workdays", known_through=ahead)
    assert (vouched.assumed_from, vouched.assumes(moment)) == (ahead + timedelta(days=1), False)
    assert (ALWAYS.assumed_from, ALWAYS.assumes(moment)) == (None, False)
