"""Replays of many messages (批量重放): which ones are meant, and where the search goes on. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hub.contracts.webhooks_reconcile import MassReplay
from hub.kernel.clock import parse_rfc3339, rfc3339

if TYPE_CHECKING:
    from hub.store.inbox import InboxItem

Position = dict[str, Any]
SINCE = "since"


def is_meant(item: InboxItem, wanted: MassReplay) -> bool:
    """Whether a message, as it is now, is one of those that are asked for."""
    pairs = (
        (wanted.state, item.status),
        (wanted.channel, item.channel),
        (wanted.connection_id, item.connection_id),
        (wanted.reason, item.reason.partition(" ")[0]),  # what follows names the field
    )
    early = wanted.received_from and item.received_at < wanted.received_from
    late = wanted.received_to and item.received_at >= wanted.received_to
    return all(want in (None, has) for want, has in pairs) and not early and not late


def to_position(end: Position | None, before: datetime) -> Position | None:
    """Where the search goes on, and the moment at which it began: what is quarantined again meanwhile is not found a
    second time, for ever."""
    return {**end, SINCE: {"S": rfc3339(before)}} if end else None


def from_position(position: Position | None, now: datetime) -> tuple[Mapping[str, Any] | None, datetime]:
    """The list's own position and the moment at which the search began. Raises Invalid for what is no position."""
    if not position:
        return None, now
    begun = parse_rfc3339(position.get(SINCE, {}).get("S", ""))
    return {name: value for name, value in position.items() if name != SINCE}, begun
