"""The lanes of promotions: a turn a message; turns that got lost are begun anew (decisions.py)."""

from __future__ import annotations

from typing import Any

from functions.webhooks.desk import Desk
from functions.webhooks.promotions.lanes import turn_of
from functions.webhooks.room import room


@room.queue("promotions")
def push_promotions(desk: Desk, payload: dict[str, Any]) -> None:
    """One turn of a lane."""
    desk.promotions.promoter.take(turn_of(payload))
