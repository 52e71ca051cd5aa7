"""The content store: what people wrote, kept apart from the bus (a claim check).

Events carry a `content_ref`; whoever may read content fetches it here. One table, encrypted with the tenant's key,
each item ended by TTL. Content is written before the event that refers to it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from hub.kernel.errors import NotFound
from hub.store.table import Item, Key, Table

TTL_DAYS = 400
DAY_SECONDS = 86_400


class ContentStore:
    """Content by reference. `dynamodb` is a low-level client; `tenant` begins every key."""

    def __init__(self, tenant: str, table: str, dynamodb: Any) -> None:
        self._tenant, self._table = tenant, Table(table, dynamodb)

    def put(self, ref: str, body: dict[str, Any], wall_epoch: int) -> None:
        """Store `body` (JSON) under `ref`, replacing the same content of an earlier try. Half an emoji (a platform
        cut it) becomes a question mark. Raises Retry."""
        self._table.put(self._item(ref, body, wall_epoch))

    def put_many(self, bodies: Mapping[str, dict[str, Any]], wall_epoch: int) -> None:
        """The same for several, by their refs. Raises Retry, when some may be stored."""
        self._table.put_many([self._item(ref, body, wall_epoch) for ref, body in bodies.items()])

    def _item(self, ref: str, body: dict[str, Any], wall_epoch: int) -> Item:
        pk, sk = self._key(ref)
        return {
            "pk": pk,
            "sk": sk,
            "schema": 1,
            "body": json.dumps(body, ensure_ascii=False).encode(errors="replace"),
            "expires_at": wall_epoch + TTL_DAYS * DAY_SECONDS,
        }

    def read_ahead(self, refs: Sequence[str]) -> None:
        """Have these contents at hand for what follows in this batch."""
        self._table.read_ahead([self._key(ref) for ref in refs if ref])

    def get(self, ref: str) -> dict[str, Any]:
        """The content under `ref`. Raises NotFound when it has expired or never was, Retry."""
        item = self._table.get(self._key(ref))
        if item is None:
            raise NotFound("no such content", ref=ref)
        body: dict[str, Any] = json.loads(item["body"])
        return body

    def _key(self, ref: str) -> Key:
        return f"{self._tenant}#content#{ref}", "content"
