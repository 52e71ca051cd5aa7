"""Cells of a field: a few values that stand for all others, so that every check on the field is constant in a
cell.

A number that rules compare with 100 and 500 has five: below 100, 100, between, 500, above. Linting walks
cells, not values, so what it says of them it says of every value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import combinations, islice, pairwise
from typing import Any

from hub.kernel.clock import rfc3339
from hub.kernel.regions import BASE, path
from hub.rules.conditions import Check
from hub.rules.schema import Field

MAX_PARTS = 8
"""Phrases (or members) of which every combination is a cell of its own: 256."""

MAX_CELLS = 1000
_JOINERS = ("·", "|", "/", "\n")
_OUTSIDE = "990000"  # no province has this code
_SOME_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def cells_of(field: Field, checks: Sequence[Check]) -> tuple[list[Any], bool]:
    """Values (as the field reads them) that stand for all others, and whether they are all the cells there
    are."""
    named = {value for check in checks for value in _named(check)}
    if field.kind == "boolean":
        return [True, False], True
    if field.kind == "enum":
        return list(field.values), True
    if field.kind in ("number", "time"):
        alone = 0 if field.kind == "number" else _SOME_TIME
        return _cut(list(_around(sorted(named))) or [alone])
    if field.kind == "region":
        return _cut(list(_regions(named)))
    if field.kind == "set":
        subsets, complete = _subsets(sorted(named), [check.operand for check in checks if check.op == "has_all"])
        return [frozenset(subset) for subset in subsets], complete
    return _texts(checks)


def shown(value: Any) -> Any:
    """A cell's value as JSON would carry it in facts."""
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, datetime):
        return rfc3339(value)
    return str(value) if isinstance(value, Decimal) else value


def _named(check: Check) -> Iterable[Any]:
    if check.op == "present":
        return ()
    return check.operand if isinstance(check.operand, frozenset) else (check.operand,)


def _cut(values: list[Any]) -> tuple[list[Any], bool]:
    return values[:MAX_CELLS], len(values) <= MAX_CELLS


def _around(points: Sequence[Any]) -> Iterator[Any]:
    """Below the first point, each point, between two, above the last."""
    if not points:
        return
    step: Any = timedelta(days=1) if isinstance(points[0], datetime) else 1
    yield points[0] - step
    yield from points
    for left, right in pairwise(points):
        if left + step < right:
            yield left + step
        else:
            yield left + (right - left) / 2 if isinstance(left, datetime) else Decimal(left + right) / 2
    yield points[-1] + step


def _regions(named: set[str]) -> Iterator[str]:
    """Each named region, one unnamed place directly in it, and one outside all."""
    yield from sorted(named)
    yield _OUTSIDE
    for region in sorted(named - {BASE}):
        prefix = region[:2] if region.endswith("0000") else region[:4] if region.endswith("00") else ""
        if prefix:
            width = 6 - len(prefix)
            inner = (f"{prefix}{n:0{width}d}" for n in range(10**width - 1, 0, -1))
            yield from islice(_unnamed(inner, region, named), 1)


def _unnamed(codes: Iterable[str], region: str, named: set[str]) -> Iterator[str]:
    own = named & set(path(region))
    return (code for code in codes if named & set(path(code)) == own)


def _texts(checks: Sequence[Check]) -> tuple[list[str], bool]:
    """Each value that is asked for whole, and each combination of phrases."""
    phrases = sorted({needle for check in checks if check.op.startswith("contains") for needle in check.operand})
    whole = sorted({value for check in checks if not check.op.startswith("contains") for value in _named(check)})
    used = "".join([*phrases, *whole])
    joiner = next((mark for mark in _JOINERS if mark not in used), "\x00")
    together = [check.operand for check in checks if check.op == "contains_all"]
    subsets, complete = _subsets(phrases, together)
    texts, fits = _cut([*whole, *(joiner.join(("", *subset, "")) or joiner for subset in subsets)])
    return texts, complete and fits and joiner != "\x00"


def _subsets(parts: list[str], together: list[frozenset[str]]) -> tuple[list[tuple[str, ...]], bool]:
    """All combinations of a few parts; of many, the single ones, all of them, and those asked for
    together."""
    if len(parts) <= MAX_PARTS:
        sizes = range(len(parts) + 1)
        return [subset for size in sizes for subset in combinations(parts, size)], True
    some = [(), *((part,) for part in parts), tuple(parts), *(tuple(sorted(group)) for group in together)]
    return some[:MAX_CELLS], False
