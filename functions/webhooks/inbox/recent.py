"""Recent messages (近期消息): whatever state they are in, the latest first, of one connection or of all; and what
became of each. Pure: messages, connections and readers are handed in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from heapq import nlargest
from typing import Protocol

from functions.webhooks.inbox.publish import to_message
from hub.channels.base import Draft, Inbound, NotUnderstood
from hub.kernel.dataclass import dataclass
from hub.store.connection import Connection
from hub.store.messages import InboxItem, id_at


class Inbox(Protocol):
    """Stored messages: hub.store.inbox."""

    def read(self, message_id: str) -> InboxItem | None: ...
    def list_recent(self, connection_id: str, limit: int, before: str = "") -> list[str]: ...


class Connections(Protocol):
    """The tenant's connections: hub.store.secrets."""

    def every(self) -> tuple[Connection, ...]: ...


@dataclass(frozen=True)
class Recent:
    """inbound: a channel's name to its interpreter."""

    tenant: str
    inbox: Inbox
    connections: Connections = field(repr=False)
    inbound: Callable[[str], Inbound]

    def page(self, connection_ids: Sequence[str] | None, limit: int, before: str) -> tuple[list[InboxItem], str]:
        """The latest messages before a place ("" the end) of these connections, or of all where they are None, and the
        place before which the next page ends; "" where there is none. Raises Retry."""
        sources = connection_ids
        if sources is None:
            sources = [each.id for each in self.connections.every()]
        listed = (place for source in sources for place in self.inbox.list_recent(source, limit, before))
        places = nlargest(limit, listed)
        items = [item for item in map(self.inbox.read, map(id_at, places)) if item]
        return items, places[-1] if len(places) == limit else ""

    def drafts_of(self, item: InboxItem) -> list[Draft]:
        """What a message became: a processed one says the same each time that it is read."""
        if item.status != "processed":
            return []
        try:
            return self.inbound(item.channel).events(to_message(self.tenant, item, replay=False))
        except NotUnderstood:  # it was understood by an older version
            return []
