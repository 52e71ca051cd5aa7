"""A pricing room with stores on the map: what tests of prices begin with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from functions.pricing import app
from hub.contracts.events import PersonChanged, StoreChanged
from hub.kernel.clock import StepClock
from hub.store.table import Table
from tests.support.aws import TENANT, account
from tests.support.hosts import install
from tests.support.http import Answer, Context, bus_batch, bus_events, call, sqs_batch

NOW = datetime(2026, 11, 30, 2, tzinfo=UTC)
"""10:00 in Shanghai, a Monday."""
MAY_1 = datetime(2026, 5, 1, tzinfo=UTC)


@dataclass
class Room:
    """The room over HTTP, at a time that stands still."""

    session: Any
    clock: StepClock

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        return call(app.room, method, path, body, **options)

    def made(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """The JSON of a call that has to succeed."""
        answer = self.call(method, path, body, **options)
        assert answer.status < 300, answer.text
        return answer.json

    def publish(self, path: str, document: Any, **more: Any) -> Any:
        """Publish a document of a kind, in force from now on unless `valid_from` says otherwise."""
        return self.made("POST", f"{path}/publish", {"document": document, **more})

    def store(
        self, store_id: str, region: str = "310101", at: tuple[float, float] | None = None, manager: str = ""
    ) -> None:
        """The directory told of a store; at: latitude and longitude in WGS-84."""
        position = {"latitude": at[0], "longitude": at[1], "datum": "wgs84"} if at else None
        facts = {"store_id": store_id, "version": 1, "region": region, "manager": manager, "position": position}
        self.hear(StoreChanged.model_validate({"id": f"evt_{store_id}", "tenant": TENANT, "at": MAY_1, **facts}))

    def guide(self, person_id: str, store_id: str, version: int = 1, **more: Any) -> None:
        """The directory told of somebody who sells in a store."""
        facts = {"person_id": person_id, "version": version, "active": True, "roles": ("agent",), "skills": ()}
        facts |= {"teams": (), "region": "310101", "store_id": store_id}
        person = {"id": f"evt_{person_id}", "tenant": TENANT, "at": MAY_1, **facts, **more}
        self.hear(PersonChanged.model_validate(person))

    def published(self, path: str) -> list[Any]:
        """The stream tells of a document's pointer, twice as it may; the events that came of it."""
        kind, key = ("campaign" if "campaigns" in path else "price_book"), path.rpartition("/")[2]
        pk, sk = f"{TENANT}#doc#{kind}#{key}", "p#base"
        item = Table(f"hub-{TENANT}-pricing", self.session.client("dynamodb")).get((pk, sk))
        change = {"table": "pricing", "kind": "MODIFY", "pk": pk, "sk": sk, "new": item, "old": None}
        assert app.on_change(sqs_batch(change, change), Context()) == {"batchItemFailures": []}
        return bus_events(self.session)

    def hear(self, *events: Any) -> None:
        assert app.on_event(bus_batch(*events), Context()) == {"batchItemFailures": []}


@contextmanager
def pricing_room(now: datetime = NOW, **options: Any) -> Iterator[Room]:
    """On a fresh account."""
    clock = StepClock(now)
    with account("pricing", **options) as session:
        install(app.room, session, clock)
        yield Room(session, clock)
