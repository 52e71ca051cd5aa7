"""Folding (折叠): each day's entries are added up once, when it is over; a cube of years adds those sums up.

What is not folded yet is added up from its entries. A day that is folded again comes to the same.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from functions.settlement.desk import Desk
from functions.settlement.ledger.entries_table import PAGE, SUMMARY_LIMIT, WHOLE
from functions.settlement.profit.cubes import FOLDED, Cells, Cube, merged, rolled_up
from hub.kernel.errors import Broken
from hub.store.paging import Position

LAG = timedelta(hours=1)
"""So long after its end a day is whole in the lists."""
DAYS_A_SWEEP = 40
PAGES_LIMIT = 5_000
"""Pages of entries of one day."""


def fold_days(desk: Desk, now: datetime, days: int = DAYS_A_SWEEP) -> int:
    """Fold the days that are over, the oldest first, so many at most; answers how many."""
    begun = desk.entries.since()
    if begun is None:
        return 0
    seen = desk.cubes.folded_until()
    day, count = seen or begun.date(), 0
    while count < days and _midnight(day + timedelta(days=1)) + LAG <= now:
        desk.cubes.store_day(day, _cells_of_day(desk, day))
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
            parts.append(desk.cubes.days(by, f"{until:%Y-%m}"))
    since = max(_midnight(date.fromisoformat(f"{first}-01")), _midnight(until) if until else _midnight(date.min))
    ends = _midnight((date.fromisoformat(f"{last}-01") + timedelta(days=32)).replace(day=1))
    entries = list(desk.entries.every(now, WHOLE, since, ends)) if since < ends else []
    cube = Cube((by,))
    for entry in entries[:SUMMARY_LIMIT]:
        cube.add(entry, "CNY")
    parts.append(rolled_up(cube, by))
    return merged(parts), len(entries) <= SUMMARY_LIMIT


def _cells_of_day(desk: Desk, day: date) -> dict[str, Cells]:
    cubes = {dimension: Cube((dimension,)) for dimension in FOLDED}
    since, until = _midnight(day), _midnight(day + timedelta(days=1))
    position: Position | None = None
    for _ in range(PAGES_LIMIT):
        page, position = desk.entries.page(WHOLE, until, PAGE, position, since, until)
        for entry, _ in page:
            for cube in cubes.values():
                cube.add(entry, "CNY")
        if position is None:
            return {dimension: rolled_up(cube, dimension) for dimension, cube in cubes.items()}
    raise Broken("a day has more entries than are folded", day=day.isoformat())


def _month_before(day: date) -> str:
    return f"{day.replace(day=1) - timedelta(days=1):%Y-%m}"


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
