"""Outbound webhooks (事件推送): what the rooms say is sent to whom integrators named, signed, until it has arrived."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from functions.outbound.api import catalogue, deliveries, endpoints
from functions.outbound.desk import Desk
from functions.outbound.handlers.hearing import DELIVER, call, hear
from functions.outbound.handlers.sending import take_turn
from functions.outbound.room import room
from hub.contracts.envelope import Event
from hub.edge.room import EVERY_EVENT

__all__ = ["catalogue", "deliveries", "endpoints", "on_deliver", "on_event", "room", "sweep"]


@room.events(EVERY_EVENT)
def on_event(desk: Desk, event: Event) -> None:
    """Whatever is said; the same event again makes no second delivery."""
    hear(desk, event)


@room.queue(DELIVER, batch=1, concurrency=20)
def on_deliver(desk: Desk, payload: dict[str, Any]) -> None:
    """One endpoint's turn a call: whoever waits for a slow one holds up nothing else."""
    take_turn(desk, str(payload["endpoint"]))


@room.schedule("rate(1 minute)", name="sweep")
def sweep(desk: Desk, now: datetime) -> datetime | None:
    """Begin the turns that are due: what waits for long, and those of a process that died. Answers when the next is."""
    due = desk.turns.due(now)
    for endpoint_id in due:
        call(desk, endpoint_id)
    return None if due else desk.turns.next_due()
