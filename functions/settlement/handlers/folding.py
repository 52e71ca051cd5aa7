"""Folding (折叠): each day's entries are added up once, when it is over; a cube of years adds those sums up.

What is not folded yet is added up from its entries. A day of many entries is folded in slices, over as many sweeps as
it takes; a slice, or a day, that is folded again comes to the same.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from functions.settlement.desk import Desk
from functions.settlement.ledger.entries_table import PAGE, SUMMARY_LIMIT, WHOLE
from functions.settlement.profit.cubes import FOLDED, Cells, Cube, merged, rolled_up
from functions.settlement.profit.cubes_table import Cursor
from hub.kernel.dataclass import dataclass
from hub.store.paging import Position

LAG = timedelta(hours=1)
"""So long after its end a day is whole in the lists."""
DAYS_A_SWEEP = 40
PAGES_A_SLICE = 20
"""Pages of entries that are added up before the sums are kept: what a killed sweep does once more."""
ENTRIES_A_SWEEP = 60_000
"""After so many entries a sweep begins no further slice, so it ends well within the function's minute."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is done at once. days, entries: of one sweep. pages: of a slice, each of so many entries."""

    days: int = DAYS_A_SWEEP
    entries: int = ENTRIES_A_SWEEP
    pages: int = PAGES_A_SLICE
    page: int = PAGE


USUAL = Pace()


def fold_days(desk: Desk, now: datetime, pace: Pace = USUAL) -> int:
    """Fold the days that are over, the oldest first, as many as a sweep may; answers how many. A day that is too
    long for one sweep is gone on with by the next, behind the last slice that is kept."""
    begun = desk.entries.since()
    if begun is None:
        return 0
    seen = desk.cubes.folded_until()
    day, count, left = seen or begun.date(), 0, pace.entries
    while count < pace.days and _midnight(day + timedelta(days=1)) + LAG <= now:
        cells, left = _cells_of_day(desk, day, left, pace)
        if cells is None:
            break
        desk.cubes.store_day(day, cells)
        following = day + timedelta(days=1)
        if following.day == 1:
            desk.cubes.store_month(f"{day:%Y-%m}", FOLDED)
        if not desk.cubes.advance(following, seen):
            break
        day, seen, count = following, following, count + 1
    return count


def cube_cells(desk: Desk, by: str, first: str, last: str, now: datetime) -> tuple[Cells, bool]:
    """The cells of a dimension for the months from `first` to `last`, both included, and whether that is all of them:
    of what is not folded up to SUMMARY_LIMIT entries are added up."""
    until = desk.cubes.folded_until() if by in FOLDED else None
    parts: list[Cells] = []
    if until:
        parts.append(desk.cubes.months(by, first, min(last, _month_before(until))))
        if first <= f"{until:%Y-%m}" <= last:
            parts.append(desk.cubes.days(by, f"{until:%Y-%m}", until))
    since = max(_midnight(date.fromisoformat(f"{first}-01")), _midnight(until) if until else _midnight(date.min))
    ends = _midnight((date.fromisoformat(f"{last}-01") + timedelta(days=32)).replace(day=1))
    entries = list(desk.entries.every(now, WHOLE, since, ends)) if since < ends else []
    cube = Cube((by,))
    for entry in entries[:SUMMARY_LIMIT]:
        cube.add(entry, "CNY")
    parts.append(rolled_up(cube, by))
    return merged(parts), len(entries) <= SUMMARY_LIMIT


def _cells_of_day(desk: Desk, day: date, left: int, pace: Pace) -> tuple[dict[str, Cells] | None, int]:
    """What a day comes to by dimension, None where no entry is left to this sweep before it is through; and how many
    are left. A day of one slice is kept as a day alone."""
    cursor = desk.cubes.cursor(day)
    while left > 0:
        cells, position, count = _cells_of_slice(desk, day, cursor.position, pace)
        left -= count
        if position is None and not cursor.slices:
            return cells, left
        desk.cubes.store_slice(day, cursor.slices, cells)
        cursor = Cursor(cursor.slices + 1, position)
        if position is None:
            return {dimension: desk.cubes.slices(dimension, day, cursor.slices) for dimension in FOLDED}, left
        desk.cubes.go_on(day, cursor)
    return None, left


def _cells_of_slice(
    desk: Desk, day: date, position: Position | None, pace: Pace
) -> tuple[dict[str, Cells], Position | None, int]:
    """The next entries of a day added up, where the next slice begins, None for the end, and how many they were. The
    day is over, so the same place makes the same slice."""
    cubes, count = {dimension: Cube((dimension,)) for dimension in FOLDED}, 0
    since, until = _midnight(day), _midnight(day + timedelta(days=1))
    for _ in range(pace.pages):
        page, position = desk.entries.page(WHOLE, until, pace.page, position, since, until)
        count += len(page)
        for entry, _ in page:
            for cube in cubes.values():
                cube.add(entry, "CNY")
        if position is None:
            break
    return {dimension: rolled_up(cube, dimension) for dimension, cube in cubes.items()}, position, count


def _month_before(day: date) -> str:
    return f"{day.replace(day=1) - timedelta(days=1):%Y-%m}"


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
