"""Reconciliations in the table: a head, and an item a difference.

| item | pk | sk |
|---|---|---|
| head | `<t>#reconciliation#<id>` | `head` |
| difference | `<t>#reconciliation#<id>` | `difference#<number>` |

Heads are listed in four shards by their ids, the latest last made first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from functions.settlement.reconciliation.matching import Difference
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.errors import Conflict, NotFound
from hub.kernel.frozen import dataclass
from hub.store.table import NEW, Check, Lost, Put, Table, Update

BATCH = 90
"""Differences of one transaction."""
DIFFERENCES_LIMIT = 2000
"""A bill with more is the wrong bill, or of the wrong days."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A bill that was held against orders and ledger."""

    id: str
    platform: str
    rows: int
    matched: int
    counts: Mapping[str, int]
    made_at: datetime
    approved: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A difference with its number, and what was decided about it. rule: which one decided, "" for a person."""

    number: int
    difference: Difference
    resolution: str = "open"
    rule: str = ""


class Reconciliations:
    """The reconciliations of one tenant."""

    def __init__(self, tenant: str, table: Table) -> None:
        self._tenant, self._table = tenant, table

    def make(self, made: Reconciliation, listed: Sequence[Listed]) -> None:
        """Keep a report: its differences first, the head last, so that one that is there is whole. Again changes
        nothing."""
        for start in range(0, len(listed), BATCH):
            for row in listed[start : start + BATCH]:
                self._table.put(_difference_item(self._pk(made.id), row))
        try:
            self._table.transact(Put(_head_item(self._pk(made.id), made), NEW), made=made.id)
        except Lost:
            return

    def get(self, name: str) -> Reconciliation:
        """By its id; strongly consistent. Raises NotFound."""
        item = self._table.get((self._pk(name), "head"))
        if item is None:
            raise NotFound("no such reconciliation", reconciliation=name[:64])
        return _head(name, item)

    def differences(self, name: str, after: int, limit: int) -> list[Listed]:
        """Those behind a number, in order; strongly consistent."""
        items = self._table.query(
            self._pk(name), sk_between=(_sk(after + 1), _sk(10**6)), limit=limit, consistent=True
        ).items
        return [_listed(item) for item in items]

    def resolve(self, name: str, number: int, resolution: str) -> Listed:
        """Decide about one difference, while the report is not approved. Raises NotFound, Conflict."""
        key = (self._pk(name), _sk(number))
        known = self._table.get(key)
        if known is None:
            raise NotFound("no such difference", reconciliation=name[:64], number=number)
        unapproved = Check((self._pk(name), "head"), "attribute_not_exists(approved_at)")
        try:
            self._table.transact(unapproved, Update(key, "SET resolution = :to", {":to": resolution}), made=str(number))
        except Lost as lost:
            raise Conflict("the reconciliation is approved: nothing of it changes", reconciliation=name) from lost
        return replace(_listed(known), resolution=resolution)

    def approve(self, name: str, now: datetime) -> Reconciliation:
        """Close a report in which nothing is open. Raises Conflict where something is."""
        head = self.get(name)
        if head.approved:
            return head
        if any(row.resolution == "open" for row in self.differences(name, -1, DIFFERENCES_LIMIT)):
            raise Conflict("differences are still open", reconciliation=name)
        when = Update(
            (self._pk(name), "head"), "SET approved_at = :now", {":now": rfc3339(now)}, "attribute_exists(pk)"
        )
        self._table.transact(when, made=name)
        return replace(head, approved=True)

    def _pk(self, name: str) -> str:
        return f"{self._tenant}#reconciliation#{name}"


def _sk(number: int) -> str:
    return f"difference#{number:06}"


def _head_item(pk: str, made: Reconciliation) -> dict[str, Any]:
    names = {"platform": made.platform, "rows": made.rows, "matched": made.matched, "counts": dict(made.counts)}
    return {"pk": pk, "sk": "head", "schema": 1, **names, "made_at": rfc3339(made.made_at)}


def _head(name: str, item: dict[str, Any]) -> Reconciliation:
    counts = {kind: int(count) for kind, count in item["counts"].items()}
    rows, matched, made_at = int(item["rows"]), int(item["matched"]), parse_rfc3339(item["made_at"])
    return Reconciliation(name, item["platform"], rows, matched, counts, made_at, "approved_at" in item)


def _difference_item(pk: str, row: Listed) -> dict[str, Any]:
    d = row.difference
    return {
        "pk": pk,
        "sk": _sk(row.number),
        "schema": 1,
        "kind": d.kind,
        "order_no": d.number,
        "bill_id": d.bill_id,
        "booked_ids": list(d.booked_ids),
        "side": d.side,
        "expected_minor": d.expected_minor,
        "actual_minor": d.actual_minor,
        "resolution": row.resolution,
        "rule": row.rule,
    }


def _listed(item: dict[str, Any]) -> Listed:
    difference = Difference(
        item["kind"],
        item["order_no"],
        item["bill_id"],
        tuple(item["booked_ids"]),
        item["side"],
        int(item["expected_minor"]),
        int(item["actual_minor"]),
    )
    number = int(item["sk"].rpartition("#")[2])
    return Listed(number, difference, item["resolution"], item.get("rule", ""))
