"""The same of prices: quotes, coupons, limits, purchases, offers, promotions and guides."""

from __future__ import annotations

from tests.faults.test_sweep import sweep
from tests.support.swept_pricing import pricing_paths


def test_a_fault_anywhere_in_pricing_changes_nothing_in_the_end() -> None:
    """Whichever call fails in whichever way: who repeats is told that it is done, and all is as without the fault."""
    with pricing_paths() as paths:
        wrong = [f"{name}: {verdict}" for name, verdict in sweep(paths) if verdict]
    assert wrong == []
