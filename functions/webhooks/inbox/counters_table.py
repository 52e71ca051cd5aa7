"""The counters' rows in the room's table: added to, read, and folded when their day is long over.

    <tenant>#stats#<shard 0-7> / <connection>#<yyyymmdd>#<shard>     what is counted; in shards, so that nobody queues
    <tenant>#stats#0 / <connection>#total                the days that were folded, summed
    <tenant>#days#<connection> / <yyyymmdd>              the same, each day for itself
    <tenant>#folds / folds                               how often a row was folded

Folding (归并) moves one row in one transaction: it goes, and its numbers are added to the total and to its day. The row
goes only as it was read (each ADD raises its `changes`), and only if no other fold came between, so nothing is
moved twice, not even a row that went and came again. Each fold raises the number of folds: a reader that finds it
raised has read a row both before and after, and reads again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

from functions.webhooks.inbox.counts import ERROR, ERROR_AT, Row, day_key, latest_facts
from hub.kernel.clock import rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Retry
from hub.store.table import NEW, Busy, Delete, Item, Key, Lost, Table, Update

ROWS_LIMIT = 50_000
"""Rows that are read at once: more than all connections that a tenant can have, with the days not folded yet."""
FOLDS_LIMIT = 400
"""So many rows are folded in one run: at 20 ms each it stays within the function's minute."""
TRIES = 6
BACKOFF_SECONDS = 0.05
SHARDS = 8
Part = tuple[str, tuple[str, str] | None]
"""A partition, and between which sort keys (None: all of it)."""
BOOKKEEPING = ("changes", "schema")
"""Numbers of a row that count nothing."""


@dataclass(frozen=True, slots=True)
class Counters:
    """The counters of one tenant, in the room's table. All methods raise Retry."""

    table: Table
    tenant: str
    zone: str = "Asia/Shanghai"
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    def key(self, connection_id: str, at: datetime, shard: int = 0) -> Key:
        """Where one shard of a connection's counters lies for the day of that (business) moment."""
        return self._stats(shard), f"{connection_id}#{day_key(at, self.zone)}#{shard}"

    def add(
        self, connection_id: str, at: datetime, counts: Mapping[str, int], facts: Mapping[str, str] | None = None
    ) -> None:
        """Add to counters that no state stands behind (duplicates, rejected), and note facts beside them; an error
        is noted with its time. at: business time."""
        facts = dict(facts or {})
        if ERROR in facts:
            facts[ERROR_AT] = rfc3339(at)
        update = addition(self.key(connection_id, at), {**counts, "changes": 1}, facts)
        self.table.update(update.key, update.change, update.values)

    def rows(self, connection_id: str = "") -> list[Row]:
        """The counters of one connection, or of all, strongly consistent."""
        between = (f"{connection_id}#", f"{connection_id}#~") if connection_id else None
        return [_row(item) for item in self._settled(*self._all_stats(between))]

    def days(self, connection_id: str, first: str, last: str) -> list[Row]:
        """The counters of a connection's days (`yyyymmdd`, both included), folded or not."""
        live = self._all_stats((f"{connection_id}#{first}", f"{connection_id}#{last}#~"))
        folded = (f"{self.tenant}#days#{connection_id}", (first, last))
        return [_row(item) for item in self._settled(*live, folded)]

    def fold(self, before: str) -> int:
        """Fold the rows of the days before that one (`yyyymmdd`), FOLDS_LIMIT at most; how many were folded. What
        moved meanwhile is left to the next run."""
        folds = self._folds()
        rows = [_row(item) for part in self._all_stats() for item in self._query(*part)]
        totals = {row.connection_id: row for row in rows if not row.day}
        folded = 0
        for row in [row for row in rows if "" < row.day < before][:FOLDS_LIMIT]:
            facts = latest_facts([row, *([totals[row.connection_id]] if row.connection_id in totals else [])])
            moved = self._move(row, facts, folds + folded)
            if moved is None:
                break
            if moved:
                folded += 1
                totals[row.connection_id] = Row(row.connection_id, {}, facts)
        return folded

    def _move(self, row: Row, facts: Mapping[str, str], folds: int) -> bool | None:
        """Fold one row as read. False when it is being counted on just now, None when another run folds."""
        numbers = {name: n for name, n in row.numbers.items() if name not in BOOKKEEPING}
        changes, stats = row.numbers.get("changes", 0), self._stats(int(row.sort.rpartition("#")[2]))
        unmoved = {":read": folds} if folds else {}
        guard = Update(self._guard, "ADD changes :one", {":one": 1} | unmoved, "changes = :read" if folds else NEW)
        try:
            self.table.transact(
                guard,
                addition((self._stats(0), f"{row.connection_id}#total"), numbers, facts),
                addition((f"{self.tenant}#days#{row.connection_id}", row.day), numbers, {}),
                Delete((stats, row.sort), "changes = :read", {":read": changes}),
            )
        except Lost as lost:
            return None if lost.index == 0 else False
        except Busy:
            return False
        return True

    def _settled(self, *parts: Part) -> list[dict[str, Any]]:
        """What lies there while nothing was folded: read again when it was."""
        for turn in range(TRIES):
            self.sleep(turn * BACKOFF_SECONDS)
            folds = self._folds()
            items = [item for part in parts for item in self._query(*part)]
            if self._folds() == folds:
                return items
        raise Retry("the counters are being folded", 2)

    def _stats(self, shard: int) -> str:
        return f"{self.tenant}#stats#{shard}"

    def _all_stats(self, between: tuple[str, str] | None = None) -> list[Part]:
        return [(self._stats(shard), between) for shard in range(SHARDS)]

    def _folds(self) -> int:
        return int((self.table.get(self._guard) or {}).get("changes", 0))

    def _query(self, pk: str, between: tuple[str, str] | None = None) -> list[dict[str, Any]]:
        items = self.table.query_all(pk, limit=ROWS_LIMIT, sk_between=between, consistent=True)
        if len(items) >= ROWS_LIMIT:
            raise Retry("too many counters to read")
        return items

    @property
    def _guard(self) -> Key:
        return f"{self.tenant}#folds", "folds"


def addition(key: Key, numbers: Mapping[str, int], facts: Mapping[str, str], table: str = "") -> Update:
    """A write that adds numbers and sets texts."""
    adds, sets = (
        ", ".join(f"#{name} {sign}:{name}" for name in names) for names, sign in ((numbers, ""), (facts, "= "))
    )
    change = (f"ADD {adds}" if adds else "") + (f" SET {sets}" if sets else "")
    return Update(key, change, {f":{name}": value for name, value in {**numbers, **facts}.items()}, table=table)


def _row(item: Item) -> Row:
    """A shard of a day, a total, or a folded day."""
    pk, sk = item["pk"], item["sk"]
    place = (*sk.split("#"), "")[:2] if "#stats#" in pk else (pk.rpartition("#")[2], sk)
    return Row(
        connection_id=place[0],
        numbers={name: value for name, value in item.items() if isinstance(value, int)},
        facts={name: value for name, value in item.items() if isinstance(value, str) and name not in ("pk", "sk")},
        day=place[1] if len(place[1]) == len("yyyymmdd") else "",
        sort=sk,
    )
