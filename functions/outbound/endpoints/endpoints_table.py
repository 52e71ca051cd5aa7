"""Endpoints in the room's table: `<t>#endpoint#<id>` / `endpoint`, listed in four shards by their ids."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from datetime import datetime
from zlib import crc32

from functions.outbound.endpoints.endpoints import ENDPOINTS_LIMIT, Endpoint
from hub.kernel.dataclass import dataclass
from hub.kernel.effective import BEGINNING
from hub.kernel.errors import Conflict, NotFound, Stale
from hub.kernel.regions import BASE
from hub.store.lists import ListQuery, Within, read_soonest
from hub.store.placed import place_keys
from hub.store.table import NEW, Delete, Index, Item, Key, Lost, Put, Table, Write

SHARDS = 4
BY_LIST = Index("by_list", "list_pk", "list_sk")
LIST = "endpoints"
CACHED_SECONDS = 2
"""What hears events knows of an endpoint that was changed after so long, and what the list itself lags behind."""


@dataclass
class Endpoints:
    """The endpoints of one tenant. wall_now: real time, of the cache."""

    tenant: str
    table: Table
    wall_now: Callable[[], datetime]
    _cached: tuple[float, tuple[Endpoint, ...]] = field(default=(0.0, ()), repr=False)

    def find(self, endpoint_id: str) -> Endpoint | None:
        """As it is now, strongly consistent; None where there is none."""
        item = self.table.get(self.key(endpoint_id))
        return _endpoint(item) if item else None

    def read(self, endpoint_id: str) -> Endpoint:
        """The same. Raises NotFound."""
        endpoint = self.find(endpoint_id)
        if endpoint is None:
            raise NotFound("no such endpoint", endpoint=endpoint_id)
        return endpoint

    def all(self) -> tuple[Endpoint, ...]:
        """All of them, by their ids; up to two seconds behind."""
        pages = (
            self.table.query_all(f"{self.tenant}#endpoints#{shard}", index=BY_LIST, limit=ENDPOINTS_LIMIT)
            for shard in range(SHARDS)
        )
        endpoints = (_endpoint(item) for page in pages for item in page)
        return tuple(sorted(endpoints, key=lambda endpoint: endpoint.id))

    def within(self, within: Within) -> tuple[Endpoint, ...]:
        """Those of a region, by their ids; up to two seconds behind."""
        if within.region == BASE:
            return self.all()
        query = ListQuery(self.tenant, LIST, Within(within.region), BEGINNING, ENDPOINTS_LIMIT)
        return tuple(map(_endpoint, read_soonest(self.table, query).items))

    def cached(self) -> tuple[Endpoint, ...]:
        """All of them, as they were CACHED_SECONDS ago at most."""
        wall = self.wall_now().timestamp()
        read_at, endpoints = self._cached
        if not 0 <= wall - read_at < CACHED_SECONDS:
            endpoints = self.all()
            self._cached = wall, endpoints
        return endpoints

    def forget(self) -> None:
        """Read them anew the next time."""
        self._cached = (0.0, ())

    def create(self, endpoint: Endpoint) -> None:
        """Store a new one; the same again changes nothing. Raises Conflict beyond ENDPOINTS_LIMIT."""
        if len(self.all()) >= ENDPOINTS_LIMIT:
            raise Conflict("there are as many endpoints as there may be", limit=ENDPOINTS_LIMIT)
        try:
            self.table.transact(Put(self.item(endpoint), NEW), made=endpoint.id)
        except Lost as lost:
            if (lost.item or {}).get("pk") != self.key(endpoint.id)[0]:
                raise

    def save(self, seen: Endpoint, changed: Endpoint, *more: Write) -> Endpoint:
        """Store a change on the condition that nobody made one since `seen`, and `more` with it. Raises Conflict."""
        changed = changed.model_copy(update={"version": seen.version + 1})
        try:
            self.table.transact(self.put_of(seen, changed), *more, made=changed.id)
        except Lost:
            raise Stale("the endpoint has changed since", endpoint=seen.id, version=seen.version) from None
        return changed

    def put_of(self, seen: Endpoint, changed: Endpoint) -> Put:
        """The write of a change."""
        return Put(self.item(changed), "#version = :seen", {":seen": seen.version})

    def delete(self, endpoint_id: str, *more: Write) -> None:
        """Forget an endpoint; what was sent to it is kept for its time."""
        self.table.transact(Delete(self.key(endpoint_id)), *more, made=endpoint_id)

    def item(self, endpoint: Endpoint) -> Item:
        """The item that holds an endpoint."""
        pk, sk = self.key(endpoint.id)
        shard = crc32(endpoint.id.encode()) % SHARDS
        return {
            "pk": pk,
            "sk": sk,
            "schema": 1,
            "version": endpoint.version,
            "document": endpoint.model_dump_json(),
            "list_pk": f"{self.tenant}#endpoints#{shard}",
            "list_sk": endpoint.id,
            **place_keys(self.tenant, LIST, endpoint.id, endpoint.region),
        }

    def key(self, endpoint_id: str) -> Key:
        """Its item's key."""
        return f"{self.tenant}#endpoint#{endpoint_id}", "endpoint"


def _endpoint(item: Item) -> Endpoint:
    return Endpoint.model_validate_json(str(item["document"])).model_copy(update={"version": int(item["version"])})
