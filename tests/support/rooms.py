"""Front door, customers and tickets in one simulated account: what a platform delivers becomes somebody's ticket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from functions.customers import app as customers
from functions.pricing import app as pricing
from functions.webhooks import app as webhooks
from functions.webhooks.accept import build_door
from functions.webhooks.settings import DoorSettings
from hub.contracts.events import (
    Event,
    MessageReceived,
    MessageResolved,
    OccasionResolved,
    ReviewPosted,
    SupplyChanged,
    parse_event,
)
from hub.edge.aws import Clients
from hub.edge.host import Host
from hub.edge.settings import Settings
from hub.store.connection import Connection
from tests.support.aws import TENANT, environment, make_table
from tests.support.http import Context, bus_batch, bus_events
from tests.support.tickets import World, world
from tests.support.webhooks import QUEUES, Stack, deliver

OFFICIAL = Connection(
    "con_0FF1C1A1000000000000000000",
    "official_account",
    "enabled",
    {
        "token": "ScrmHubTestToken2024",
        "encoding_aes_key": "s0kWf9ZDvLGOnBEGvm/hiHcdGofxBWRNhQdVRvxJjMI",
        "app_id": "wx0000scrmhub00001",
        "app_secret": "00000000000000000000000000000001",
        "plaintext_allowed": "no",
    },
)
OPEN = Connection(
    "con_01J0PEN0000000000000000000",
    "open",
    "enabled",
    {"secret": "whsec_c2NybWh1Yi1vcGVuLWNoYW5uZWwtdGVzdC1rZXktMDE=", "account": "erp"},
)
FOR_TICKETS = MessageResolved | OccasionResolved | SupplyChanged
TEXT = (
    "<xml><ToUserName>gh_1</ToUserName><FromUserName>{who}</FromUserName><CreateTime>1</CreateTime>"
    "<MsgType>text</MsgType><Content>{text}</Content><MsgId>{number}</MsgId></xml>"
)


@dataclass
class Rooms:
    """The three rooms. A delivery is taken at the hub's moment, and all that follows from it happens at once."""

    hub: World
    stack: Stack
    messages: int = 0
    heard: list[str] = field(default_factory=list)
    """The types of the events that the front door's messages became."""
    said: list[Event] = field(default_factory=list)
    """The events themselves, and those of customers."""

    def follower_says(self, text: str, who: str = "oWang") -> dict[str, Any]:
        """A text of a follower of the official account, encrypted; what the platform hears."""
        self.messages += 1
        return self._take(OFFICIAL, TEXT.format(who=who, text=text, number=self.messages))

    def other_says(self, entry: str, text: str, phone: str = "", **more: Any) -> dict[str, Any]:
        """A message that an integrator tells of, come in by `entry`; what they hear."""
        person = {"id": f"{entry}-7", "phone": phone}
        return self.system_says("message.created", {"person": person, "entry": entry, "text": text, **more})

    def system_says(self, kind: str, data: dict[str, Any]) -> dict[str, Any]:
        """Something that a system of the tenant's own tells, now; what it hears."""
        at = self.hub.clock.now.isoformat()
        return self._take(OPEN, json.dumps({"type": kind, "occurred_at": at, "data": data}))

    def _take(self, connection: Connection, plaintext: str) -> dict[str, Any]:
        clock = self.hub.clock
        door = replace(build_door(DoorSettings.load(self.stack.settings), self.stack.clients), clock=clock)
        answer = door.answer(deliver(connection, plaintext.encode(), str(int(clock.now.timestamp()))))
        assert self.stack.publish() == []
        self._flow()
        return answer

    def _flow(self) -> None:
        """The bus, from room to room."""
        while events := [parse_event(event) for event in bus_events(self.hub.session)]:
            received = [event for event in events if isinstance(event, MessageReceived | ReviewPosted)]
            assert customers.on_event(bus_batch(*received), Context()) == {"batchItemFailures": []}
            self.hub.tell(*(event for event in events if isinstance(event, FOR_TICKETS)))
            self.said += events
            self.heard += [event.model_dump()["type"] for event in events]


@contextmanager
def rooms() -> Iterator[Rooms]:
    """At 02:00 in Shanghai, with an official account and a system of the tenant's own."""
    with world() as hub:
        connect_customers(hub)
        yield Rooms(hub, connect_webhooks(hub))


def connect_customers(hub: World, **settings: str) -> None:
    """Give the room of customers a table of its own in the account."""
    connect_room(hub, customers.room, "customers", environment("customers", **settings))


def connect_pricing(hub: World) -> None:
    """Give the room of prices a table of its own in the account."""
    connect_room(hub, pricing.room, "pricing", environment("pricing"))


def connect_webhooks(hub: World, **more: str) -> Stack:
    """Give the room of webhooks its tables, its queues and its two connections. more: settings."""
    settings, sqs = environment("webhooks", **more), hub.session.client("sqs")
    for setting, name in QUEUES.items():
        settings[setting] = sqs.create_queue(QueueName=f"hub-{TENANT}-{name}")["QueueUrl"]
    connect_room(hub, webhooks.room, "webhooks", settings, "inbox")
    stack = Stack(hub.session, settings, clock=hub.clock)
    for connection in (OFFICIAL, OPEN):
        stack.secrets().put(connection)
    return stack


def connect_room(hub: World, room: Any, name: str, environ: dict[str, str], *tables: str) -> None:
    """Give a room a host of these settings, and tables of its own, in the account."""
    there = hub.session.client("dynamodb").list_tables()["TableNames"]
    for table in (name, *tables):
        if f"hub-{TENANT}-{table}" not in there:
            make_table(f"hub-{TENANT}-{table}")
    host = Host(Settings.load(environ), hub.clock, Clients(hub.session.client), name, room.idempotency)
    room.install(host)
