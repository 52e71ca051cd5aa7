"""Many events to twenty endpoints, of which one hangs and one refuses. The full flood: benchmarks/bench_outbound.py."""

from __future__ import annotations

from benchmarks.bench_outbound import flood

EVENTS = 20


def test_eighteen_have_all_and_wait_for_none_and_the_two_have_all_in_the_end() -> None:
    """Nothing is lost, nothing comes twice to those that are well, nothing waits for the other two."""
    assert flood(EVENTS) == (0, 0, 0)
