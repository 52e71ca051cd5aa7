"""Quarantine (隔离) after the fact: a message that was published, and whose order then can't be read. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from functions.webhooks.inbox.publish import Inbox, Settler
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Retry


@dataclass(frozen=True)
class Quarantine:
    """wall_now: real time."""

    inbox: Inbox
    settler: Settler
    wall_now: Callable[[], datetime]

    def put(self, message_id: str, reason: str) -> None:
        """Quarantine a message. One that is still being published is waited for (Retry): its own settling must not hide
        this."""
        item = self.inbox.read(message_id)
        if item is None:
            return
        if item.counted in ("", "pending"):
            raise Retry("the message is being published", after_seconds=2, message_id=message_id)
        self.settler.settle(item, "quarantined", self.wall_now(), reason)
