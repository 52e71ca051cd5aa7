"""What is due (到期): an item that is to be looked at next carries when, in a sparse index sharded by its hash.

    due_pk      <tenant>#<name>#<shard 0-3>
    due_at      <rfc3339>

Whoever sweeps reads by the key what has come due, and nothing while nothing has. The index, `by_due`, has keys only,
and may be two seconds behind: what decides is read from the table.
"""

from __future__ import annotations

from datetime import datetime
from zlib import crc32

from hub.kernel.clock import UNTIL_CALLED, parse_rfc3339, rfc3339
from hub.store.table import Index, Key, Page, Table

SHARDS = 4
BY_DUE = Index("by_due", "due_pk", "due_at")


def due_keys(tenant: str, name: str, item_id: str, at: datetime | None) -> dict[str, str]:
    """The index attributes of an item that is to be looked at from `at` on; {} for one that is not."""
    if at is None:
        return {}
    return {"due_pk": f"{tenant}#{name}#{crc32(item_id.encode()) % SHARDS}", "due_at": rfc3339(at)}


def due_by(table: Table, tenant: str, name: str, now: datetime, limit: int) -> list[Key]:
    """The keys of the items due by `now`, of each shard the oldest `limit`. Raises Retry."""
    pages = (_page(table, f"{tenant}#{name}#{shard}", limit, f"{rfc3339(now)}~") for shard in range(SHARDS))
    return [(item["pk"], item["sk"]) for page in pages for item in page.items]


def next_due(table: Table, tenant: str, name: str) -> datetime:
    """When the first of them is due, UNTIL_CALLED when none is. Raises Retry."""
    pages = (_page(table, f"{tenant}#{name}#{shard}", 1) for shard in range(SHARDS))
    moments = (parse_rfc3339(item["due_at"]) for page in pages for item in page.items)
    return min(moments, default=UNTIL_CALLED)


def _page(table: Table, pk: str, limit: int, before: str = "") -> Page:
    return table.query(pk, index=BY_DUE, sk_before=before, limit=limit)
