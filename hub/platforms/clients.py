"""The platforms' clients (平台客户端) of one tenant: what a connection's calls share lies in one table, no room's own.

    <tenant>#token#<connection>          token     the access token, and who renews it (hub.store.tokens)
    <tenant>#limit#<connection>#<api>    limit     from when the next call may start (hub.store.limits)
    <tenant>#circuit#<connection>        circuit   failures in a row (hub.store.circuit)

So a platform sees one caller: a token that one room renews is the others' too, what one room calls counts for all, and
where a platform failed one room the others leave it alone as well.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import field
from datetime import datetime
from typing import Any

from hub.channels.client import TIMEOUT_SECONDS
from hub.channels.registry import channel_document
from hub.channels.registry import client as client_module
from hub.edge.host import Host
from hub.kernel.dataclass import dataclass
from hub.store.circuit import Circuit
from hub.store.connection import Connection
from hub.store.limits import Limits
from hub.store.sealing import Sealer
from hub.store.table import Table
from hub.store.tokens import TokenCache

Timeout = tuple[float, float]
"""Seconds to connect, and to be answered."""


@dataclass
class Platforms:
    """table: the platforms' table. dynamodb: a botocore client. wall_now: real time. platforms_url: the local doubles,
    "" for the platforms themselves. sealer: seals tokens where they lie."""

    tenant: str
    table: str
    dynamodb: Any = field(repr=False)
    wall_now: Callable[[], datetime]
    platforms_url: str = ""
    sealer: Sealer | None = field(default=None, repr=False)
    _clients: dict[tuple[str, Timeout], tuple[Connection, Any]] = field(default_factory=dict, repr=False)

    def client(self, connection: Connection, timeout: Timeout = TIMEOUT_SECONDS) -> Any:
        """The API client of a connection (`Client` of its channel), kept until the connection's settings change.

        Its calls raise OverLimit (a Retry) where the platform allows no more of them now.
        """
        known = self._clients.get((connection.id, timeout))
        if known is None or known[0] != connection:
            known = self._clients[connection.id, timeout] = (connection, self._connect(connection, timeout))
        return known[1]

    def guard(self, connection_id: str) -> AbstractContextManager[None]:
        """Around one call of a connection's client. Raises CircuitOpen (a Retry) instead of trying it while its
        platform does not answer: to anybody, in whichever room."""
        key = f"{self.tenant}#circuit#{connection_id}"
        return Circuit(self.table, key, self.dynamodb, self._wall).guard()

    def forget(self, connection_id: str) -> None:
        """Delete what a connection that is no more leaves here for good: its access token, and what renews it. Raises
        Retry."""
        Table(self.table, self.dynamodb).delete((f"{self.tenant}#token#{connection_id}", "token"))

    def _connect(self, connection: Connection, timeout: Timeout) -> Any:
        kind = client_module(connection.channel).Client
        options: dict[str, Any] = {"wall_now": self.wall_now, "timeout": timeout, "budget": self._limits(connection)}
        if self.platforms_url:
            options["base_url"] = f"{self.platforms_url.rstrip('/')}/{connection.channel}"
        if kind.OWN_ADDRESS:
            from hub.edge.fetch import Fetcher  # few tenants have such a connection

            options["gateway"] = Fetcher(loopback=bool(self.platforms_url), limit_seconds=timeout[1])
        bare = kind(connection.settings, **options)
        if not hasattr(bare, "fetch_token"):
            return bare
        key = f"{self.tenant}#token#{connection.id}"
        tokens = TokenCache(self.table, key, self.dynamodb, bare.fetch_token, self._wall, self.sealer)
        return kind(connection.settings, tokens, **options)

    def _limits(self, connection: Connection) -> Limits:
        limits = channel_document(connection.channel).get("limits") or ()
        return Limits(self.table, f"{self.tenant}#limit#{connection.id}", self.dynamodb, limits, self._wall)

    def _wall(self) -> float:
        return self.wall_now().timestamp()


def platforms_of(host: Host) -> Platforms:
    """The platforms as a host reaches them."""
    settings = host.settings
    return Platforms(
        settings.tenant,
        settings.platforms_table,
        host.client("dynamodb"),
        host.clock.wall_now,
        settings.platforms_url,
        Sealer(host.client("kms"), settings.key_id, settings.tenant),
    )
