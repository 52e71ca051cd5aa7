"""Publications in the room's table, one item a store: who was told there, and who has acknowledged it.

<tenant>#publication#<pub_…>#<shard 0-3>  / <store>
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from functions.pricing.publications.publications import StoreNotice
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.errors import Forbidden, NotFound
from hub.store.sharded import shard_pk, shard_pks
from hub.store.table import NEW, Lost, Table

STORES_LIMIT = 1000
"""Of each shard so many stores are read."""


class Publications:
    """The publications of one tenant. All methods raise Retry."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table, self._tenant = table, tenant

    def keep(self, notice: StoreNotice) -> bool:
        """Keep whom a publication is told to in a store, once: False where it was kept before."""
        pk, sk = self._key(notice.id, notice.store)
        item = {
            "pk": pk, "sk": sk, "schema": 1, "publication_id": notice.id, "document": notice.document,
            "number": notice.number, "starts_at": rfc3339(notice.starts_at), "store_id": notice.store,
            "region": notice.region, "guides": list(notice.guides),
        }  # fmt: skip
        try:
            self._table.put(item, NEW, with_item=False)
        except Lost:
            return False
        return True

    def get(self, publication_id: str, store: str) -> StoreNotice:
        """One store's. Raises NotFound."""
        item = self._table.get(self._key(publication_id, store))
        if item is None:
            raise NotFound("no such publication", publication=publication_id[:40])
        return _notice(item)

    def all(self, publication_id: str) -> list[StoreNotice]:
        """Every store's, by id. Raises NotFound where there is none."""
        pks = shard_pks(self._tenant, f"publication#{publication_id}")
        items = [item for pk in pks for item in self._table.query_all(pk, limit=STORES_LIMIT, consistent=True)]
        if not items:
            raise NotFound("no such publication", publication=publication_id[:40])
        return sorted(map(_notice, items), key=lambda notice: notice.store)

    def acknowledge(self, notice: StoreNotice, person: str) -> StoreNotice:
        """A guide says that they know; again changes nothing. Raises Forbidden for who was not notice."""
        if person not in notice.guides:
            raise Forbidden("you were not told of it", person=person)
        key, values = self._key(notice.id, notice.store), {":person": {person}}
        item = self._table.update(key, "ADD acknowledged :person", values)
        return replace(notice, acknowledged=tuple(sorted(item["acknowledged"])))

    def _key(self, publication_id: str, store: str) -> tuple[str, str]:
        return shard_pk(self._tenant, f"publication#{publication_id}", store), store


def _notice(item: Mapping[str, Any]) -> StoreNotice:
    return StoreNotice(
        id=item["publication_id"],
        document=item["document"],
        number=int(item["number"]),
        starts_at=parse_rfc3339(item["starts_at"]),
        store=item["store_id"],
        region=item["region"],
        guides=tuple(item["guides"]),
        acknowledged=tuple(sorted(item.get("acknowledged", ()))),
    )
