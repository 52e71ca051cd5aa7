"""Shops on marketplaces, in one account with customers and tickets: what a platform pushes becomes somebody's work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from functions.customers import app as customers
from functions.tickets import app as tickets
from functions.webhooks.accept import Door, build_door
from functions.webhooks.handlers import changes, touched
from functions.webhooks.settings import DoorSettings
from hub.contracts.events import Event, parse_event
from hub.store.connection import Connection
from hubctl.platforms.app import Platforms
from tests.support.doubles import serving
from tests.support.http import Context, bus_batch, bus_events, sqs_batch
from tests.support.rooms import connect_customers, connect_webhooks
from tests.support.tickets import World, world
from tests.support.webhooks import Stack, deliver

ROUNDS_LIMIT = 30


@dataclass
class Market:
    """hub: the room of tickets. said: every event of the front door and of customers."""

    hub: World
    stack: Stack
    platforms: Platforms
    said: list[Event] = field(default_factory=list)

    def know(self, channel: str, what: str, row: Mapping[str, Any]) -> None:
        """The platform has this row so from now on; it has told nobody."""
        double = self.platforms.double(channel)
        assert double is not None
        double.control(what, [dict(row)])

    def door(self) -> Door:
        """The front door, at the hub's moment."""
        return replace(build_door(DoorSettings.load(self.stack.settings), self.stack.clients), clock=self.hub.clock)

    def push(self, connection: Connection, plaintext: str) -> dict[str, Any]:
        """The platform pushes, and all that follows from it happens at once; what the platform hears."""
        answer = self.door().answer(deliver(connection, plaintext.encode(), str(int(self.hub.clock.now.timestamp()))))
        self.settle()
        return answer

    def settle(self) -> None:
        """Streams, queues and the bus, from room to room, until nothing is left to do."""
        for _ in range(ROUNDS_LIMIT):
            if records := self.stack.stream():
                changes.forward({"Records": records}, Context())
            moved = self.stack.drain("changes")
            assert changes.on_change(sqs_batch(*moved), Context()) == {"batchItemFailures": []}
            events = [parse_event(event) for event in bus_events(self.hub.session)]
            for handler, types in ((touched.on_event, HINTS), (customers.on_event, OF_CUSTOMERS)):
                heard = [event for event in events if _type(event) in types]
                assert handler(bus_batch(*heard), Context()) == {"batchItemFailures": []}
            self.hub.tell(*(event for event in events if _type(event) in OF_TICKETS))
            self.said += events
            if not (records or moved or events):
                return
        raise AssertionError("the rooms do not come to rest")


def _type(event: Event) -> str:
    return str(type(event).model_fields["type"].default)


def _heard_by(room: Any) -> frozenset[str]:
    """What the room's one consumer of events hears."""
    (entry,) = (entry for entry in room.manifest()["entries"] if entry["kind"] == "events")
    return frozenset(entry["subscriptions"])


HINTS = frozenset({"order.touched", "after_sale.touched", "feed.touched"})
OF_CUSTOMERS = _heard_by(customers.room)
OF_TICKETS = _heard_by(tickets.room)


@contextmanager
def market(*connections: Connection, publish: tuple[str, ...] = ()) -> Iterator[Market]:
    """At 02:00 in Shanghai, with these shops. publish: preset flows that are in force."""
    shops: dict[str, list[dict[str, Any]]] = {}
    for connection in connections:
        shops.setdefault(connection.channel, []).append(dict(connection.settings))
    with serving(shops) as (url, platforms), world(publish=publish) as hub:
        connect_customers(hub)
        stack = connect_webhooks(hub, HUB_PLATFORMS_URL=url)
        for connection in connections:
            stack.secrets().put(connection)
        stack.stream()
        yield Market(hub, stack, platforms)
