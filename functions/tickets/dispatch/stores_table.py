"""Stores as this room knows them, copied from the directory: where each lies, so that overlays and tickets find it."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from functions.tickets.tables import Items, Record
from functions.tickets.ticket.ticket import Stored
from hub.kernel.datum import Point

FRESH_SECONDS = 5
"""Where a store lies is at most this old (real time)."""
KNOWN_LIMIT = 5000


class StorePlace(Stored):
    """A store, the region that it lies in, and where it stands on the map (JSON of a GeoPoint, since DynamoDB takes no
    floats; "": nobody said, or an older item). version: of its record in the directory."""

    store_id: str
    region: str
    version: int
    position: str = ""


class StoresTable:
    """The stores of one tenant. wall_now: real time, by which what is known grows old."""

    def __init__(self, items: Items, wall_now: Callable[[], datetime]) -> None:
        self._items, self._wall_now = items, wall_now
        self._known: dict[str, tuple[float, str]] = {}
        self._placed: dict[str, tuple[float, Point | None]] = {}

    def region_of(self, store_id: str) -> str | None:
        """Where a store lies, None for one that there is not; at most a few seconds old."""
        wall = self._wall_now().timestamp()
        read_at, region = self._known.get(store_id, (0.0, ""))
        if region and wall - read_at < FRESH_SECONDS:
            return region
        record = self._items.find(f"store#{store_id}", "store")
        if record is None:
            return None
        if len(self._known) >= KNOWN_LIMIT:
            self._known.clear()
        self._known[store_id] = wall, record.read(StorePlace).region
        return self._known[store_id][1]

    def positions(self, store_ids: Iterable[str]) -> Mapping[str, Point]:
        """Where those of these stores stand that say so; at most a few seconds old."""
        wall, ids = self._wall_now().timestamp(), [*store_ids]
        unknown = [each for each in ids if wall - self._placed.get(each, (0.0, None))[0] >= FRESH_SECONDS]
        if len(self._placed) + len(unknown) > KNOWN_LIMIT:
            self._placed.clear()
            unknown = ids
        self._placed.update((each, (wall, None)) for each in unknown)
        keys = ((self._items.key(f"store#{each}"), "store") for each in unknown)
        for item in self._items.table.get_many(keys) if unknown else ():
            place = Record(item).read(StorePlace)
            point = Point(**json.loads(place.position)) if place.position else None
            self._placed[place.store_id] = wall, point
        known = ((each, self._placed[each][1]) for each in ids)
        return {each: point for each, point in known if point is not None}

    def keep_store(self, place: StorePlace) -> None:
        """Keep where a store lies, unless something newer is known."""
        self._items.keep_newest(f"store#{place.store_id}", "store", place, place.version)
