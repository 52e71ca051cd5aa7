"""Reconciliations in the table: a head, and an item a difference, each with its place in the work list.

| item | pk | sk |
|---|---|---|
| head | `<t>#reconciliation#<id>` | `head`: how far it is, and how many differences are open |
| difference | `<t>#reconciliation#<id>` | `difference#<number>` |
| place in the list | `<t>#reconciliation#<id>` | `is#<resolution>#<number>`: moved with what is decided |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import field, replace
from datetime import datetime
from typing import Any, Literal

from functions.settlement.reconciliation.matching import Difference
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Conflict, NotFound, Retry
from hub.store.table import NEW, Delete, Lost, Put, Table, Write

DIFFERENCES_LIMIT = 2000
"""A bill with more is the wrong bill, or of the wrong days."""
OPEN = "open"
State = Literal["matching", "open", "approved"]


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A bill that is held against orders and ledger, by the job of this id."""

    id: str
    platform: str
    rows: int
    job_id: str
    made_at: datetime
    matched: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    open: int = 0
    state: State = "matching"
    approved_at: datetime | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Listed:
    """A difference with its number, and what was decided about it. rule: which one decided, "" for a person."""

    number: int
    difference: Difference
    resolution: str = OPEN
    rule: str = ""


class Reconciliations:
    """The reconciliations of one tenant."""

    def __init__(self, tenant: str, table: Table) -> None:
        self._tenant, self._table = tenant, table

    def begin(self, begun: Reconciliation) -> None:
        """A bill is to be matched; again changes nothing."""
        try:
            self._table.put(_head_item(self._key(begun.id), begun), NEW)
        except Lost:
            return

    def report(self, made: Reconciliation, listed: Sequence[Listed]) -> None:
        """Keep a report: its differences first, the head last, so that one that is open is whole. Again changes
        nothing."""
        pk, _ = self._key(made.id)
        for row in listed:
            with suppress(Lost):  # it is there, and somebody may have decided about it
                self._table.transact(Put(_difference_item(pk, row), NEW), Put(_place_item(pk, row)), made=made.id)
        head = replace(made, state="open", version=1)
        try:
            self._table.put(_head_item(self._key(made.id), head), "version = :none", {":none": 0})
        except Lost:
            return

    def get(self, name: str) -> Reconciliation:
        """By its id; strongly consistent. Raises NotFound."""
        item = self._table.get(self._key(name))
        if item is None:
            raise NotFound("no such reconciliation", reconciliation=name[:64])
        return _head(name, item)

    def differences(self, name: str, after: int, limit: int, resolution: str = "") -> list[Listed]:
        """Those behind a number, in order, of one resolution or of all; strongly consistent."""
        pk, _ = self._key(name)
        sk_of = _place_sk if resolution else _sk
        between = sk_of(after + 1, resolution), sk_of(10**6, resolution)
        items = self._table.query(pk, sk_between=between, limit=limit, consistent=True).items
        if resolution:
            keys = [(pk, _sk(int(item["sk"].rpartition("#")[2]))) for item in items]
            items = sorted(self._table.get_many(keys, consistent=True), key=lambda item: str(item["sk"]))
        return [_listed(item) for item in items]

    def resolve(self, name: str, number: int, resolution: str) -> Listed:
        """Decide about one difference, while the report is not approved. Raises NotFound, Conflict, Retry."""
        pk, _ = self._key(name)
        item = self._table.get((pk, _sk(number)))
        if item is None:
            raise NotFound("no such difference", reconciliation=name[:64], number=number)
        seen = _listed(item)
        decided = replace(seen, resolution=resolution, rule="")
        if seen.resolution == resolution:
            return seen
        head = self.get(name)
        if head.state != "open":
            raise Conflict("the reconciliation is approved: nothing of it changes", reconciliation=name)
        writes: list[Write] = [
            self._head_put(replace(head, open=head.open - (seen.resolution == OPEN))),
            Put(_difference_item(pk, decided), "resolution = :seen", {":seen": seen.resolution}),
            Delete((pk, _place_sk(number, seen.resolution))),
            Put(_place_item(pk, decided)),
        ]
        try:
            self._table.transact(*writes, made=str(number))
        except Lost as lost:
            raise Retry("somebody else decides about it", reconciliation=name) from lost
        return decided

    def approve(self, name: str, now: datetime) -> Reconciliation:
        """Close a report in which nothing is open. Raises Conflict where something is, Retry."""
        head = self.get(name)
        if head.state == "approved":
            return head
        if head.state != "open" or head.open:
            raise Conflict("differences are still open", reconciliation=name, open=head.open, state=head.state)
        approved = replace(head, state="approved", approved_at=now)
        try:
            self._table.transact(self._head_put(approved), made=name)
        except Lost as lost:
            raise Retry("somebody else decides about it", reconciliation=name) from lost
        return approved

    def _head_put(self, head: Reconciliation) -> Put:
        """The head as it is now, if nobody changed it since it was read."""
        newer = replace(head, version=head.version + 1)
        return Put(_head_item(self._key(head.id), newer), "version = :seen", {":seen": head.version})

    def _key(self, name: str) -> tuple[str, str]:
        return f"{self._tenant}#reconciliation#{name}", "head"


def _sk(number: int, _resolution: str = "") -> str:
    return f"difference#{number:06}"


def _place_sk(number: int, resolution: str) -> str:
    return f"is#{resolution}#{number:06}"


def _head_item(key: tuple[str, str], made: Reconciliation) -> dict[str, Any]:
    names = {"platform": made.platform, "rows": made.rows, "job_id": made.job_id, "matched": made.matched}
    names |= {"counts": dict(made.counts), "open_count": made.open, "state": made.state, "version": made.version}
    moments = {"made_at": rfc3339(made.made_at)}
    moments |= {"approved_at": rfc3339(made.approved_at)} if made.approved_at else {}
    return {"pk": key[0], "sk": key[1], "schema": 1, **names, **moments}


def _head(name: str, item: dict[str, Any]) -> Reconciliation:
    approved_at = item.get("approved_at")
    return Reconciliation(
        id=name,
        platform=item["platform"],
        rows=int(item["rows"]),
        job_id=item["job_id"],
        made_at=parse_rfc3339(item["made_at"]),
        matched=int(item["matched"]),
        counts={kind: int(count) for kind, count in item["counts"].items()},
        open=int(item["open_count"]),
        state=item["state"],
        approved_at=parse_rfc3339(approved_at) if approved_at else None,
        version=int(item["version"]),
    )


def _place_item(pk: str, row: Listed) -> dict[str, Any]:
    return {"pk": pk, "sk": _place_sk(row.number, row.resolution), "schema": 1}


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
        "currency": d.currency,
        "bill_currency": d.bill_currency,
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
        item.get("currency", "CNY"),
        item.get("bill_currency", "CNY"),
    )
    number = int(item["sk"].rpartition("#")[2])
    return Listed(number, difference, item["resolution"], item.get("rule", ""))
