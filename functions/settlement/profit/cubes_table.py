"""Folded cubes in the table: what each day and each month came to, so that years are read in a few queries.

| item | pk | sk |
|---|---|---|
| a day's cells | `<t>#cube#<dimension>#<month>` | `<day>#<part>` |
| a month's cells | `<t>#cubes#<dimension>` | `<month>#<part>` |
| how far | `<t>#folded` | `folded`: every day before `until` |
| a slice of a long day | `<t>#cube-slice#<dimension>#<day>` | `<slice>#<part>` |
| how far in it | `<t>#folded` | `slice`: how many of a day's slices are kept, and where the next begins |

Slices stay where they are: beside the entries that they add up they are nothing. Days are those on which entries were
posted, by UTC: such a day never changes once it is over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date

from functions.settlement.profit.cubes import Cells, merged
from hub.kernel.dataclass import dataclass
from hub.store.paging import Position
from hub.store.table import NEW, Lost, Table

PART = 1_000
"""Cells of one item."""
ITEMS_LIMIT = 5_000
"""Items of one reading."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a day is folded. slices: how many are kept. position: where in the day's entries the next one begins."""

    slices: int = 0
    position: Position | None = None


@dataclass
class Cubes:
    """The folded cubes of a tenant."""

    tenant: str
    table: Table

    def folded_until(self) -> date | None:
        """The first day that is not folded; None before the first fold. Strongly consistent."""
        item = self.table.get(self._state())
        return date.fromisoformat(item["until"]) if item else None

    def advance(self, until: date, seen: date | None) -> bool:
        """Every day before `until` is folded; says whether nobody else said so meanwhile."""
        pk, sk = self._state()
        item = {"pk": pk, "sk": sk, "schema": 1, "until": until.isoformat()}
        try:
            if seen is None:
                self.table.put(item, NEW)
            else:
                self.table.put(item, "#until = :seen", {":seen": seen.isoformat()})
        except Lost:
            return False
        return True

    def cursor(self, day: date) -> Cursor:
        """How far a day is folded; strongly consistent."""
        item = self.table.get(self._state("slice"))
        is_of_day = item is not None and item["day"] == day.isoformat()
        return Cursor(int(item["slices"]), json.loads(item["position"])) if item and is_of_day else Cursor()

    def go_on(self, day: date, cursor: Cursor) -> None:
        """A slice more of a day is kept. Who says so late has slices folded once more, to the same."""
        pk, sk = self._state("slice")
        position = json.dumps(cursor.position)
        self.table.put(
            {"pk": pk, "sk": sk, "schema": 1, "day": day.isoformat(), "slices": cursor.slices, "position": position}
        )

    def store_slice(self, day: date, number: int, cubes: Mapping[str, Cells]) -> None:
        """What a slice of a day came to, by dimension; again writes the same."""
        for dimension, cells in cubes.items():
            self._store(self._slices_pk(dimension, day), f"{number:04}", cells)

    def slices(self, dimension: str, day: date, count: int) -> Cells:
        """The first so many slices of a day together; strongly consistent."""
        return self._read(self._slices_pk(dimension, day), "", f"{count:04}")

    def store_day(self, day: date, cubes: Mapping[str, Cells]) -> None:
        """What a day came to, by dimension; again writes the same."""
        for dimension, cells in cubes.items():
            self._store(f"{self.tenant}#cube#{dimension}#{day:%Y-%m}", day.isoformat(), cells)

    def store_month(self, month: str, dimensions: Iterable[str]) -> None:
        """Add a month's days up; again writes the same."""
        for dimension in dimensions:
            self._store(f"{self.tenant}#cubes#{dimension}", month, self.days(dimension, month))

    def days(self, dimension: str, month: str, until: date | None = None) -> Cells:
        """The days of a month that are folded, together; strongly consistent. until: those before it alone, since the
        day that is being folded may be kept already."""
        return self._read(f"{self.tenant}#cube#{dimension}#{month}", "", until.isoformat() if until else "~")

    def months(self, dimension: str, first: str, last: str) -> Cells:
        """The folded months from one to another, both included, together; strongly consistent."""
        return self._read(f"{self.tenant}#cubes#{dimension}", first, f"{last}~")

    def _store(self, pk: str, name: str, cells: Cells) -> None:
        rows = sorted(cells.items())
        for part, start in enumerate(range(0, len(rows), PART)):
            document = json.dumps(dict(rows[start : start + PART]), ensure_ascii=False, sort_keys=True)
            self.table.put({"pk": pk, "sk": f"{name}#{part:04}", "schema": 1, "cells": document})

    def _read(self, pk: str, first: str, last: str) -> Cells:
        items = self.table.query_all(pk, sk_between=(first or " ", last), limit=ITEMS_LIMIT, consistent=True)
        return merged(json.loads(item["cells"]) for item in items)

    def _state(self, name: str = "folded") -> tuple[str, str]:
        return f"{self.tenant}#folded", name

    def _slices_pk(self, dimension: str, day: date) -> str:
        return f"{self.tenant}#cube-slice#{dimension}#{day.isoformat()}"
