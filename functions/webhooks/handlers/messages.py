"""Stored messages: greeted while there is time, and swept when nothing moves them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from functions.webhooks.desk import Desk
from functions.webhooks.room import room
from hub.edge.bus import Change
from hub.kernel.clock import UNTIL_CALLED
from hub.store.inbox import SORT as MESSAGE

OVERDUE = timedelta(minutes=2)
"""A message that waits longer is sent to the queue again."""
GIVE_UP = timedelta(hours=24)
"""A message that waits longer, whatever was tried, is dead: kept, listed, replayed by hand."""
SWEEP_LIMIT = 500


@room.queue("greetings")
def greet(desk: Desk, payload: dict[str, Any]) -> None:
    """Greet a new contact while the code for it lives (20 s): before, and beside, all else that the message says."""
    desk.inbox.greeter.greet(str(payload["pk"]).rpartition("#")[2])


@room.schedule("rate(5 minutes)")
def sweep(desk: Desk, now: datetime) -> datetime:
    """Send what stays pending to the queue again, and give up what nothing has moved for a day."""
    wall, messages = desk.wall_now(), desk.inbox.messages
    for message_id in messages.list_waiting("pending", wall - GIVE_UP, SWEEP_LIMIT)[0]:
        item = messages.read(message_id)
        if item and item.status == "pending":
            desk.inbox.settler.settle(item, "dead", wall, "not-settled-in-time")
    overdue, _ = messages.list_waiting("pending", wall - OVERDUE, SWEEP_LIMIT)
    again = (Change(messages.table, "INSERT", f"{messages.tenant}#{each}", MESSAGE, None, None) for each in overdue)
    desk.send("changes", *map(asdict, again))
    return UNTIL_CALLED
