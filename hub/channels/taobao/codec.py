"""The door for Taobao's TMC messages: they come by websocket alone, so a relay posts them (hub.channels.relaying)."""

from __future__ import annotations

import json
from pathlib import Path

from hub.channels import relaying
from hub.channels.base import Accepted, Answer, Delivery, Settings, check_fields
from hub.kernel.errors import Problem

name = "taobao"
SOURCE = "taobao-tmc"
BODY_LIMIT_BYTES = relaying.BODY_LIMIT_BYTES
refuse = relaying.refuse


def accept(delivery: Delivery, secrets: Settings) -> Accepted:
    """The messages of one signed batch. Raises Rejected only; without a relay_secret it takes nothing (pull only)."""
    return relaying.accept(delivery, secrets, SOURCE)


def sample(settings: Settings, plaintext: bytes, *, timestamp: str, nonce: str, randomness: bytes) -> Delivery:
    """One relayed message as a relay would post it."""
    del nonce, randomness  # the protocol has neither
    return relaying.post(settings, plaintext, source=SOURCE, timestamp=timestamp)


def verification(settings: Settings, *, timestamp: str, nonce: str, randomness: bytes) -> tuple[Delivery, Answer]:
    """The empty batch by which a relay tries the URL."""
    del nonce, randomness
    return relaying.greet(settings, source=SOURCE, timestamp=timestamp)


def check_settings(settings: Settings) -> list[Problem]:
    """What is missing or malformed, field by field."""
    document = json.loads(Path(__file__).with_name("channel.json").read_text(encoding="utf-8"))
    return check_fields(document["settings"], settings)
