"""Publications in the room's table, one item a store: who was told there, and who has acknowledged it.

<tenant>#publication#<pub_…>#<shard 0-3>  / <store>
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from functions.pricing.publications.publications import Told
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

    def keep(self, told: Told) -> bool:
        """Keep whom a publication is told to in a store, once: False where it was kept before."""
        pk, sk = self._key(told.id, told.store)
        item = {
            "pk": pk, "sk": sk, "schema": 1, "publication_id": told.id, "document": told.document,
            "number": told.number, "starts_at": rfc3339(told.starts_at), "store_id": told.store,
            "region": told.region, "guides": list(told.guides),
        }  # fmt: skip
        try:
            self._table.put(item, NEW, with_item=False)
        except Lost:
            return False
        return True

    def get(self, publication_id: str, store: str) -> Told:
        """One store's. Raises NotFound."""
        item = self._table.get(self._key(publication_id, store))
        if item is None:
            raise NotFound("no such publication", publication=publication_id[:40])
        return _told(item)

    def all(self, publication_id: str) -> list[Told]:
        """Every store's, by id. Raises NotFound where there is none."""
        pks = shard_pks(self._tenant, f"publication#{publication_id}")
        items = [item for pk in pks for item in self._table.query_all(pk, limit=STORES_LIMIT, consistent=True)]
        if not items:
            raise NotFound("no such publication", publication=publication_id[:40])
        return sorted(map(_told, items), key=lambda told: told.store)

    def acknowledge(self, told: Told, person: str) -> Told:
        """A guide says that they know; again changes nothing. Raises Forbidden for who was not told."""
        if person not in told.guides:
            raise Forbidden("you were not told of it", person=person)
        key, values = self._key(told.id, told.store), {":person": {person}}
        item = self._table.update(key, "ADD acknowledged :person", values)
        return replace(told, acknowledged=tuple(sorted(item["acknowledged"])))

    def _key(self, publication_id: str, store: str) -> tuple[str, str]:
        return shard_pk(self._tenant, f"publication#{publication_id}", store), store


def _told(item: Mapping[str, Any]) -> Told:
    return Told(
        id=item["publication_id"],
        document=item["document"],
        number=int(item["number"]),
        starts_at=parse_rfc3339(item["starts_at"]),
        store=item["store_id"],
        region=item["region"],
        guides=tuple(item["guides"]),
        acknowledged=tuple(sorted(item.get("acknowledged", ()))),
    )
