"""What the room's handlers work with, made from the settings at first use."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast
from zoneinfo import ZoneInfo

from botocore.exceptions import BotoCoreError, ClientError

from functions.webhooks.accept import Door
from functions.webhooks.connections.connections_table import Connections
from functions.webhooks.inbox.conversations import CHANNEL as CONVERSATIONS
from functions.webhooks.inbox.conversations import FeedClient, Feeds
from functions.webhooks.inbox.counters_table import Counters
from functions.webhooks.inbox.greetings import Greeter, WelcomeClient
from functions.webhooks.inbox.publish import Publisher
from functions.webhooks.inbox.settling_table import Settler
from functions.webhooks.mappings.mappings_table import Mappings
from functions.webhooks.orders.days_table import OrderDays
from functions.webhooks.orders.orders_table import Orders
from functions.webhooks.orders.refresh import Refresher, Shop
from hub.channels.client import TIMEOUT_SECONDS
from hub.channels.market import Feed, Row
from hub.channels.registry import CHANNELS, channel_document, inbound
from hub.channels.registry import client as channel_client
from hub.channels.samples import account_of
from hub.contracts.events import Event
from hub.edge.settings import Settings
from hub.kernel.clock import Clock
from hub.kernel.errors import Broken, Retry
from hub.store.content import ContentStore
from hub.store.inbox import Arrival, Inbox
from hub.store.limits import Limits
from hub.store.secrets import Connection, ConnectionSecrets
from hub.store.tokens import TokenCache

Timeout = tuple[float, float]
SHOP_SETTINGS = ("shop_id", "kdt_id", "shop", "app_id")
"""What marketplaces call the setting that names the shop, the first that there is."""


@dataclass
class Tools:
    """client: a service's name to its botocore client. emit: contract events to the bus."""

    settings: Settings
    clock: Clock
    client: Callable[[str], Any] = field(repr=False)
    emit: Callable[..., None] = field(repr=False)
    _clients: dict[tuple[str, Timeout], tuple[Connection, Any]] = field(default_factory=dict, repr=False)

    @cached_property
    def secrets(self) -> ConnectionSecrets:
        return ConnectionSecrets(self.client("ssm"), self.settings.tenant, self.clock.wall_now, self.settings.key_id)

    @cached_property
    def inbox(self) -> Inbox:
        return Inbox(self.settings.inbox_table, self.client("dynamodb"), self.settings.tenant)

    @cached_property
    def settler(self) -> Settler:
        return Settler(self.inbox, self.counters)

    @cached_property
    def counters(self) -> Counters:
        return Counters(self.settings.table, self.client("dynamodb"), self.settings.tenant, self.settings.timezone)

    @cached_property
    def order_days(self) -> OrderDays:
        return OrderDays(self.settings.table, self.client("dynamodb"), self.settings.tenant)

    @cached_property
    def mappings(self) -> Mappings:
        return Mappings(self.settings.table, self.client("dynamodb"), self.settings.tenant, self.clock.wall_now)

    @cached_property
    def connections(self) -> Connections:
        return Connections(self.settings.tenant, self.settings.table)

    @cached_property
    def orders(self) -> Orders:
        zone = ZoneInfo(self.settings.timezone)
        return Orders(self.settings.table, self.client("dynamodb"), self.settings.tenant, zone)

    @cached_property
    def publisher(self) -> Publisher:
        return Publisher(
            tenant=self.settings.tenant,
            inbox=self.inbox,
            settler=self.settler,
            put_content=self._put_content,
            emit=self._emit,
            keep=self.refresher.keep,
            is_disabled=self._is_disabled,
            inbound=inbound,
            wall_now=self.clock.wall_now,
        )

    @cached_property
    def refresher(self) -> Refresher:
        return Refresher(self.orders, self._keep_note, self._keep_row, self._quarantine, int(self.settings.clock_scale))

    @cached_property
    def feeds(self) -> Feeds:
        return Feeds(
            inbox=self.inbox,
            cursors=self.connections,
            reader=cast(Any, inbound(CONVERSATIONS)),
            open_client=self._conversation_client,
            connections=lambda: [
                one.id for one in self.secrets.every() if one.enabled and one.channel == CONVERSATIONS
            ],
            business_now=self.clock.business_now,
            wall_now=self.clock.wall_now,
            note=self.note_failure,
        )

    @cached_property
    def greeter(self) -> Greeter:
        code_of = cast(Any, inbound("wecom")).welcome_code
        return Greeter(self.inbox.read, code_of, self._welcome_client, self.note_failure)

    def note_failure(self, connection_id: str, code: str) -> None:
        """A platform did not take a call: counted, and shown on the connection."""
        self.counters.add(connection_id, self.clock.business_now(), {"failed_calls": 1}, {"last_error": code})

    def door(self) -> Door:
        """The front door as this room would open it, with secrets read afresh."""
        return Door(
            secrets=ConnectionSecrets(self.client("ssm"), self.settings.tenant, self.clock.wall_now),
            inbox=self.inbox,
            queue=self.client("sqs"),
            tally_url=self.settings.tally_queue_url,
            clock=self.clock,
        )

    def shops(self) -> Mapping[str, Shop]:
        """Every enabled connection of a marketplace, by its id."""
        return {one.id: self._shop(one) for one in self.secrets.every() if _is_shop(one)}

    def shop(
        self, connection_id: str, channel: str = "", shop_id: str = "", timeout: Timeout = TIMEOUT_SECONDS
    ) -> Shop | None:
        """The marketplace connection of this id. Where the news is of another shop (a relay brought it, or an app has
        one URL for all its shops), the one of that channel for that shop, if there is one. None when there is none
        (any more). timeout: seconds to connect, and to be answered."""
        one = self._current(connection_id)
        own = one if one is not None and _is_shop(one) and channel in ("", one.channel) else None
        if own is None or shop_id not in ("", _shop_id(own)):
            others = (other for other in self.secrets.every() if _is_shop(other) and other.channel == channel)
            own = next((other for other in others if _shop_id(other) == shop_id), own)
        return self._shop(own, timeout) if own else None

    def platform(self, connection: Connection, timeout: Timeout = TIMEOUT_SECONDS) -> Any:
        """The API client of a connection, kept with its tokens until its settings change."""
        known = self._clients.get((connection.id, timeout))
        if known is None or known[0] != connection:
            known = self._clients[connection.id, timeout] = (connection, self._connect(connection, timeout))
        return known[1]

    def _shop(self, connection: Connection, timeout: Timeout = TIMEOUT_SECONDS) -> Shop:
        channel = CHANNELS[connection.channel]
        return Shop(
            connection_id=connection.id,
            channel=channel.name,
            shop_id=_shop_id(connection),
            client=self.platform(connection, timeout),
            reader=cast(Any, channel.module("orders")),
            table=self.mappings.table(channel.name),
            feeds=channel.module("client").FEEDS,
        )

    def _connect(self, connection: Connection, timeout: Timeout) -> Any:
        kind = channel_client(connection.channel).Client
        options: dict[str, Any] = {"wall_now": self.clock.wall_now, "timeout": timeout}
        options["budget"] = self._limits(connection)
        if self.settings.platforms_url:
            options["base_url"] = f"{self.settings.platforms_url.rstrip('/')}/{connection.channel}"
        cache = TokenCache(
            self.settings.table,
            f"{self.settings.tenant}#token#{connection.id}",
            self.client("dynamodb"),
            kind(connection.settings, **options).fetch_token,
            lambda: self.clock.wall_now().timestamp(),
        )
        return kind(connection.settings, cache, **options)

    def _limits(self, connection: Connection) -> Limits:
        """What the platform allows this connection, shared by all processes."""
        return Limits(
            self.settings.table,
            f"{self.settings.tenant}#limit#{connection.id}",
            self.client("dynamodb"),
            channel_document(connection.channel).get("limits", ()),
            lambda: self.clock.wall_now().timestamp(),
        )

    def _welcome_client(self, connection_id: str) -> tuple[WelcomeClient, str] | None:
        return self._greeting(self.secrets.find(connection_id), "wecom")

    def _conversation_client(self, connection_id: str) -> tuple[FeedClient, str, str] | None:
        one = self._current(connection_id)
        if one is None or not one.enabled or one.channel != CONVERSATIONS:
            return None
        return self.platform(one), account_of(one.settings), str(one.settings.get("greeting", ""))

    def _current(self, connection_id: str) -> Connection | None:
        """The connection. One that is cached as disabled is read again: it may have been enabled since, and what was
        held for it is out."""
        one = self.secrets.find(connection_id)
        return self.secrets.newer(one) or one if one is not None and not one.enabled else one

    def _greeting(self, one: Connection | None, channel: str) -> tuple[WelcomeClient, str] | None:
        if one is None or not one.enabled or one.channel != channel or not one.settings.get("greeting"):
            return None
        return self.platform(one), str(one.settings["greeting"])

    def _keep_note(self, order_id: str, text: str) -> None:
        self._put_content(order_id, {"schema": 1, "kind": "order", "note": text})

    def _keep_row(self, shop: Shop, feed: Feed, row: Row) -> None:
        told = json.dumps({"pulled": feed.entity, "row": row.detail}, ensure_ascii=False)
        arrival = Arrival(
            connection_id=shop.connection_id,
            channel=shop.channel,
            account=shop.shop_id,
            dedupe_key=f"{feed.entity}:{row.number}",
            plaintext=told.encode(errors="replace"),  # half an emoji, where a platform cut it
            source="pull",
        )
        self.inbox.store(arrival, self.clock.business_now(), self.clock.wall_now())

    def _quarantine(self, message_id: str, reason: str) -> None:
        """A message whose order can't be read. One that is still being published is waited for: its own settling must
        not hide this."""
        item = self.inbox.read(message_id)
        if item is not None and item.counted in ("", "pending"):
            raise Retry("the message is being published", after_seconds=2, message_id=message_id)
        if item is not None:
            self.settler.settle(item, "quarantined", self.clock.wall_now(), reason)

    def _is_disabled(self, connection_id: str) -> bool:
        one = self.secrets.find(connection_id)
        return one is not None and not one.enabled

    def _put_content(self, ref: str, body: dict[str, Any]) -> None:
        store = ContentStore(self.settings.tenant, self.settings.content_table, self.client("dynamodb"))
        with _passing():
            store.put(ref, body, int(self.clock.wall_now().timestamp()))

    def _emit(self, *events: Event) -> None:
        with _passing():
            self.emit(*events)


def _shop_id(connection: Connection) -> str:
    """The shop, as the orders that its platform tells name it; "" where only they say so."""
    return next((str(connection.settings[name]) for name in SHOP_SETTINGS if connection.settings.get(name)), "")


def _is_shop(connection: Connection) -> bool:
    channel = CHANNELS.get(connection.channel)
    return connection.enabled and channel is not None and channel.market


@contextmanager
def _passing() -> Iterator[None]:
    """What AWS refuses here passes. What it will never take is Broken: counted until the message is dead."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        kind = Broken if code == "ValidationException" else Retry
        raise kind("AWS does not take it", reason=code) from error
    except BotoCoreError as error:
        raise Retry("AWS does not answer", reason=type(error).__name__) from error
