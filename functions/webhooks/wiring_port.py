"""What the room's handlers work with, made from the settings at first use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.webhooks.accept import Door
from functions.webhooks.orders_port import Orders
from functions.webhooks.publish import Publisher
from functions.webhooks.pull import LAG
from functions.webhooks.refresh import Refresher, Shop
from functions.webhooks.settling_port import Settler
from functions.webhooks.tables import Connections
from hub.channels.registry import CHANNELS, inbound
from hub.channels.registry import client as channel_client
from hub.contracts.events import Event
from hub.edge.settings import Settings
from hub.kernel.clock import Clock
from hub.kernel.errors import Broken, Retry
from hub.store.content import ContentStore
from hub.store.inbox import Inbox
from hub.store.secrets import Connection, ConnectionSecrets
from hub.store.tokens import TokenCache

PULLED = ("douyin",)
"""Channels whose orders are pulled."""


@dataclass
class Tools:
    """client: a service's name to its botocore client. emit: contract events to the bus."""

    settings: Settings
    clock: Clock
    client: Callable[[str], Any] = field(repr=False)
    emit: Callable[..., None] = field(repr=False)
    _tokens: dict[str, TokenCache] = field(default_factory=dict, repr=False)

    @cached_property
    def secrets(self) -> ConnectionSecrets:
        return ConnectionSecrets(self.client("ssm"), self.settings.tenant, self.clock.wall_now, self.settings.key_id)

    @cached_property
    def inbox(self) -> Inbox:
        return Inbox(self.settings.inbox_table, self.client("dynamodb"), self.settings.tenant)

    @cached_property
    def settler(self) -> Settler:
        return Settler(self.inbox, self.settings.table)

    @cached_property
    def connections(self) -> Connections:
        return Connections(self.settings.tenant, self.settings.table)

    @cached_property
    def publisher(self) -> Publisher:
        return Publisher(
            tenant=self.settings.tenant,
            inbox=self.inbox,
            settler=self.settler,
            put_content=self._put_content,
            emit=self._emit,
            inbound=inbound,
            wall_now=self.clock.wall_now,
        )

    @cached_property
    def refresher(self) -> Refresher:
        """Where business time runs scaled, a minute of it is enough for rows to settle."""
        orders = Orders(self.settings.table, self.client("dynamodb"), self.settings.tenant)
        return Refresher(orders, lag=LAG / int(self.settings.clock_scale))

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
        """Every enabled connection whose orders are pulled, by its id."""
        found = [one for one in self.secrets.every() if one.enabled and one.channel in PULLED]
        return {one.id: self._shop(one) for one in found}

    def shop(self, connection_id: str) -> Shop | None:
        """One such connection, None when there is none (any more)."""
        one = self.secrets.find(connection_id)
        return self._shop(one) if one and one.enabled and one.channel in PULLED else None

    def _shop(self, connection: Connection) -> Shop:
        module = channel_client(connection.channel)
        doubles = self.settings.platforms_url
        options: dict[str, Any] = {"wall_now": self.clock.wall_now}
        if doubles:
            options["base_url"] = f"{doubles.rstrip('/')}/{connection.channel}"
        return Shop(
            connection_id=connection.id,
            channel=connection.channel,
            platform=module.DouyinClient(connection.settings, self._token_cache(connection, options), **options),
            canonical_order=CHANNELS[connection.channel].module("orders").canonical_order,
            page_size=module.PAGE_SIZE,
        )

    def _token_cache(self, connection: Connection, options: Mapping[str, Any]) -> TokenCache:
        """One a connection and process: it remembers the token between calls."""

        fetch = channel_client(connection.channel).DouyinClient(connection.settings, **options).fetch_token
        key = f"{self.settings.tenant}#token#{connection.id}"
        cache = TokenCache(
            self.settings.table, key, self.client("dynamodb"), fetch, lambda: self.clock.wall_now().timestamp()
        )
        return self._tokens.setdefault(connection.id, cache)

    def _put_content(self, ref: str, body: dict[str, Any]) -> None:
        store = ContentStore(self.settings.tenant, self.settings.content_table, self.client("dynamodb"))
        with _passing():
            store.put(ref, body, int(self.clock.wall_now().timestamp()))

    def _emit(self, *events: Event) -> None:
        with _passing():
            self.emit(*events)


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
