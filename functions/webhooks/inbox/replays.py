"""Replays of many messages (批量重放): which ones are meant, and where the search goes on. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from hub.contracts.webhooks_reconcile import MassReplay
from hub.edge import cursors
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.dataclass import dataclass
from hub.store.messages import InboxItem, State

PAGE = 100
PAGES_LIMIT = 30
"""A message is read in some 5 ms: a request ends well within its 29 seconds."""
AT_ONCE = 100
"""So many messages that waited for one reason are queued in one run; the next run goes on."""
SINCE = "since"

Position = dict[str, Any]


class Inbox(Protocol):
    """Stored messages: hub.store.inbox."""

    def read(self, message_id: str) -> InboxItem | None: ...
    def list_waiting(
        self, state: State, before: datetime, limit: int, start: Mapping[str, Any] | None = None
    ) -> tuple[list[str], Position | None]: ...


@dataclass(frozen=True)
class Replays:
    """wall_now: real time."""

    inbox: Inbox
    wall_now: Callable[[], datetime]

    def search(self, criteria: MassReplay) -> tuple[list[str], str]:
        """Ids of the messages that are meant, `limit` at most, and the cursor from which the search goes on, "" at its
        end. Raises Retry, and Invalid for a cursor that is none of this search."""
        ids: list[str] = []
        start: Position | None
        start, begun = from_position(cursors.decode(criteria.cursor), self.wall_now())
        for _ in range(PAGES_LIMIT):
            page, end = self.inbox.list_waiting(criteria.state, begun, min(PAGE, criteria.limit - len(ids)), start)
            items = (self.inbox.read(message_id) for message_id in page)
            ids += [item.message_id for item in items if item and is_meant(item, criteria)]
            start = end
            if end is None or len(ids) >= criteria.limit:
                break
        return ids, cursors.encode(to_position(start, begun))


def waiting(reason: str, **whose: str) -> MassReplay:
    """The messages that wait for this reason. whose: the `channel` or the `connection_id`."""
    return MassReplay(state="quarantined", reason=reason, limit=AT_ONCE, **whose)


def is_meant(item: InboxItem, criteria: MassReplay) -> bool:
    """Whether a message, as it is now, is one of those that are asked for."""
    pairs = (
        (criteria.state, item.status),
        (criteria.channel, item.channel),
        (criteria.connection_id, item.connection_id),
        (criteria.reason, item.reason.partition(" ")[0]),  # what follows names the field
    )
    early = criteria.received_from and item.received_at < criteria.received_from
    late = criteria.received_to and item.received_at >= criteria.received_to
    return all(want in (None, has) for want, has in pairs) and not early and not late


def to_position(end: Position | None, before: datetime) -> Position | None:
    """Where the search goes on, and the moment at which it began: what is quarantined again meanwhile is not found a
    second time, for ever."""
    return {**end, SINCE: rfc3339(before)} if end else None


def from_position(position: Position | None, now: datetime) -> tuple[Position | None, datetime]:
    """The list's own position and the moment at which the search began. Raises Invalid for what is no position."""
    if not position:
        return None, now
    begun = parse_rfc3339(str(position.get(SINCE, "")))
    return {name: value for name, value in position.items() if name != SINCE}, begun
