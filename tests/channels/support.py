"""What the channel tests share: examples of each platform, and messages as the inbox keeps them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hub.channels.base import Delivery, StoredMessage
from hub.channels.registry import codec

PAYLOADS = Path(__file__).parents[1] / "payloads"
RECEIVED_AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
STAMP = {"timestamp": "1767242700", "nonce": "n0nce9001", "randomness": b"R4nd0mPrefix16by"}


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))


def sample(channel: str, settings: dict[str, Any], plaintext: bytes) -> Delivery:
    return codec(channel).sample(settings, plaintext, **STAMP)


def stored(channel: str, plaintext: bytes, **changes: Any) -> StoredMessage:
    facts: dict[str, Any] = {
        "tenant": "demo",
        "message_id": "msg_1",
        "connection_id": "con_1",
        "channel": channel,
        "account": "wwscrmhub0000000001",
        "plaintext": plaintext,
        "received_at": RECEIVED_AT,
    }
    return StoredMessage(**(facts | changes))
