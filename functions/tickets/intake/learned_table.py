"""What was learned of resolved tickets, in the room's table: `…#learned` / `model`, of a fixed size."""

from __future__ import annotations

import json
from collections.abc import Callable

from functions.tickets.intake.learning import NOTHING, Counts, Model
from functions.tickets.tables import Items
from functions.tickets.ticket.ticket import Stored
from hub.contracts.base import Moment

FRESH_SECONDS = 60
"""What was learned is at most this old (real time)."""


class Learned(Stored):
    """The counts, as JSON, since when, and by which job."""

    counts: str
    at: Moment
    job: str


class LearnedTable:
    """What one tenant's tickets taught. wall_now: real time, by which what is known grows old."""

    def __init__(self, items: Items, wall_now: Callable[[], float]) -> None:
        self._items, self._wall_now = items, wall_now
        self._read_at, self._model = 0.0, NOTHING

    def model(self) -> Model:
        """The latest, at most a minute old."""
        wall = self._wall_now()
        if not self._read_at or wall - self._read_at >= FRESH_SECONDS:
            record = self._items.find("learned", "model")
            self._model = Model.of(json.loads(record.read(Learned).counts)) if record else NOTHING
            self._read_at = wall
        return self._model

    def keep(self, counts: Counts, job: str, at: Moment) -> None:
        """Learn no more than this from now on."""
        learned = Learned(counts=json.dumps(counts, separators=(",", ":")), at=at, job=job)
        self._items.table.put(self._items.item("learned", "model", learned))
        self._read_at = 0.0
