"""Secrets of connections: one SSM SecureString each, read when it is first needed and kept for a minute.

The name is `/hub/<tenant>/connections/<connection id>`, the value JSON: the channel, the state, and every
setting of that connection, secret or not. botocore alone: the front door imports this file.

A process reads the connections that it meets, one by one, and reads those that have become old ten at a time: how many
a tenant has costs a cold start nothing. An id that is not known, and a signature that does not verify, are looked up at
once, within an allowance: guessing costs us next to nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import field
from datetime import datetime
from typing import Any

from hub.kernel.dataclass import dataclass
from hub.kernel.errors import HubError
from hub.kernel.regions import BASE
from hub.store.connection import Connection
from hub.store.rehearsal import is_rehearsal
from hub.store.table import passing

__all__ = ["FRESH_SECONDS", "LOOKUPS", "PAGE_LIMIT", "UNKNOWN_SECONDS", "Connection", "ConnectionSecrets"]

FRESH_SECONDS = 60
"""A changed secret is in use everywhere after this long."""
LOOKUPS = 10
"""So many ids that there are not are looked up at once, and so many connections for what does not verify; after that
one every UNKNOWN_SECONDS. What is found counts as none of them."""
UNKNOWN_SECONDS = 5
PAGE_LIMIT = 100
"""SSM gives ten names a page: a tenant has at most 1000 connections."""
BATCH = 10
"""GetParameters takes so many names."""
KNOWN_LIMIT = 2000
"""So many ids are remembered, those that there are not among them."""
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)


@dataclass(slots=True)
class _Allowance:
    """LOOKUPS at once, and one more every UNKNOWN_SECONDS."""

    left: float = LOOKUPS
    at: float = 0.0

    def take(self, now: float) -> bool:
        """Whether there was one left. now: epoch seconds."""
        self.left = min(LOOKUPS, self.left + max(0.0, now - self.at) / UNKNOWN_SECONDS)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True

    def give_back(self) -> None:
        """It was no guess."""
        self.left = min(LOOKUPS, self.left + 1)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A connection as it was read, None where there was none, and when, in epoch seconds."""

    connection: Connection | None = field(repr=False)
    read_at: float


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
    _entries: dict[str, _Entry] = field(default_factory=dict, repr=False)
    _listed_at: float | None = None
    _guesses: _Allowance = field(default_factory=_Allowance)
    _doubts: _Allowance = field(default_factory=_Allowance)

    def find(self, connection_id: str) -> Connection | None:
        """The connection, or None when there is none. Raises Retry when SSM does not answer and nothing is
        cached."""
        entry = self._entries.get(connection_id)
        if entry is None or entry.connection is None:
            return self._look_up(connection_id)
        if self._now() - entry.read_at >= FRESH_SECONDS:
            self._refresh(connection_id)
        return self._known(connection_id)

    def every(self, age_seconds: int = FRESH_SECONDS) -> tuple[Connection, ...]:
        """All connections, at most `age_seconds` old (a minute)."""
        if self._listed_at is None or self._now() - self._listed_at >= age_seconds:
            self._list()
        return tuple(entry.connection for entry in self._entries.values() if entry.connection is not None)

    def read(self, connection_id: str) -> Connection | None:
        """The connection as SSM has it now: whoever changes one part of it must not write back a stale other. Raises
        Retry."""
        if _ID.fullmatch(connection_id):
            self._read([connection_id])
        return self._known(connection_id)

    def newer(self, connection: Connection) -> Connection | None:
        """What the connection has become since it was cached, None when nothing new is known. A delivery that does
        not verify asks: a secret may just have been rotated."""
        if self._doubts.take(self._now()):
            self._refresh(connection.id)
            if self._known(connection.id) != connection:
                self._doubts.give_back()
        known = self._known(connection.id)
        return known if known != connection else None

    def current(self, connection_id: str) -> Connection | None:
        """As `find`, but one cached as disabled is read again: it may have been enabled since, and what was held
        for it is out."""
        cached = self.find(connection_id)
        return self.newer(cached) or cached if cached is not None and not cached.enabled else cached

    def put(self, connection: Connection) -> None:
        """Write one connection's secrets; this process sees it at once, others within a minute. Raises
        Retry."""
        if is_rehearsal():
            return
        value = {
            "channel": connection.channel,
            "state": connection.state,
            "settings": dict(connection.settings),
            "region": connection.region,
            "store_id": connection.store_id,
            "accounts": {name: list(place) for name, place in connection.accounts.items()},
            "marks": list(connection.marks),
        }
        key = {"KeyId": self.key_id} if self.key_id else {}
        with passing("secrets", connection_id=connection.id):
            self.client.put_parameter(
                Name=self._name(connection.id),
                Value=json.dumps(value, ensure_ascii=False),
                Type="SecureString",
                Overwrite=True,
                **key,
            )
        self._keep(connection.id, connection)

    def remove(self, connection_id: str) -> None:
        """Delete one connection's secrets, if they are there; others know of it within a minute. Raises Retry."""
        if is_rehearsal():
            return
        with passing("secrets", connection_id=connection_id):
            self.client.delete_parameters(Names=[self._name(connection_id)])
        self._keep(connection_id, None)

    def _look_up(self, connection_id: str) -> Connection | None:
        """An id that is not known. While many are guessed, all connections are read together once a minute, so that
        no guest keeps a host out."""
        if not _ID.fullmatch(connection_id):
            return None
        if not self._guesses.take(self._now()):
            self.every()
        else:
            self._read([connection_id])
            if self._known(connection_id) is not None:
                self._guesses.give_back()
        return self._known(connection_id)

    def _refresh(self, connection_id: str) -> None:
        """Read a known connection again, and others that have become old with it. When SSM does not answer, what was
        known stays in use: a short outage there loses no message."""
        names = [connection_id, *(name for name in self._old() if name != connection_id)][:BATCH]
        try:
            self._read(names)
        except HubError:
            for name in names:
                self._keep(name, self._known(name))

    def _old(self) -> Iterator[str]:
        now = self._now()
        for name, entry in self._entries.items():
            if entry.connection is not None and now - entry.read_at >= FRESH_SECONDS:
                yield name

    def _read(self, connection_ids: Sequence[str]) -> None:
        with passing("secrets", tenant=self.tenant):
            names = [self._name(each) for each in connection_ids]
            response = self.client.get_parameters(Names=names, WithDecryption=True)
        connections = {connection.id: connection for connection in _parsed(response["Parameters"])}
        for connection_id in connection_ids:
            self._keep(connection_id, connections.get(connection_id))

    def _list(self) -> None:
        """Read all. When SSM does not answer, what was known stays in use."""
        try:
            connections = list(self._read_pages())
        except HubError:
            if self._listed_at is None:
                raise
        else:
            self._entries.clear()
            for connection in connections:
                self._keep(connection.id, connection)
        self._listed_at = self._now()

    def _read_pages(self) -> Iterator[Connection]:
        query: dict[str, Any] = {"Path": self._name("").rstrip("/"), "WithDecryption": True, "MaxResults": BATCH}
        for _ in range(PAGE_LIMIT):
            with passing("secrets", tenant=self.tenant):
                page = self.client.get_parameters_by_path(**query)
            yield from _parsed(page["Parameters"])
            if not page.get("NextToken"):
                break
            query["NextToken"] = page["NextToken"]

    def _keep(self, connection_id: str, connection: Connection | None) -> None:
        if len(self._entries) >= KNOWN_LIMIT:
            self._entries = {name: entry for name, entry in self._entries.items() if entry.connection is not None}
        self._entries[connection_id] = _Entry(connection, self._now())

    def _known(self, connection_id: str) -> Connection | None:
        entry = self._entries.get(connection_id)
        return entry.connection if entry else None

    def _name(self, connection_id: str) -> str:
        return f"/hub/{self.tenant}/connections/{connection_id}"

    def _now(self) -> float:
        return self.wall_now().timestamp()


def _parsed(parameters: Sequence[Mapping[str, Any]]) -> Iterator[Connection]:
    """Without those that an operator broke by hand: one bad parameter must not close every door."""
    for parameter in parameters:
        with suppress(ValueError, LookupError, TypeError, AttributeError):
            yield _parse(parameter)


def _parse(parameter: Mapping[str, Any]) -> Connection:
    value = json.loads(parameter["Value"])
    return Connection(
        id=parameter["Name"].rpartition("/")[2],
        channel=str(value["channel"]),
        state=str(value["state"]),
        settings=dict(value["settings"].items()),
        region=str(value.get("region", BASE)),
        store_id=str(value.get("store_id", "")),
        accounts={name: (str(place[0]), str(place[1])) for name, place in value.get("accounts", {}).items()},
        marks=tuple(map(str, value.get("marks", ()))),
    )
