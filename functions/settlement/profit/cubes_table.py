"""Folded cubes in the table: what each day and each month came to, so that years are read in a few queries.

| item | pk | sk |
|---|---|---|
| a day's cells | `<t>#cube#<dimension>#<month>` | `<day>#<part>` |
| a month's cells | `<t>#cubes#<dimension>` | `<month>#<part>` |
| how far | `<t>#folded` | `folded`: every day before `until` |

Days are those on which entries were posted, by UTC: such a day never changes once it is over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date

from functions.settlement.profit.cubes import Cells, merged
from hub.kernel.frozen import dataclass
from hub.store.table import NEW, Lost, Table

PART = 1_000
"""Cells of one item."""
ITEMS_LIMIT = 5_000
"""Items of one reading."""


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

    def store_day(self, day: date, cubes: Mapping[str, Cells]) -> None:
        """What a day came to, by dimension; again writes the same."""
        for dimension, cells in cubes.items():
            self._store(f"{self.tenant}#cube#{dimension}#{day:%Y-%m}", day.isoformat(), cells)

    def store_month(self, month: str, dimensions: Iterable[str]) -> None:
        """Add a month's days up; again writes the same."""
        for dimension in dimensions:
            self._store(f"{self.tenant}#cubes#{dimension}", month, self.days(dimension, month))

    def days(self, dimension: str, month: str) -> Cells:
        """The days of a month that are folded, together; strongly consistent."""
        return self._read(f"{self.tenant}#cube#{dimension}#{month}", "", "~")

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

    def _state(self) -> tuple[str, str]:
        return f"{self.tenant}#folded", "folded"
