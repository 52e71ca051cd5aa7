"""Serials and conflicts in the table: what was seen of each serial, and a case's two halves, listed by where each is.

| item | pk | sk |
|---|---|---|
| trace | `<t>#serial#<serial>` | `<side>#<fact>` |
| half of a case | `<t>#conflict#<id>` | `sold`, `activated`: listed in its own region and for its own dealer |
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from functions.settlement.territory.conflicts import SIDES, Conflict, Trace
from hub.kernel.errors import NotFound
from hub.store.lists import ListQuery, Within, list_keys, read_list
from hub.store.paging import Position
from hub.store.table import NEW, Lost, Put, Table

LIST = "conflicts"
TRACES_LIMIT = 200
"""Of one serial."""


class Conflicts:
    """What a tenant knows of serials, and the cases that came of it."""

    def __init__(self, tenant: str, table: Table) -> None:
        self._tenant, self._table = tenant, table

    def note(self, trace: Trace) -> list[Trace]:
        """Keep where a serial was seen; again changes nothing. Answers all that is known of it; strongly consistent."""
        pk = f"{self._tenant}#serial#{trace.serial}"
        sk = f"{trace.side}#{trace.fact_id}"
        self._table.put({"pk": pk, "sk": sk, "schema": 1, "trace": trace.document()})
        return [Trace.of(item["trace"]) for item in self._table.query_all(pk, limit=TRACES_LIMIT, consistent=True)]

    def raise_cases(self, cases: Iterable[Conflict]) -> None:
        """Keep cases, each once, both halves together."""
        for case in cases:
            try:
                self._table.transact(*(Put(self._item(case, case.half(side)), NEW) for side in SIDES), made=case.id)
            except Lost:
                continue

    def halves(self, case_id: str) -> list[Trace]:
        """Both halves of a case; strongly consistent. Raises NotFound."""
        items = self._table.query(f"{self._tenant}#conflict#{case_id}", limit=len(SIDES), consistent=True).items
        if not items:
            raise NotFound("no such case", case=case_id[:64])
        return [Trace.of(item["trace"]) for item in items]

    def page(
        self, within: Within, now: datetime, limit: int, position: Position | None
    ) -> tuple[list[tuple[str, Trace]], Position | None]:
        """Halves within a scope, each with its case's id, the latest first; may be two seconds behind."""
        listed = read_list(self._table, ListQuery(self._tenant, LIST, within, now, limit, position=position))
        return [(item["case"], Trace.of(item["trace"])) for item in listed.items], listed.position

    def _item(self, case: Conflict, half: Trace) -> dict[str, Any]:
        keys = list_keys(
            self._tenant, LIST, f"{case.id}#{half.side}", case.activated.at, region=half.region, store=half.dealer
        )
        item = {"pk": f"{self._tenant}#conflict#{case.id}", "sk": half.side, "schema": 1, "case": case.id}
        return {**item, "trace": half.document(), **keys}
