"""Rate limits: what the pace promises of any window, whatever the calls take and wherever they arrive within."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from hub.kernel.platforms import OverLimit
from hub.store.limits import LONGEST_CALL_SECONDS, Pace

FAST_MS = 200
SPANS = st.integers(0, LONGEST_CALL_SECONDS * 1000)
CALLS = st.lists(st.tuples(st.integers(0, 30_000), SPANS, st.fractions(0, 1)), min_size=2, max_size=60)
PACES = st.builds(Pace, calls=st.integers(1, 30), per_seconds=st.just(60)) | st.just(Pace(1, 1))


def play(pace: Pace, calls: list[tuple[int, int, Fraction]]) -> list[Fraction]:
    """When each call arrives. A call: how late it is asked for, what it takes, and where in that it arrives."""
    arrivals, free_ms = [], 0
    for late_ms, takes_ms, share in calls:
        started_ms = free_ms + late_ms
        arrivals.append(started_ms + takes_ms * share)
        free_ms = max(pace.next_start(started_ms, started_ms + takes_ms), started_ms + takes_ms)
    return arrivals


def most_in_any_window(arrivals: list[Fraction], span_ms: int) -> int:
    """The most arrivals in a window of that span with both its ends; such a window begins at an arrival."""
    return max(sum(first <= one <= first + span_ms for one in arrivals) for first in arrivals)


@given(PACES, CALLS)
def test_no_window_sees_more_calls_than_the_platform_allows(pace: Pace, calls: list[tuple[int, int, Fraction]]) -> None:
    """Wherever the window lies, however long calls take and whenever in that time the platform counts them."""
    assert pace.held
    assert most_in_any_window(play(pace, calls), pace.per_seconds * 1000) <= pace.calls


def test_a_hundred_fast_calls_at_ten_a_minute_are_done_within_ten_minutes() -> None:
    """Answers of a fifth of a second cost no time: the last of a hundred has arrived by +10 min."""
    arrivals = play(Pace(10, 60), [(0, FAST_MS, Fraction(1))] * 100)
    assert arrivals[-1] <= 600_000
    assert most_in_any_window(arrivals, 60_000) == 10


@given(st.integers(61, 6000))
def test_fast_apis_are_called_at_nine_tenths_of_their_rate(calls: int) -> None:
    """What may be called more than once a second is not held, but leaves a tenth of the limit for delays."""
    pace = Pace(calls, 60)
    assert not pace.held
    assert 60_000 / pace.interval_ms <= calls * 0.9


def test_a_refusal_says_how_long_to_wait() -> None:
    """Whole seconds for queues and people, the exact time for who waits on the spot."""
    refused = OverLimit("pdd.promotion", 5.2)
    assert (refused.after_seconds, refused.wait_seconds) == (6, 5.2)
