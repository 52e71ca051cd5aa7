"""Messages that nothing has tried to publish yet (未处理): stored, and lost on their way to the queue.

A new message stands in no list of what waits: it would be put there and taken off again, two writes for each message
that is published at once, which is nearly every one. So who sweeps reads what came since the last sweep, connection by
connection, and picks those that were never counted.

    <tenant>#swept / swept      until: up to which moment all messages were tried
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from datetime import datetime, timedelta
from typing import Protocol

from hub.kernel.clock import rfc3339
from hub.kernel.dataclass import dataclass
from hub.store.connection import Connection
from hub.store.messages import InboxItem, id_at
from hub.store.table import Key, Table

FIRST = timedelta(days=2)
"""So far back the first sweep of a tenant looks."""
LOOKED_AT_LIMIT = 20_000
"""So many messages of a connection are looked at in one run: the next one goes on where this one came to."""
PAGE = 100


class Inbox(Protocol):
    """Stored messages: hub.store.inbox."""

    def list_between(self, connection_id: str, after: str, before: str, limit: int) -> list[str]: ...

    def read_many(self, message_ids: list[str]) -> list[InboxItem]: ...


@dataclass(frozen=True)
class Untried:
    """connections: all that there are. table: the room's."""

    tenant: str
    inbox: Inbox
    table: Table
    connections: Callable[[], tuple[Connection, ...]] = field(repr=False)

    def find(self, before: datetime) -> tuple[list[InboxItem], str]:
        """Those that came before that (business) moment, and up to which moment no other one is left. Raises Retry."""
        since, end = self._until(before), rfc3339(before)
        untried: list[InboxItem] = []
        until = end
        for connection in self.connections():
            items, reached = self._of(connection.id, since, end)
            untried += items
            until = min(until, reached)
        return untried, until

    def swept(self, until: str) -> None:
        """Everything up to there was tried, or is tried now."""
        self.table.put({"pk": self._key[0], "sk": self._key[1], "schema": 1, "until": until})

    def _of(self, connection_id: str, since: str, until: str) -> tuple[list[InboxItem], str]:
        """Those of a connection, and up to where it was looked at: to the first of them, while there is one."""
        places = self.inbox.list_between(connection_id, since, until, LOOKED_AT_LIMIT)
        reached = places[-1] if len(places) == LOOKED_AT_LIMIT else until
        items: list[InboxItem] = []
        for begin in range(0, len(places), PAGE):
            read = self.inbox.read_many([id_at(place) for place in places[begin : begin + PAGE]])
            items += [item for item in read if not item.counted]
        times = [rfc3339(item.received_at) for item in items]
        return items, min((*times, reached.partition("#")[0]))

    def _until(self, before: datetime) -> str:
        item = self.table.get(self._key, consistent=False) or {}
        return str(item.get("until") or rfc3339(before - FIRST))

    @property
    def _key(self) -> Key:
        return f"{self.tenant}#swept", "swept"
