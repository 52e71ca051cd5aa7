"""Many messages at once: found, counted, queued, and replayed one by one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.webhooks import app
from functions.webhooks.handlers import replays
from hub.kernel.clock import rfc3339
from hub.store.inbox import Arrival
from tests.support.http import Answer, Context, call, sqs_batch, token
from tests.support.webhooks import DOUYIN, WECOM, Stack, simulated_stack, wecom_text

QUEUE = "replays"


@pytest.fixture
def stack() -> Iterator[Stack]:
    with simulated_stack() as simulated:
        yield simulated


def stored(stack: Stack, number: int, *, state: Any, reason: str, connection: Any = WECOM, hours: int = 0) -> str:
    """A message in a waiting state."""
    then, inbox = datetime.now(UTC) - timedelta(hours=hours), stack.inbox()
    arrival = Arrival(connection.id, connection.channel, "ww", f"k{number}", wecom_text("你好", str(number)))
    inbox.store(arrival, then, then)
    item = inbox.read(inbox.message_id(connection.id, f"k{number}"))
    assert item is not None
    assert app.room.desk.inbox.settler.settle(item, state, then, reason)
    return item.message_id


def replay(**body: Any) -> Answer:
    return call(app.room, "POST", "/webhooks/messages/replay", body)


def test_those_that_are_meant_are_queued_and_replayed(stack: Stack) -> None:
    """State, channel, connection, reason and time hold together; each that matches is replayed and processed."""
    meant = stored(stack, 1, state="quarantined", reason="unmapped-message", hours=3)
    stored(stack, 2, state="quarantined", reason="other", hours=3)
    stored(stack, 3, state="quarantined", reason="unmapped-message", connection=DOUYIN, hours=3)
    stored(stack, 4, state="quarantined", reason="unmapped-message")
    stored(stack, 5, state="dead", reason="unmapped-message", hours=3)
    now = datetime.now(UTC)
    wanted = {
        "state": "quarantined",
        "channel": "wecom",
        "connection_id": WECOM.id,
        "reason": "unmapped-message",
        "received_from": rfc3339(now - timedelta(hours=4)),
        "received_to": rfc3339(now - timedelta(hours=1)),
    }
    answer = replay(**wanted)
    assert (answer.status, answer.json) == (202, {"matched": 1, "queued": 1, "next_cursor": ""})
    sent = stack.drain(QUEUE)
    assert [message["message_id"] for message in sent] == [meant]
    assert replays.run_replays(sqs_batch(*sent, *sent), Context()) == {"batchItemFailures": []}
    item = stack.inbox().read(meant)
    assert (item and item.status, {event["message_id"] for event in stack.emitted()}) == ("processed", {meant})
    assert replay(**wanted).json["matched"] == 0


def test_a_dry_run_only_counts(stack: Stack) -> None:
    """Nothing is queued by it."""
    stored(stack, 1, state="dead", reason="x")
    assert replay(state="dead", dry_run=True).json == {"matched": 1, "queued": 0, "next_cursor": ""}
    assert stack.drain(QUEUE) == []


def test_a_cursor_goes_on_and_finds_each_message_once(stack: Stack) -> None:
    """Page by page each is queued once, though those replayed meanwhile leave and come back at the end."""
    ids = [stored(stack, n, state="quarantined", reason="x", hours=9 - n) for n in range(7)]
    found, cursor, turns = list[str](), "", 0
    while turns == 0 or cursor:
        answer = replay(state="quarantined", limit=3, cursor=cursor).json
        cursor, turns = answer["next_cursor"], turns + 1
        sent = [message["message_id"] for message in stack.drain(QUEUE)]
        found += sent
        for one in sent:
            again(stack, one)
    assert (found, turns) == (ids, 3)


def again(stack: Stack, message_id: str) -> None:
    """It was replayed, and quarantined once more."""
    for state in ("processed", "quarantined"):
        item = stack.inbox().read(message_id)
        assert item is not None
        assert app.room.desk.inbox.settler.settle(item, state, datetime.now(UTC), "x")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/state"),
        ({"state": "processed"}, "/state"),
        ({"state": "dead", "limit": 1001}, "/limit"),
        ({"state": "dead", "received_from": "yesterday"}, "/received_from"),
        ({"state": "dead", "cursor": "no cursor"}, "/cursor"),
        ({"state": "dead", "cursor": "eyJwayI6eyJTIjoieCJ9fQ"}, "/cursor"),
        ({"state": "dead", "colour": "red"}, "/colour"),
    ],
)
def test_a_wrong_wish_is_named(stack: Stack, body: dict[str, Any], pointer: str) -> None:
    """422 with the field; nothing is queued."""
    answer = replay(**body)
    assert (answer.status, [error["pointer"] for error in answer.json["errors"]]) == (422, [pointer])
    assert stack.drain(QUEUE) == []


def test_a_message_that_is_gone_is_done_with(stack: Stack) -> None:
    """What expired meanwhile comes back to no queue; only integrators may ask."""
    batch = sqs_batch({"kind": "message", "message_id": "msg_GONE"})
    assert replays.run_replays(batch, Context()) == {"batchItemFailures": []}
    body = {"state": "dead"}
    assert call(app.room, "POST", "/webhooks/messages/replay", body, as_=token("supervisor")).status == 403
