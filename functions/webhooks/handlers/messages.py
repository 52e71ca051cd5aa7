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
TOO_LATE = "not-settled-in-time"


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
            desk.inbox.settler.settle(item, "dead", wall, TOO_LATE)
    overdue, _ = messages.list_waiting("pending", wall - OVERDUE, SWEEP_LIMIT)
    _send_again(desk, [*overdue, *_sweep_untried(desk, now)])
    return UNTIL_CALLED


def _sweep_untried(desk: Desk, now: datetime) -> list[str]:
    """What was stored and never tried: the ids of what is to be tried now. Times are business time, in which messages
    are listed."""
    scale, untried = desk.orders.refresher.time_scale, desk.inbox.untried
    items, until = untried.find(now - OVERDUE * scale)
    late = [item for item in items if item.received_at < now - GIVE_UP * scale]
    for item in late:
        desk.inbox.settler.settle(item, "dead", desk.wall_now(), TOO_LATE)
    untried.swept(until)
    return [item.message_id for item in items if item not in late][:SWEEP_LIMIT]


def _send_again(desk: Desk, message_ids: list[str]) -> None:
    messages = desk.inbox.messages
    again = (Change(messages.table, "INSERT", f"{messages.tenant}#{each}", MESSAGE, None, None) for each in message_ids)
    desk.send("changes", *map(asdict, again))
