"""Random carts and campaigns, priced by the engine and by a slow walk that knows nothing of short lists: not one may
differ by a cent. The tests check a sample of the same."""

from __future__ import annotations

from benchmarks.harness import Ratio
from tests.unit.test_pricing_against_brute_force import differing

CASES = 100_000


def run() -> list[Ratio]:
    """Count the carts that come to something else."""
    return [Ratio(f"of {CASES} random carts, priced otherwise than by brute force", differing(CASES, seed=2), 0, False)]
