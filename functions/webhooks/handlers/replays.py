"""Replays of many messages, done one by one behind the room's own queue."""

from __future__ import annotations

from typing import Any

from functions.webhooks.desk import Desk
from functions.webhooks.handlers.payloads import ReplayMessage, ReplayWaiting, body_of, parse_replay
from functions.webhooks.room import room
from hub.contracts.webhooks_reconcile import MassReplay
from hub.kernel.errors import Conflict, NotFound


@room.queue("replays")
def run_replays(desk: Desk, payload: dict[str, Any]) -> None:
    """Replay a message, or queue those that waited for a mapping that moved, or a connection that is enabled again."""
    match parse_replay(payload):
        case ReplayMessage(message_id=message_id):
            _replay(desk, message_id)
        case ReplayWaiting(criteria=criteria):
            _queue_waiting(desk, criteria)


def _replay(desk: Desk, message_id: str) -> None:
    try:
        desk.inbox.publisher.replay(message_id)
    except (NotFound, Conflict):
        return  # its ninety days are over; or its connection is disabled, and all of it follows when that is enabled


def _queue_waiting(desk: Desk, criteria: MassReplay) -> None:
    """Queue them, and go on where there are more."""
    ids, cursor = desk.inbox.replays.search(criteria)
    desk.send("replays", *(body_of(ReplayMessage(message_id=each)) for each in ids))
    if cursor:
        rest = criteria.model_copy(update={"cursor": cursor})
        desk.send("replays", body_of(ReplayWaiting(criteria=rest)))
