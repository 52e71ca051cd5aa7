"""What the channel tests share: examples of each platform, and messages as the inbox keeps them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from hub.channels.base import Delivery, StoredMessage
from hub.channels.door import Stamp
from hub.channels.registry import codec, samples
from hub.channels.samples import render

PAYLOADS = Path(__file__).parents[1] / "payloads"
RECEIVED_AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
AT = 1767242700
ASCII = [chr(code) for code in range(128)]
ANY = [chr(code) for code in (*range(0xD800), *range(0xE000, 0x11_0000, 97))]
STAMP = Stamp(timestamp=str(AT), nonce="n0nce9001", randomness=b"R4nd0mPrefix16by")


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))


def documented(channel: str) -> list[dict[str, Any]]:
    """Every sample of a channel, as one message of its example connection each."""
    known = payload(f"{channel}_examples")["settings"]
    return [
        {**one, "plaintext": render(one["plaintext"], known, now=AT, number=7_300_000_000_000_000_001 + i).decode()}
        for i, one in enumerate(samples(channel))
    ]


def sample(channel: str, settings: dict[str, Any], plaintext: bytes, **changes: Any) -> Delivery:
    """A delivery that arrives when it is sent. changes: to its stamp."""
    stamp = replace(STAMP, **changes)
    return replace(codec(channel).sample(settings, plaintext, stamp), at=float(stamp.timestamp))


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


def random_messages(count: int, seed: int) -> Iterator[tuple[str, Stamp]]:
    """Texts of any characters, up to 400, each with the stamp that it is sent under."""
    random = Random(seed)
    for _ in range(count):
        text = "".join(random.choices(random.choice((ASCII, ANY)), k=random.randrange(400)))
        yield (
            text,
            Stamp(
                timestamp=str(random.randrange(10**10)),
                nonce=random.randbytes(random.randint(1, 8)).hex(),
                randomness=random.randbytes(16),
            ),
        )
