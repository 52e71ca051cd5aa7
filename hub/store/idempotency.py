"""Idempotency-Key for HTTP: what a key was used for, kept for two days in the room's own table.

A key first claims its request's fingerprint; the same key with another body is refused. The claim keeps the moment
of its first use: ids made from it are the same on every retry. That the request is done is written in the transaction
that does it (hub.store.marks), so of any number of repeats, at once or later, one is done and all hear of it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem
from hub.kernel.ids import digest
from hub.store.marks import Ride, riding_with
from hub.store.table import NEW, Item, Key, Lost, Table

KEPT_SECONDS = 2 * 86_400


@dataclass(frozen=True)
class Claim:
    """made_at: when the key was first used. resource_id: what came of it ("" nothing with an id), None until it is
    done."""

    made_at: datetime
    resource_id: str | None


class Idempotency:
    """The keys of one tenant and room. wall_epoch: seconds of real time, for the TTL."""

    def __init__(self, tenant: str, table: str, dynamodb: Any, wall_epoch: Callable[[], float]) -> None:
        self._tenant, self._table, self._wall_epoch = tenant, Table(table, dynamodb), wall_epoch

    def claim(self, scope: str, fingerprint: str, now: datetime) -> Claim:
        """Claim a key (`scope` holds principal, route and key). Raises Invalid when it was used with another body,
        Retry."""
        pk, sk = self._key(scope)
        item = {
            "pk": pk,
            "sk": sk,
            "fingerprint": fingerprint,
            "made_at": rfc3339(now),
            "schema": 1,
            "expires_at": int(self._wall_epoch()) + KEPT_SECONDS,
        }
        try:
            self._table.put(item, NEW)
        except Lost as lost:
            return _again(lost.item or {}, fingerprint)
        return Claim(now, None)

    def riding(self, scope: str) -> AbstractContextManager[Ride]:
        """Inside, the request's first transaction on the room's table marks it as done."""
        return riding_with(Ride(self._table.name, self._key(scope)))

    def made(self, scope: str) -> str | None:
        """What came of a key's request, None while it is not done. Raises Retry."""
        item = self._table.get(self._key(scope)) or {}
        return item.get("resource_id")

    def finish(self, scope: str, resource_id: str) -> None:
        """A request that needed no transaction is done; `resource_id` is what a repeat renders anew. Raises Retry."""
        self._table.update(self._key(scope), "SET resource_id = :id", {":id": resource_id})

    def _key(self, scope: str) -> Key:
        return f"{self._tenant}#idempotency#{digest(scope).hex()}", "idempotency"


def _again(item: Item, fingerprint: str) -> Claim:
    if item["fingerprint"] != fingerprint:
        rule = "was used before with another body: use a new key for a new request"
        raise Invalid("key reused", problems=[Problem("header:Idempotency-Key", rule)])
    return Claim(parse_rfc3339(item["made_at"]), item.get("resource_id"))
