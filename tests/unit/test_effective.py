"""Effective dates: what was in force, what was believed, and that the past never changes."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.kernel.effective import END, Record, Switch, in_force, plan, planned

DAY = timedelta(days=1)
NOW = datetime(2026, 11, 21, tzinfo=UTC)

DAYS = st.integers(0, 12)


@st.composite
def timelines(draw: st.DrawFn) -> list[Record]:
    """Publications and withdrawals of a few versions, recorded one after the other on days 0 to 12."""
    records: list[Record] = []
    for day in sorted(draw(st.lists(DAYS, max_size=8))):
        number, start, length = draw(st.integers(1, 4)), draw(DAYS), draw(st.none() | st.integers(1, 5))
        known = [r.number for r in records if not r.withdraws]
        if known and draw(st.booleans()):
            records.append(Record(draw(st.sampled_from(known)), NOW + day * DAY, withdraws=True))
        else:
            end = None if length is None else NOW + (start + length) * DAY
            records.append(Record(number, NOW + day * DAY, NOW + start * DAY, end))
    return records


def test_a_version_holds_from_its_start_to_the_second_until_the_next_one() -> None:
    """23:59:59 the old one, 00:00:00 the new one; at its end nothing more of it."""
    summer = Record(1, NOW, NOW)
    winter = Record(2, NOW, NOW + 10 * DAY, NOW + 20 * DAY)
    second = timedelta(seconds=1)
    moments = [
        NOW - second,
        NOW,
        winter.valid_from - second,
        winter.valid_from,
        NOW + 20 * DAY - second,
        NOW + 20 * DAY,
    ]
    assert [in_force([summer, winter], at, END) for at in moments] == [None, 1, 1, 2, 2, 1]


def test_an_open_version_ends_where_a_later_start_begins_whichever_was_recorded_first() -> None:
    """Publishing something for November does not undo what was planned for December."""
    december, november = Record(1, NOW, NOW + 30 * DAY), Record(2, NOW + DAY, NOW + 2 * DAY)
    assert plan([december, november], NOW + DAY) == (
        Switch(NOW + DAY, None),
        Switch(NOW + 2 * DAY, 2),
        Switch(NOW + 30 * DAY, 1),
    )


def test_a_withdrawal_today_leaves_five_days_ago_alone_and_known_at_tells_the_two_beliefs_apart() -> None:
    """`at` five days ago answers the same before and after; what we believe of it now is another question."""
    records = [Record(1, NOW - 30 * DAY, NOW - 30 * DAY), Record(2, NOW - 10 * DAY, NOW - 10 * DAY)]
    after = [*records, Record(2, NOW, withdraws=True)]
    past = NOW - 5 * DAY
    assert (in_force(records, past), in_force(after, past)) == (2, 2)
    assert (in_force(after, past, NOW - DAY), in_force(after, past, NOW)) == (2, 1)
    assert in_force(after, NOW) == 1


def test_a_publication_with_an_earlier_start_counts_from_its_recording() -> None:
    """Prices that were corrected for last week were not last week's prices; known now they are."""
    records = [Record(1, NOW - 30 * DAY, NOW - 30 * DAY), Record(2, NOW, NOW - 7 * DAY)]
    assert [in_force(records, NOW - 5 * DAY, known) for known in (None, NOW)] == [1, 2]


def test_a_version_that_was_taken_back_can_be_published_again() -> None:
    """The later record counts."""
    records = [Record(1, NOW, NOW), Record(1, NOW + DAY, withdraws=True), Record(1, NOW + 2 * DAY, NOW)]
    assert [in_force(records, NOW + nth * DAY) for nth in range(3)] == [1, None, 1]


@given(timelines(), DAYS, DAYS)
def test_what_comes_later_never_changes_what_was_in_force(records: list[Record], until: int, at: int) -> None:
    """For a moment that has passed, records made after it count for nothing, unless asked for."""
    earlier = [record for record in records if record.recorded_at <= NOW + max(at, until) * DAY]
    assert in_force(records, NOW + at * DAY) == in_force(earlier, NOW + at * DAY)


@given(timelines(), DAYS, DAYS)
def test_what_was_believed_then_never_changes(records: list[Record], at: int, known: int) -> None:
    """With `known_at`, records made after it count for nothing."""
    known_then = [record for record in records if record.recorded_at <= NOW + known * DAY]
    asked = NOW + at * DAY, NOW + known * DAY
    assert in_force(records, *asked) == in_force(known_then, *asked)


@given(timelines(), DAYS, DAYS)
def test_a_plan_says_what_the_records_say(records: list[Record], since: int, at: int) -> None:
    """For each moment from the plan's start on, as all the records know it."""
    switches = plan(records, NOW + since * DAY)
    moment = NOW + max(at, since) * DAY
    assert planned(switches, moment) == in_force(records, moment, END)
    assert all(a.number != b.number and a.start < b.start for a, b in itertools.pairwise(switches))


def test_before_a_plan_begins_it_says_nothing() -> None:
    """Its first switch is the first moment that it speaks of."""
    assert planned((Switch(NOW, 3),), NOW - DAY) is None


@pytest.mark.parametrize("withdraws", [False, True])
def test_with_no_publication_nothing_is_in_force(withdraws: bool) -> None:
    """Neither an empty timeline nor a lone withdrawal."""
    assert in_force([Record(1, NOW, withdraws=True)] if withdraws else [], NOW) is None
