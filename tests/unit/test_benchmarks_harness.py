"""What `make bench` writes: each ratio beside its budget, and whether it holds."""

from __future__ import annotations

import pytest

from benchmarks.harness import Ratio


@pytest.mark.parametrize(
    ("ratio", "higher_is_better", "ok"),
    [(50.0, True, True), (49.9, True, False), (50.0, False, True), (50.1, False, False)],
)
def test_a_ratio_holds_up_to_its_budget_and_not_beyond(ratio: float, higher_is_better: bool, ok: bool) -> None:
    """The budget itself is within the budget, whichever way is better."""
    result = Ratio("sample", ratio, 50.0, higher_is_better)
    assert result.ok is ok
