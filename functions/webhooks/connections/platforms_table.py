"""Platforms (平台): a connection's API client, with its access token, limits and circuit in the room's table."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.channels.registry import channel_document
from hub.channels.registry import client as channel_client
from hub.store.circuit import Circuit
from hub.store.connection import Connection
from hub.store.limits import Limits
from hub.store.secrets import ConnectionSecrets
from hub.store.table import Table
from hub.store.tokens import TokenCache

Timeout = tuple[float, float]


@dataclass(frozen=True)
class Platforms:
    """The connections of one tenant and their clients. base_url: of doubles, "" for the platforms themselves."""

    secrets: ConnectionSecrets
    table: Table
    tenant: str
    base_url: str
    wall_now: Callable[[], datetime]
    _clients: dict[tuple[str, Timeout | None], tuple[Connection, Any]] = field(default_factory=dict, repr=False)

    def find(self, connection_id: str) -> Connection | None:
        """The connection as it was within the last minute, None when there is none."""
        return self.secrets.find(connection_id)

    def every(self) -> tuple[Connection, ...]:
        """All connections, as they were within the last minute."""
        return self.secrets.every()

    def current(self, connection_id: str) -> Connection | None:
        """The connection. One that is cached as disabled is read again: it may have been enabled since, and what was
        held for it is out."""
        cached = self.secrets.find(connection_id)
        return self.secrets.newer(cached) or cached if cached is not None and not cached.enabled else cached

    def client(self, connection: Connection, timeout: Timeout | None = None) -> Any:
        """The API client of a connection, kept with its token until its settings change. timeout: seconds to connect,
        and to be answered; None: the client's own."""
        known = self._clients.get((connection.id, timeout))
        if known is None or known[0] != connection:
            known = self._clients[connection.id, timeout] = (connection, self._connect(connection, timeout))
        return known[1]

    def guard(self, connection_id: str) -> AbstractContextManager[None]:
        """The circuit around a call of a connection."""
        key = f"{self.tenant}#circuit#{connection_id}"
        return Circuit(self.table.name, key, self.table.client, self._wall).guard()

    def _connect(self, connection: Connection, timeout: Timeout | None) -> Any:
        kind = channel_client(connection.channel).Client
        limits = channel_document(connection.channel).get("limits", ())
        prefix = f"{self.tenant}#limit#{connection.id}"
        options: dict[str, Any] = {
            "wall_now": self.wall_now,
            "budget": Limits(self.table.name, prefix, self.table.client, limits, self._wall),
            "base_url": f"{self.base_url.rstrip('/')}/{connection.channel}" if self.base_url else "",
            **({"timeout": timeout} if timeout else {}),
        }
        fetch = kind(connection.settings, **options).fetch_token
        token_key = f"{self.tenant}#token#{connection.id}"
        tokens = TokenCache(self.table.name, token_key, self.table.client, fetch, self._wall)
        return kind(connection.settings, tokens, **options)

    def _wall(self) -> float:
        return self.wall_now().timestamp()
