"""Shops (店铺): which connection of a marketplace is meant, and what is known of it to read its orders. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast

from functions.webhooks.orders.refresh import Shop
from hub.channels.mapping import StatusTable
from hub.channels.market import Feed
from hub.channels.registry import CHANNELS
from hub.kernel.dataclass import dataclass
from hub.store.connection import Connection

SETTINGS = ("shop_id", "kdt_id", "shop", "app_id")
"""What marketplaces call the setting that names the shop, the first that there is."""

Timeout = tuple[float, float]


class Connections(Protocol):
    """The tenant's connections. current: of this moment, where it is cached as disabled."""

    def current(self, connection_id: str) -> Connection | None: ...
    def every(self) -> tuple[Connection, ...]: ...


class Platforms(Protocol):
    """The clients of connections. timeout: seconds to connect, and to be answered."""

    def client(self, connection: Connection, timeout: Timeout = ...) -> Any: ...


class Mappings(Protocol):
    """The active status mappings: functions.webhooks.mappings.active."""

    def table(self, channel: str) -> StatusTable: ...


@dataclass(frozen=True)
class Shops:
    """feeds: what is pulled of a channel, by its name."""

    connections: Connections
    platforms: Platforms
    mappings: Mappings
    feeds: Callable[[str], tuple[Feed, ...]]

    def every(self) -> Mapping[str, Shop]:
        """Every enabled connection of a marketplace, by its id."""
        return {each.id: self._shop(each) for each in self.connections.every() if _is_shop(each)}

    def find(
        self, connection_id: str, channel: str = "", shop_id: str = "", *, timeout: Timeout | None = None
    ) -> Shop | None:
        """The marketplace connection of this id. Where the news is of another shop (a relay brought it, or an app has
        one URL for all its shops), the one of that channel for that shop, if there is one. None when there is none
        (any more). timeout: seconds to connect to the platform, and to be answered; None: as usual."""
        connection = self.connections.current(connection_id)
        own = connection if connection and _is_shop(connection) and channel in ("", connection.channel) else None
        if own is None or shop_id not in ("", shop_id_of(own)):
            others = (other for other in self.connections.every() if _is_shop(other) and other.channel == channel)
            own = next((other for other in others if shop_id_of(other) == shop_id), own)
        return self._shop(own, timeout) if own else None

    def _shop(self, connection: Connection, timeout: Timeout | None = None) -> Shop:
        channel, shop_id = CHANNELS[connection.channel], shop_id_of(connection)
        region, store_id = connection.place(shop_id)
        return Shop(
            connection_id=connection.id,
            channel=channel.name,
            shop_id=shop_id,
            client=self.platforms.client(connection, timeout) if timeout else self.platforms.client(connection),
            reader=cast(Any, channel.module("orders")),
            table=self.mappings.table(channel.name),
            feeds=self.feeds(channel.name),
            region=region,
            store_id=store_id,
        )


def shop_id_of(connection: Connection) -> str:
    """The shop, as the orders that its platform tells name it; "" where only they say so."""
    return next((str(connection.settings[name]) for name in SETTINGS if connection.settings.get(name)), "")


def _is_shop(connection: Connection) -> bool:
    channel = CHANNELS.get(connection.channel)
    return connection.enabled and channel is not None and channel.market
