"""What the relay says of itself: that it holds a platform's websocket, or lost it. Pure.

Messages of the sources that a channel reads (hub.channels.relaying.SOURCES) are stored under that channel and never
come here. What does come is from a source that nobody reads yet: it waits in quarantine.
"""

from __future__ import annotations

from hub.channels.base import Draft, NotUnderstood, StoredMessage
from hub.channels.reading import optional_id
from hub.channels.relayed import noticed, read_relayed

NOTICES = {"relay.connected": "connected", "relay.disconnected": "disconnected"}
"""Our own convention: content {"source": "taobao-tmc"} names the websocket."""


def events(message: StoredMessage) -> list[Draft]:
    """One `platform.noticed` of a relay's own notice. Raises NotUnderstood: unknown-source, bad-json, missing-field."""
    relayed = read_relayed(message.plaintext, shop_field="shop_id")
    status = NOTICES.get(relayed.topic)
    if status is None:
        raise NotUnderstood("unknown-source", source=message.account, topic=relayed.topic)
    source, lost = optional_id(relayed.content, "source"), status == "disconnected"
    return [noticed(message, relayed, kind="job", status=status, subject_id=source, urgent=lost)]
