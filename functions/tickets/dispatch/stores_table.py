"""Stores as this room knows them, copied from the directory: where each lies, so that overlays and tickets find it."""

from collections.abc import Callable
from datetime import datetime

from functions.tickets.tables import Items
from functions.tickets.ticket.ticket import Stored

FRESH_SECONDS = 5
"""Where a store lies is at most this old (real time)."""
KNOWN_LIMIT = 5000


class StorePlace(Stored):
    """A store, and the region that it lies in. version: of its record in the directory."""

    store_id: str
    region: str
    version: int


class StoresTable:
    """The stores of one tenant. wall_now: real time, by which what is known grows old."""

    def __init__(self, items: Items, wall_now: Callable[[], datetime]) -> None:
        self._items, self._wall_now = items, wall_now
        self._known: dict[str, tuple[float, str]] = {}

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

    def keep_store(self, place: StorePlace) -> None:
        """Keep where a store lies, unless something newer is known."""
        self._items.keep_newest(f"store#{place.store_id}", "store", place, place.version)
