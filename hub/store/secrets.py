"""Secrets of connections: one SSM SecureString each, all of a tenant read together and kept for a minute.

The name is `/hub/<tenant>/connections/<connection id>`, the value JSON: the channel, the state, and every
setting of that connection, secret or not. botocore alone: the front door imports this file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.kernel.errors import HubError
from hub.kernel.regions import BASE
from hub.store.connection import Connection
from hub.store.table import passing

__all__ = ["FRESH_SECONDS", "PAGE_LIMIT", "UNKNOWN_SECONDS", "Connection", "ConnectionSecrets"]

FRESH_SECONDS = 60
"""A changed secret is in use everywhere after this long."""
UNKNOWN_SECONDS = 5
"""A name that nobody knows reads everything again at most this often: guessing names costs us nothing."""
PAGE_LIMIT = 100
"""SSM gives ten names a page: a tenant has at most 1000 connections."""


@dataclass(slots=True)
class ConnectionSecrets:
    """The connections of one tenant, as SSM has them.

    client: a botocore SSM client. wall_now: real time (never scaled: this is a cache of secrets).
    key_id: the KMS key that seals what `put` writes, "" for the account's default key.
    """

    client: Any = field(repr=False)
    tenant: str
    wall_now: Callable[[], datetime]
    key_id: str = ""
    _known: dict[str, Connection] = field(default_factory=dict, repr=False)
    _read_at: float | None = None

    def find(self, connection_id: str) -> Connection | None:
        """The connection, or None when there is none. Raises Retry when SSM does not answer and nothing is
        cached."""
        if self._older_than(FRESH_SECONDS) or (connection_id not in self._known and self._older_than(UNKNOWN_SECONDS)):
            self._refresh()
        return self._known.get(connection_id)

    def every(self, age_seconds: int = FRESH_SECONDS) -> tuple[Connection, ...]:
        """All connections, at most `age_seconds` old (a minute)."""
        if self._older_than(age_seconds):
            self._refresh()
        return tuple(self._known.values())

    def read(self, connection_id: str) -> Connection | None:
        """The connection as SSM has it now: whoever changes one part of it must not write back a stale other. Raises
        Retry."""
        self._known = dict(self._read_pages())
        self._read_at = self.wall_now().timestamp()
        return self._known.get(connection_id)

    def newer(self, connection: Connection) -> Connection | None:
        """What the connection has become since it was cached, None when nothing new is known. A delivery that does
        not verify asks: a secret may just have been rotated. Reads again at most every five seconds."""
        if self._older_than(UNKNOWN_SECONDS):
            self._refresh()
        known = self._known.get(connection.id)
        return known if known != connection else None

    def current(self, connection_id: str) -> Connection | None:
        """As `find`, but one cached as disabled is read again: it may have been enabled since, and what was held
        for it is out."""
        cached = self.find(connection_id)
        return self.newer(cached) or cached if cached is not None and not cached.enabled else cached

    def put(self, connection: Connection) -> None:
        """Write one connection's secrets; this process sees it at once, others within a minute. Raises
        Retry."""
        value = {
            "channel": connection.channel,
            "state": connection.state,
            "settings": dict(connection.settings),
            "region": connection.region,
            "store_id": connection.store_id,
            "accounts": {name: list(place) for name, place in connection.accounts.items()},
        }
        key = {"KeyId": self.key_id} if self.key_id else {}
        with passing("secrets", connection_id=connection.id):
            self.client.put_parameter(
                Name=f"/hub/{self.tenant}/connections/{connection.id}",
                Value=json.dumps(value, ensure_ascii=False),
                Type="SecureString",
                Overwrite=True,
                **key,
            )
        self._known[connection.id] = connection

    def _older_than(self, seconds: int) -> bool:
        return self._read_at is None or self.wall_now().timestamp() - self._read_at >= seconds

    def _refresh(self) -> None:
        """Read all. When SSM does not answer, what was known stays in use: a short outage there loses no
        message."""
        try:
            self._known = dict(self._read_pages())
        except HubError:
            if self._read_at is None:
                raise
        self._read_at = self.wall_now().timestamp()

    def _read_pages(self) -> list[tuple[str, Connection]]:
        connections: list[tuple[str, Connection]] = []
        query: dict[str, Any] = {
            "Path": f"/hub/{self.tenant}/connections",
            "WithDecryption": True,
            "MaxResults": 10,
        }
        for _ in range(PAGE_LIMIT):
            with passing("secrets", tenant=self.tenant):
                page = self.client.get_parameters_by_path(**query)
            connections += [(c.id, c) for c in map(_parse, page["Parameters"]) if c is not None]
            if not page.get("NextToken"):
                break
            query["NextToken"] = page["NextToken"]
        return connections


def _parse(parameter: Mapping[str, Any]) -> Connection | None:
    """None for a value that an operator broke by hand: one bad parameter must not close every door."""
    try:
        value = json.loads(parameter["Value"])
        return Connection(
            id=parameter["Name"].rpartition("/")[2],
            channel=str(value["channel"]),
            state=str(value["state"]),
            settings=dict(value["settings"].items()),
            region=str(value.get("region", BASE)),
            store_id=str(value.get("store_id", "")),
            accounts={name: (str(place[0]), str(place[1])) for name, place in value.get("accounts", {}).items()},
        )
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
