"""Who is on duty when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.directory.rosters import check_shifts, on_duty
from hub.contracts.events import Shift
from hub.kernel.errors import Invalid

DAY = datetime(2026, 11, 21, tzinfo=UTC)
SPANS = st.tuples(st.sampled_from("ab"), st.integers(0, 20), st.integers(0, 20))


def shift(person: str, start: int, end: int) -> Shift:
    return Shift(person_id=person, starts_at=DAY + timedelta(hours=start), ends_at=DAY + timedelta(hours=end))


def test_at_the_boundary_the_evening_begins() -> None:
    """a until 18:00, b after: 17:59 is a's, 18:00 is b's."""
    roster = (shift("a", 9, 18), shift("b", 18, 24))
    assert on_duty(roster, DAY + timedelta(hours=17, minutes=59)) == ("a",)
    assert on_duty(roster, DAY + timedelta(hours=18)) == ("b",)


def test_overlapping_shifts_of_one_person_are_named() -> None:
    """The later shift is the one to change, and the answer points at it."""
    with pytest.raises(Invalid) as refused:
        check_shifts([shift("a", 9, 18), shift("b", 9, 18), shift("a", 17, 20)])
    assert [(p.pointer, p.rule) for p in refused.value.problems] == [
        ("/shifts/2", "overlaps /shifts/0 of the same person")
    ]


def test_a_shift_that_ends_before_it_starts_is_named() -> None:
    """A shift needs a length."""
    with pytest.raises(Invalid) as refused:
        check_shifts([shift("a", 9, 9)])
    assert refused.value.problems[0].pointer == "/shifts/0/ends_at"


@given(st.lists(SPANS, max_size=8))
def test_a_roster_is_taken_exactly_when_nobody_is_on_twice(spans: list[tuple[str, int, int]]) -> None:
    """Against brute force: refused if a shift has no length or any hour has a person on two shifts."""
    shifts = [shift(*span) for span in spans]
    hours = [(p, h) for p, start, end in spans for h in range(start, end)]
    wrong = any(end <= start for _, start, end in spans) or len(hours) != len(set(hours))
    try:
        check_shifts(shifts)
    except Invalid:
        assert wrong
    else:
        assert not wrong
