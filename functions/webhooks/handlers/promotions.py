"""The lanes of promotions: a turn a message, and turns that got lost begun anew."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from functions.webhooks.desk import Desk
from functions.webhooks.promotions.lanes import turn_of
from functions.webhooks.room import room
from hub.kernel.clock import UNTIL_CALLED


@room.queue("promotions")
def push_promotions(desk: Desk, payload: dict[str, Any]) -> None:
    """One turn of a lane."""
    desk.promotions.promoter.take(turn_of(payload))


@room.schedule("rate(1 minute)")
def resume(desk: Desk, now: datetime) -> datetime:
    """Begin the turns anew that were lost."""
    desk.promotions.promoter.resume()
    return UNTIL_CALLED
