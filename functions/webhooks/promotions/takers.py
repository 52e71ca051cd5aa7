"""Takers (可促销连接): the connections whose platforms take promotions. Pure."""

from __future__ import annotations

from typing import Any, Protocol

from functions.webhooks.promotions.lanes import PromotionClient
from hub.channels.registry import CHANNELS
from hub.kernel.dataclass import dataclass
from hub.store.connection import Connection


class Connections(Protocol):
    def find(self, connection_id: str) -> Connection | None: ...


class Platforms(Protocol):
    """The clients of connections."""

    def client(self, connection: Connection) -> Any: ...


@dataclass(frozen=True)
class Takers:
    """By the clients of their platforms: one that takes promotions has `push_promotion`."""

    connections: Connections
    platforms: Platforms

    def client(self, connection_id: str) -> PromotionClient | None:
        """The client of a connection, None while it is disabled, gone, or of a platform that takes no promotions."""
        connection = self.connections.find(connection_id)
        if connection is None or not connection.enabled or not _is_market(connection):
            return None
        client: PromotionClient = self.platforms.client(connection)
        return client if hasattr(client, "push_promotion") else None


def _is_market(connection: Connection) -> bool:
    channel = CHANNELS.get(connection.channel)
    return channel is not None and channel.market
