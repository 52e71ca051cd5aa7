"""Cubes (收益立方): what the ledger's lines come to by ticket, person, hour, store, region, item. Pure.

A cell adds up lines by the head of their account. Every line is in exactly one cell of a dimension, so the cells of any
dimension sum to the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field

from functions.settlement.ledger.ledger import Entry, Line
from hub.kernel.dataclass import dataclass

HEADS = ("asset", "expense", "income", "payable", "receivable", "equity")
FOLDED = ("person", "hour", "store", "region", "item", "channel")
"""Dimensions of which days and months are kept; tickets and orders are as many as their lines."""
Cell = tuple[str, ...]
Cells = dict[str, dict[str, int]]
"""One dimension's value → minor units by head."""


@dataclass
class Cube:
    """dimensions: what it is cut by. cells: value of each dimension → minor units by head, debits positive."""

    dimensions: tuple[str, ...]
    cells: dict[Cell, dict[str, int]] = field(default_factory=dict)

    def add(self, entry: Entry, currency: str) -> None:
        """Add an entry of this currency; others are left out."""
        if entry.currency != currency:
            return
        for line in entry.lines:
            self._add(line)

    def _add(self, line: Line) -> None:
        cell = tuple(line.dims.get(dimension, "") for dimension in self.dimensions)
        head = line.account.partition(":")[0]
        sums = self.cells.setdefault(cell, dict.fromkeys(HEADS, 0))
        sums[head] = sums.get(head, 0) + line.amount.amount_minor


def cube_of(entries: Iterable[Entry], dimensions: tuple[str, ...], currency: str = "CNY") -> Cube:
    """The cube of these entries."""
    cube = Cube(dimensions)
    for entry in entries:
        cube.add(entry, currency)
    return cube


def rolled_up(cube: Cube, dimension: str) -> dict[str, dict[str, int]]:
    """A cube's cells by one of its dimensions alone."""
    place = cube.dimensions.index(dimension)
    sums: dict[str, dict[str, int]] = {}
    for cell, heads in cube.cells.items():
        target = sums.setdefault(cell[place], dict.fromkeys(HEADS, 0))
        for head, minor in heads.items():
            target[head] += minor
    return sums


def merged(parts: Iterable[Mapping[str, Mapping[str, int]]]) -> Cells:
    """Cells of several spans of time, added up."""
    sums: Cells = {}
    for part in parts:
        for name, heads in part.items():
            target = sums.setdefault(name, dict.fromkeys(HEADS, 0))
            for head, minor in heads.items():
                target[head] = target.get(head, 0) + minor
    return sums


def totals_of_cube(cells: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """What cells come to together, by head: the ledger's own totals."""
    totals = dict.fromkeys(HEADS, 0)
    for heads in cells:
        for head, minor in heads.items():
            totals[head] += minor
    return totals
