"""The same of money: a run's steps, disputes, and bills held against our books."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from tests.faults.test_sweep import sweep
from tests.support.swept import Path
from tests.support.swept_settlement import bill_paths, run_paths, statement_paths


@pytest.mark.parametrize("group", [run_paths, statement_paths, bill_paths], ids=lambda group: group.__name__)
def test_a_fault_anywhere_in_settlement_changes_nothing_in_the_end(
    group: Callable[[], AbstractContextManager[list[Path]]],
) -> None:
    """Whichever call fails in whichever way: who repeats is told that it is done, and all is as without the fault."""
    with group() as paths:
        wrong = [f"{name}: {verdict}" for name, verdict in sweep(paths) if verdict]
    assert wrong == []
