"""The door of the relay: one URL for many sources. A batch's source decides whose messages they are.

What no channel reads in this form stays here, under its own source, and is quarantined when it is read.
"""

from __future__ import annotations

from hub.channels.base import Delivery, Settings
from hub.channels.door import Stamp
from hub.channels.relaying import RelayedDoor, post

SOURCE = "relay"
"""What a relay calls itself when it speaks of itself."""


class RelayDoor(RelayedDoor):
    """Its samples say the first source that the connection allows, else the relay itself."""

    def sample(self, settings: Settings, plaintext: bytes, stamp: Stamp) -> Delivery:
        allowed = settings.get("sources")
        source = str(allowed[0]) if isinstance(allowed, list) and allowed else SOURCE
        return post(settings, plaintext, source=source, timestamp=stamp.timestamp)


DOOR = RelayDoor(source="")
