"""A day of many entries is folded in slices: killed at any write, or stopped by its minute, the cubes are the same."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

from functions.settlement.handlers.folding import Pace, cube_cells, fold_days
from functions.settlement.ledger.ledger import Entry, Line, Why
from functions.settlement.profit.cubes import FOLDED, Cells, cube_of, rolled_up
from hub.kernel.money import Money
from tests.support.dying_table import Crash, Dying, copied
from tests.support.ledger import Ledger

LAST = datetime(2026, 11, 30, tzinfo=UTC)
"""The last day of its month: the month is folded with it."""
TOMORROW = LAST + timedelta(days=1, hours=2)
TENS = Pace(pages=2, page=5)
"""Slices of ten entries."""


def entry(number: int, at: datetime) -> Entry:
    dims = {"region": f"{110101 + number % 3}", "item": f"i{number % 7}", "person": f"p{number % 4}"}
    lines = (Line("expense:x", Money(100 + number, "CNY"), dims), Line("asset:cash", Money(-100 - number, "CNY"), dims))
    return Entry(f"f{number}", "pay", at, lines, Why("理由", "reason", "rule", 1, {}))


def posted(entries: int) -> tuple[Ledger, dict[str, Cells]]:
    """A day of so many entries behind a day of three; and what all of them come to, added up without a fold."""
    ledger, made = Ledger(LAST, Dying()), list[Entry]()
    for number in range(3 + entries):
        at = LAST + (timedelta(hours=10, seconds=number) if number >= 3 else timedelta(hours=-5))
        made.append(entry(number, at))
        ledger.desk.book.post(made[-1], at)
    return ledger, {by: rolled_up(cube_of(made, (by,)), by) for by in FOLDED}


def shown(ledger: Ledger, now: datetime = TOMORROW) -> dict[str, Cells]:
    """What the cubes of November answer."""
    told = {by: cube_cells(ledger.desk, by, "2026-11", "2026-11", now) for by in FOLDED}
    assert all(is_complete for _, is_complete in told.values())
    return {by: cells for by, (cells, _) in told.items()}


def test_killed_at_any_write_a_long_day_comes_to_the_same() -> None:
    """Four slices, the day, its month: at each write in turn, before it or after it. What is asked in between is whole,
    and who goes on comes to the same."""
    day, expected = posted(35)
    calm = copied(day)
    assert fold_days(calm.desk, TOMORROW, TENS) == 2
    assert shown(calm) == expected
    kept = {key: item for key, item in calm.table.items.items() if "cube" in key[0]}
    for nth in count(1):
        ledger = copied(day)
        ledger.table.dies_at, ledger.table.before = nth, nth % 2 == 0
        with suppress(Crash):
            fold_days(ledger.desk, TOMORROW, TENS)
            break
        ledger.table.dies_at = 0
        assert shown(ledger) == expected, nth
        fold_days(ledger.desk, TOMORROW, TENS)
        assert shown(ledger) == expected, nth
        assert {key: item for key, item in ledger.table.items.items() if "cube" in key[0]} == kept, nth
        assert ledger.desk.cubes.folded_until() == TOMORROW.date()
    assert nth > 6 * (4 + 2 + 1)


def test_a_sweep_that_dies_is_gone_on_with_behind_its_last_slice() -> None:
    """Twenty slices, and processes that each die within their fourth: the day is through after eight of them. One that
    began anew each time never would be."""
    ledger, expected = posted(200)
    for _ in range(8):
        ledger.table.dies_at = 3 * (len(FOLDED) + 1) + 2
        with suppress(Crash):
            fold_days(ledger.desk, TOMORROW, TENS)
    assert ledger.desk.cubes.folded_until() == TOMORROW.date()
    assert shown(ledger) == expected


def test_a_day_too_long_for_a_sweep_is_gone_on_with_by_the_next() -> None:
    """Sweeps of twenty entries: the first is through with the short day alone, the second with none, the third with the
    day of 55; what the cubes say is whole all the while."""
    ledger, expected = posted(55)
    done = []
    for _ in range(4):
        done.append(fold_days(ledger.desk, TOMORROW, replace(TENS, entries=20)))
        assert shown(ledger) == expected
    assert done == [1, 0, 1, 0]


def test_writes_stay_in_proportion_to_slices() -> None:
    """A day of one slice is written as it always was: six dimensions, the month's six, how far. Each slice is six
    writes and a cursor more, however many went before it."""
    writes = {}
    for slices in (1, 4, 8):
        ledger, _ = posted(10 * slices - 5)
        ledger.table.written = 0
        assert fold_days(ledger.desk, TOMORROW, TENS) == 2
        writes[slices] = ledger.table.written - 7  # the short day before
    assert writes == {1: 13, 4: 13 + 4 * 6 + 3, 8: 13 + 8 * 6 + 7}
