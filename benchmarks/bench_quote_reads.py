"""The items that a quote reads of a book of 200 services with 2,000 prices each and 200 versions behind its head."""

from __future__ import annotations

import contextlib
import io

from benchmarks.harness import Ratio
from tests.functional.test_pricing_reads import reads_of_quotes

SERVICES, VERSIONS = 200, 200


def run() -> list[Ratio]:
    """Count them, in a new process and in one that has read before."""
    with contextlib.redirect_stdout(io.StringIO()):  # each request is logged
        first, next_one = reads_of_quotes(SERVICES, VERSIONS)
    return [
        Ratio("items read by a quote in a new process, 400,000 prices, 200 versions", first, 3, False),
        Ratio("items read by the next one", next_one, 1, False),
    ]
