"""The door of the relay: one URL for many sources. A batch's source decides whose messages they are.

What no channel reads in this form stays here, under its own source, and is quarantined when it is read.
"""

from __future__ import annotations

from hub.channels import relaying
from hub.channels.base import Answer, Delivery, Settings

name = "relay"
SOURCE = "relay"
"""What a relay calls itself when it speaks of itself."""
BODY_LIMIT_BYTES = relaying.BODY_LIMIT_BYTES
accept = relaying.accept
refuse = relaying.refuse


def sample(settings: Settings, plaintext: bytes, *, timestamp: str, nonce: str, randomness: bytes) -> Delivery:
    """One message, said by the first source that the connection allows, else by the relay itself."""
    del nonce, randomness  # the protocol has neither
    return relaying.post(settings, plaintext, source=_source(settings), timestamp=timestamp)


def verification(settings: Settings, *, timestamp: str, nonce: str, randomness: bytes) -> tuple[Delivery, Answer]:
    """The empty batch by which a relay tries the URL."""
    del nonce, randomness
    return relaying.greet(settings, source=_source(settings), timestamp=timestamp)


def _source(settings: Settings) -> str:
    allowed = settings.get("sources")
    return str(allowed[0]) if isinstance(allowed, list) and allowed else SOURCE
