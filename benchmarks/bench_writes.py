"""What a delivery costs in DynamoDB writes, in every channel: one for a new message, one that fails for a repeat.

Calls are counted at the transport, as requests that leave the client; the tables are simulated. Of all channels the one
that needs most counts.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from benchmarks.harness import Ratio
from functions.webhooks.connections.selfcheck import to_event
from hub.channels.door import Stamp
from hub.channels.registry import codec, inbound_channels, samples
from hub.channels.samples import render
from hub.store.secrets import Connection
from tests.channels.support import payload
from tests.support.webhooks import Stack, simulated_stack

MESSAGES = 20
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems")
READS = ("GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems")


def run() -> list[Ratio]:
    """Deliver some messages of each channel, then all of them again."""
    new, repeats = dict[str, list[str]](), dict[str, list[str]]()
    with simulated_stack() as stack:
        for nth, channel in enumerate(inbound_channels(), 1):
            events = _events(stack, channel)
            new[channel] = _deliver_all(stack, events)
            stored = len(stack.stored())
            assert stored == nth * MESSAGES, channel
            repeats[channel] = _deliver_all(stack, events)
            assert len(stack.stored()) == stored, channel
    either = [new[channel] + repeats[channel] for channel in new]
    channels = f"each of {len(new)} channels"
    return [
        Ratio(f"DynamoDB writes for a new message, {channels}", _most(new.values(), WRITES), 1, False),
        Ratio(
            f"DynamoDB writes for a repeat, all of which fail, {channels}", _most(repeats.values(), WRITES), 1, False
        ),
        Ratio(f"DynamoDB reads for either, {channels}", _most(either, READS), 0, False),
    ]


def _events(stack: Stack, channel: str) -> list[dict[str, Any]]:
    """Different messages of a new connection, as API Gateway hands them on."""
    one = Connection(f"con_{channel}", channel, "enabled", payload(f"{channel}_examples")["settings"])
    stack.secrets().put(one)
    sample, now = samples(channel)[0]["plaintext"], int(time.time())
    settings = {"push_path": f"/webhooks/{channel}/{one.id}", **one.settings}
    stamp = Stamp(str(now), "n0nce", b"R4nd0mPrefix16by")
    texts = [render(sample, one.settings, now=now + nth, number=7_300_000_000 + nth) for nth in range(MESSAGES)]
    return [to_event(one, codec(channel).sample(settings, text, stamp)) for text in texts]


def _deliver_all(stack: Stack, events: list[dict[str, Any]]) -> list[str]:
    """The calls that a door makes for these deliveries."""
    door = stack.door()
    stack.calls.clear()
    for event in events:
        assert door.answer(event)["statusCode"] == 200
    calls = list(stack.calls)
    stack.calls.clear()
    return calls


def _most(calls: Iterable[list[str]], operations: tuple[str, ...]) -> float:
    return max(sum(call in operations for call in one) / MESSAGES for one in calls)
