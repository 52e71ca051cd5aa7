"""A simulated stack for the webhooks room: tables, queues, bus, secrets, and deliveries to its door."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from functions.webhooks import app
from functions.webhooks.accept import Door, build_door
from functions.webhooks.connections.selfcheck import to_event
from functions.webhooks.handlers import changes
from functions.webhooks.settings import DoorSettings
from hub.channels.door import Stamp
from hub.channels.registry import codec
from hub.kernel.clock import Clock
from hub.store.connection import Connection
from hub.store.inbox import Inbox
from hub.store.secrets import ConnectionSecrets
from tests.support.aws import REGION, TENANT, account
from tests.support.hosts import install
from tests.support.http import Context, bus_events, drain, is_carried, sqs_batch
from tests.support.quick_dynamodb import read_stream

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
WECOM = Connection(
    "con_01JWECOM000000000000000000",
    "wecom",
    "enabled",
    {
        "corp_id": "wwdemo0000000001",
        "receive_ids": ["wwdemo0000000001"],
        "agent_id": "1000002",
        "token": "DemoToken123",
        "encoding_aes_key": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
        "secret": "demo-app-secret-0123456789",
    },
)
DOUYIN = Connection(
    "con_01JD0VY1N00000000000000000",
    "douyin",
    "enabled",
    {"app_key": "7000000000000000001", "app_secret": "00000000-demo-demo-demo-000000000000", "shop_id": "4321"},
)
NAMES = ("changes", "tally", "pulls", "greetings", "replays", "promotions")
QUEUES = {f"HUB_{name.upper()}_QUEUE_URL": f"webhooks-{app.room.shared.get(name, name)}" for name in NAMES}


@dataclass
class Stack:
    """Clients and settings of the simulated stack, and every call made since `calls` was last cleared."""

    session: Any
    settings: dict[str, str]
    calls: list[str] = field(default_factory=list)
    clock: Clock | None = None
    _told: dict[str, int] = field(default_factory=dict)
    _tap: Any = None
    _waiting: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clients = {name: self._client(name) for name in ("dynamodb", "ssm", "sqs")}

    def restart(self) -> None:
        """The room as a process that has just started: nothing is cached."""
        install(app.room, self.session, self.clock)

    def changes(self) -> list[dict[str, Any]]:
        """What the inbox's stream says of every message stored so far: each was inserted."""
        table = self.settings["HUB_INBOX_TABLE"]
        pks = [item["pk"]["S"] for item in self.stored()]
        return [{"table": table, "kind": "INSERT", "pk": pk, "sk": "message", "new": None, "old": None} for pk in pks]

    def publish(self) -> list[str]:
        """Hand those to the room; the ids of the records that failed and would be delivered again."""
        failures = changes.on_change(sqs_batch(*self.changes()), Context())["batchItemFailures"]
        return [failure["itemIdentifier"] for failure in failures]

    def door(self) -> Door:
        """A front door that has just started."""
        return build_door(DoorSettings.load(self.settings), self.clients)

    def secrets(self, wall_now: Callable[[], datetime] = lambda: NOW) -> ConnectionSecrets:
        return ConnectionSecrets(self.clients["ssm"], TENANT, wall_now)

    def inbox(self) -> Inbox:
        return Inbox(self.settings["HUB_INBOX_TABLE"], self.clients["dynamodb"], TENANT)

    def stored(self) -> list[dict[str, Any]]:
        """Every message, over as many pages as they take: one holds 1 MB, some 1,500 messages."""
        pages = self.clients["dynamodb"].get_paginator("scan").paginate(TableName=self.settings["HUB_INBOX_TABLE"])
        return [item for page in pages for item in page["Items"]]

    def stream(self) -> list[dict[str, Any]]:
        """What the streams of the inbox and the room's table told since the last call; the first call turns them
        on."""
        tables = [self.settings[name] for name in ("HUB_INBOX_TABLE", "HUB_TABLE")]
        if not self._told:
            on = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
            for table in tables:
                self.clients["dynamodb"].update_table(TableName=table, StreamSpecification=on)
        found = []
        for table in tables:
            records = read_stream(REGION, table, self._told.get(table, 0))
            self._told[table] = self._told.get(table, 0) + len(records)
            found += records
        return found

    def drain(self, queue_setting: str) -> list[dict[str, Any]]:
        """Take every message off a queue, named by its setting or as the room names it; what the queue carries for
        others is left for who takes theirs."""
        name = queue_setting.removeprefix("HUB_").removesuffix("_QUEUE_URL").lower()
        sqs, carrier = self.clients["sqs"], app.room.shared.get(name, name)
        waiting = self._waiting.setdefault(carrier, [])
        waiting += drain(sqs, sqs.get_queue_url(QueueName=f"hub-{TENANT}-webhooks-{carrier}")["QueueUrl"])
        taken = [body for body in waiting if (body["for"] if is_carried(body) else carrier) == name]
        waiting[:] = [body for body in waiting if body not in taken]
        return [body["body"] if is_carried(body) else body for body in taken]

    def emitted(self) -> list[dict[str, Any]]:
        """Take every contract event off the bus."""
        if self._tap is None:
            self._tap = self.session.client("sqs")  # one whose calls are not counted
        return bus_events(self._tap)

    def _client(self, name: str) -> Any:
        """A client whose calls are counted: one line a request that leaves."""
        client = self.session.client(name)
        client.meta.events.register("before-call.*.*", self._note)
        return client

    def _note(self, model: Any, **_: Any) -> None:
        self.calls.append(model.name)


@contextmanager
def simulated_stack(clock: Clock | None = None, **more: str) -> Iterator[Stack]:
    """Everything that the stack's template makes for webhooks, in moto, with two connections. clock: of the room, real
    time if none."""
    with account("webhooks", "inbox", **more) as session:
        sqs = session.client("sqs")
        for setting, name in QUEUES.items():
            os.environ[setting] = sqs.create_queue(QueueName=f"hub-{TENANT}-{name}")["QueueUrl"]
        for entry in app.room.manifest()["entries"]:
            if entry["kind"] == "queue":
                sqs.create_queue(QueueName=f"hub-{TENANT}-webhooks-{entry['queue']}")
        settings = {name: os.environ[name] for name in os.environ if name.startswith("HUB_")}
        stack = Stack(session, settings, clock=clock)
        for connection in (WECOM, DOUYIN):
            stack.secrets().put(connection)
        stack.calls.clear()
        stack.restart()
        yield stack


def wecom_text(text: str, message_id: str = "7300000000000000001", sender: str = "wmCustomer1") -> bytes:
    """A customer's text, as WeCom says it inside the envelope."""
    return (
        f"<xml><ToUserName><![CDATA[wwdemo0000000001]]></ToUserName><FromUserName><![CDATA[{sender}]]></FromUserName>"
        f"<CreateTime>1700000000</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{text}]]></Content>"
        f"<MsgId>{message_id}</MsgId><AgentID>1000002</AgentID></xml>"
    ).encode()


def douyin_push(*messages: Mapping[str, Any]) -> bytes:
    """An array of pushes, each `{"tag", "msg_id", "data": {...}}`."""
    return json.dumps([{**message, "data": json.dumps(message["data"])} for message in messages]).encode()


def deliver(connection: Connection, plaintext: bytes, timestamp: str = "1700000000") -> dict[str, Any]:
    """The event of a genuine delivery of `plaintext`; timestamp: for platforms that let none be old."""
    stamp = Stamp(timestamp=timestamp, nonce="n0nce", randomness=b"0123456789abcdef")
    sample = codec(connection.channel).sample(connection.settings, plaintext, stamp)
    return to_event(connection, sample)
