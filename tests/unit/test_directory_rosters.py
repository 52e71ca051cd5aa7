"""Who is on duty when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.directory.rosters import check_roster
from hub.contracts.directory import RosterBody
from hub.contracts.rosters import RecurringShift, Shift, ShiftSwap
from hub.kernel.errors import Invalid
from hub.kernel.rosters import duties, next_start, on_duty

DAY = datetime(2026, 11, 21, tzinfo=UTC)
SPANS = st.tuples(st.sampled_from("ab"), st.integers(0, 20), st.integers(0, 20))


def shift(person: str, start: int, end: int) -> Shift:
    return Shift(person_id=person, starts_at=DAY + timedelta(hours=start), ends_at=DAY + timedelta(hours=end))


def test_at_the_boundary_the_evening_begins() -> None:
    """a until 18:00, b after: 17:59 is a's, 18:00 is b's."""
    roster = RosterBody(shifts=(shift("a", 9, 18), shift("b", 18, 24)))
    assert on_duty(roster, DAY + timedelta(hours=17, minutes=59)) == ("a",)
    assert on_duty(roster, DAY + timedelta(hours=18)) == ("b",)


def test_overlapping_shifts_of_one_person_are_named() -> None:
    """The later shift is the one to change, and the answer points at it."""
    with pytest.raises(Invalid) as refused:
        check_roster(RosterBody(shifts=(shift("a", 9, 18), shift("b", 9, 18), shift("a", 17, 20))))
    assert [(p.pointer, p.rule) for p in refused.value.problems] == [
        ("/shifts/2", "overlaps /shifts/0 of the same person")
    ]


def test_a_shift_that_ends_before_it_starts_is_named() -> None:
    """A shift needs a length."""
    with pytest.raises(Invalid) as refused:
        check_roster(RosterBody(shifts=(shift("a", 9, 9),)))
    assert refused.value.problems[0].pointer == "/shifts/0/ends_at"


@given(st.lists(SPANS, max_size=8))
def test_a_roster_is_taken_exactly_when_nobody_is_on_twice(spans: list[tuple[str, int, int]]) -> None:
    """Against brute force: refused if a shift has no length or any hour has a person on two shifts."""
    shifts = [shift(*span) for span in spans]
    hours = [(p, h) for p, start, end in spans for h in range(start, end)]
    wrong = any(end <= start for _, start, end in spans) or len(hours) != len(set(hours))
    try:
        check_roster(RosterBody(shifts=tuple(shifts)))
    except Invalid:
        assert wrong
    else:
        assert not wrong


def weekly(person: str = "a", **more: Any) -> RecurringShift:
    facts = {"person_id": person, "rule": "FREQ=DAILY", "since": "2026-01-01", "starts": "08:30", "ends": "17:30"}
    return RecurringShift.model_validate({**facts, **more})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_half_past_eight_stays_half_past_eight_all_year() -> None:
    """In Berlin the wall clock holds on both sides of the change to summer time and back."""
    roster = RosterBody(recurring=(weekly(timezone="Europe/Berlin"),))
    for day, utc in (("2026-10-24", "06:30"), ("2026-10-25", "07:30"), ("2027-03-28", "06:30")):
        assert on_duty(roster, at(f"{day}T{utc}:00+00:00")) == ("a",)
        assert on_duty(roster, at(f"{day}T{utc}:00+00:00") - timedelta(seconds=1)) == ()


def test_work_days_are_the_calendars_own() -> None:
    """Make-up Saturday 2026-10-10 is on, the holiday of Thursday 10-01 is off; days off the other way round."""
    work, free = RosterBody(recurring=(weekly(days="workdays"),)), RosterBody(recurring=(weekly(days="days_off"),))
    for day, works in (("2026-10-10", True), ("2026-10-01", False), ("2026-09-20", True)):
        noon = at(f"{day}T12:00:00+08:00")
        assert (on_duty(work, noon), on_duty(free, noon)) == ((("a",), ()) if works else ((), ("a",)))


def test_a_night_ends_on_the_next_day() -> None:
    """22:00 to 08:00: on at midnight and at 7:59:59, off at 8:00:00."""
    night = RosterBody(recurring=(weekly(starts="22:00", ends="08:00"),))
    assert on_duty(night, at("2026-11-21T00:00:00+08:00")) == ("a",)
    assert on_duty(night, at("2026-11-21T07:59:59+08:00")) == ("a",)
    assert on_duty(night, at("2026-11-21T08:00:00+08:00")) == ()
    assert next_start(night, at("2026-11-21T08:00:00+08:00")) == at("2026-11-21T22:00:00+08:00")


def test_a_swap_holds_for_its_span_alone() -> None:
    """b has a's duty from 10 to 12; before and after it is a's."""
    swap = ShiftSwap(person_id="a", by="b", starts_at=DAY + timedelta(hours=10), ends_at=DAY + timedelta(hours=12))
    roster = RosterBody(shifts=(shift("a", 9, 18),), swaps=(swap,))
    hours = {hour: on_duty(roster, DAY + timedelta(hours=hour)) for hour in (9, 10, 11, 12, 17)}
    assert hours == {9: ("a",), 10: ("b",), 11: ("b",), 12: ("a",), 17: ("a",)}


@given(st.lists(SPANS, max_size=6), st.lists(st.tuples(SPANS, st.sampled_from("abc")), max_size=4))
def test_swaps_lose_and_invent_no_duty(spans: list[tuple[str, int, int]], swaps: list[Any]) -> None:
    """Hour by hour against brute force: each hour of duty is somebody's, whoever it went to."""
    roster = RosterBody(
        shifts=tuple(shift(*span) for span in spans if span[1] < span[2]),
        swaps=tuple(
            ShiftSwap(person_id=p, by=by, starts_at=DAY + timedelta(hours=s), ends_at=DAY + timedelta(hours=e))
            for (p, s, e), by in swaps
            if s < e and p != by
        ),
    )
    found = duties(roster, DAY, DAY + timedelta(days=1))
    for hour in range(21):
        moment = DAY + timedelta(hours=hour)
        expected = [p for p, s, e in spans if s <= hour < e]
        for swap in roster.swaps:
            inside = swap.starts_at <= moment < swap.ends_at
            expected = [swap.by if inside and p == swap.person_id else p for p in expected]
        assert sorted(d.person_id for d in found if d.starts_at <= moment < d.ends_at) == sorted(expected)


@pytest.mark.parametrize("rule", ["FREQ=HOURLY", "FREQ=DAILY;COUNT=2", "BYDAY=MO", "FREQ=WEEKLY;BYMONTH=99", "x" * 50])
def test_a_rule_that_cannot_be_kept_is_named(rule: str) -> None:
    """Hours, counts and what is no rule at all are refused at the roster, not at night."""
    with pytest.raises(Invalid) as refused:
        check_roster(RosterBody(recurring=(weekly(rule=rule),)))
    assert [problem.pointer for problem in refused.value.problems] == ["/recurring/0/rule"]
