"""Our own copy of the stores (门店), as the directory tells of them: where they are, and who sells there.

<tenant>#store#<id>     / store     region, position, manager, guides; listed in `<tenant>#stores#<shard>`
<tenant>#guide#<person> / guide     where one of us sells
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from functions.pricing.places.places import Store
from hub.contracts import events
from hub.contracts.base import GeoPoint
from hub.kernel.datum import Point
from hub.kernel.errors import NotFound, Retry
from hub.store.sharded import shard_pk, shard_pks
from hub.store.table import NEW, Index, Lost, Put, Table, Update, Write

LIST = "stores"
BY_LIST = Index("by_list", "list_pk", "list_sk")
STORES_LIMIT = 1000
"""Of each of the four shards so many stores are known at once: four thousand of a tenant."""
GUIDE_ROLES = ("store_manager", "agent")


class Stores:
    """The stores of one tenant. All methods raise Retry."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table, self._tenant = table, tenant

    def save(self, event: events.StoreChanged) -> None:
        """Keep a store as it is now, beside its guides; what is told late changes nothing."""
        pk, sk = self._key(event.store_id)
        sets = {
            "store_id": event.store_id,
            "region": event.region,
            "manager": event.manager,
            "version": event.version,
            "position": event.position.model_dump_json() if event.position else "",
            "list_pk": shard_pk(self._tenant, LIST, event.store_id),
            "list_sk": event.store_id,
            "schema": 1,
        }
        try:
            self._table.put({"pk": pk, "sk": sk, **sets}, NEW, with_item=False)
        except Lost:
            self._change(event, sets)

    def _change(self, event: events.StoreChanged, sets: dict[str, Any]) -> None:
        values = {f":v{nth}": value for nth, value in enumerate(sets.values())}
        change = "SET " + ", ".join(f"#{name} = :v{nth}" for nth, name in enumerate(sets))
        newer = "attribute_not_exists(#version) OR #version < :version"
        try:
            self._table.update(self._key(event.store_id), change, {**values, ":version": event.version}, newer)
        except Lost:
            return

    def save_guide(self, event: events.PersonChanged) -> None:
        """Keep who sells where, beside the store. Whoever left, or sells no more, sells in none of the stores that they
        were known at."""
        key = f"{self._tenant}#guide#{event.person_id}", "guide"
        known = self._table.get(key) or {}
        if known and int(known["version"]) >= event.version:
            return
        sells = event.active and bool({*event.roles} & {*GUIDE_ROLES})
        store_id, person = event.store_id if sells else "", {":person": {event.person_id}}
        item = {"pk": key[0], "sk": key[1], "schema": 1, "store_id": store_id, "version": event.version}
        when, values = ("#version = :seen", {":seen": known["version"]}) if known else (NEW, {})
        writes: list[Write] = [Put(item, when, values)]
        if known.get("store_id") and known["store_id"] != store_id:
            writes.append(Update(self._key(known["store_id"]), "DELETE guides :person", person))
        if store_id:
            writes.append(Update(self._key(store_id), "ADD guides :person", person))
        try:
            self._table.transact(*writes, made=event.person_id)
        except Lost:
            raise Retry("somebody moves at this moment", person=event.person_id) from None

    def find(self, store_id: str) -> Store | None:
        """A store, strongly consistent; None where there is none."""
        item = self._table.get(self._key(store_id))
        return _store(item) if item and "store_id" in item else None

    def get(self, store_id: str) -> Store:
        """The same. Raises NotFound."""
        if store := self.find(store_id):
            return store
        raise NotFound("no such store", store=store_id[:64])

    def region_of(self, store_id: str) -> str | None:
        """Where a store is; None where there is none."""
        store = self.find(store_id)
        return store.region if store else None

    def every_store(self) -> Sequence[Store]:
        """All stores by id; up to two seconds behind."""
        return sorted(
            (
                _store(item)
                for pk in shard_pks(self._tenant, LIST)
                for item in self._table.query_all(pk, index=BY_LIST, limit=STORES_LIMIT)
            ),
            key=lambda store: store.id,
        )

    def _key(self, store_id: str) -> tuple[str, str]:
        return f"{self._tenant}#store#{store_id}", "store"


def _store(item: dict[str, Any]) -> Store:

    position = GeoPoint.model_validate_json(item["position"]) if item.get("position") else None
    point = Point(position.latitude, position.longitude, position.datum) if position else None
    guides = {*item.get("guides", ()), *filter(None, [item.get("manager", "")])}
    return Store(item["store_id"], item["region"], point, tuple(sorted(guides)))
