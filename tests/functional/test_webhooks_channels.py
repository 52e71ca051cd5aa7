"""What every inbound channel promises at the front door and behind it: stored before it is answered, once, for one
write; published, quarantined, replayed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from functions.webhooks import app
from functions.webhooks.connections.selfcheck import to_event
from hub.channels.door import Stamp
from hub.channels.registry import codec, inbound_channels
from hub.store.secrets import Connection
from tests.channels.support import documented, payload
from tests.support.http import call
from tests.support.webhooks import Stack, simulated_stack

NAMES = inbound_channels()


@pytest.fixture(scope="module")
def shared() -> Iterator[Stack]:
    with simulated_stack() as simulated:
        for name in NAMES:
            simulated.secrets().put(connection(name))
        simulated.restart()
        yield simulated


@pytest.fixture
def stack(shared: Stack) -> Stack:
    """The stack with an empty inbox, and nothing counted."""
    for item in shared.stored():
        shared.clients["dynamodb"].delete_item(
            TableName=shared.settings["HUB_INBOX_TABLE"], Key={"pk": item["pk"], "sk": item["sk"]}
        )
    shared.drain("HUB_TALLY_QUEUE_URL")
    shared.emitted()
    shared.calls.clear()
    return shared


def connection(name: str) -> Connection:
    return Connection(f"con_{name}", name, "enabled", payload(f"{name}_examples")["settings"])


def delivery(name: str, plaintext: str, now: float | None = None) -> dict[str, Any]:
    """The event of a genuine delivery, sent this moment."""
    at = str(int(datetime.now().timestamp() if now is None else now))  # noqa: DTZ005 - epoch seconds have no zone
    one = connection(name)
    settings = {"push_path": f"/webhooks/{name}/{one.id}", **one.settings}
    made = codec(name).sample(settings, plaintext.encode(), Stamp(at, "n0nce", b"R4nd0mPrefix16by"))
    return to_event(one, made)


def meaningful(name: str) -> str:
    """The first documented message that becomes an event."""
    return str(next(one["plaintext"] for one in documented(name) if one["event"]))


@pytest.mark.parametrize("name", NAMES)
def test_a_new_message_is_one_write_and_a_repeat_one_failed_write(stack: Stack, name: str) -> None:
    """Counted at the transport: one put a message, one failed put a repeat, and both are answered in the platform's
    words."""
    door, success = stack.door(), payload(f"{name}_examples")["success"]
    first = door.answer(delivery(name, meaningful(name)))
    assert stack.calls == ["GetParameters", "PutItem"]
    stack.calls.clear()
    again = door.answer(delivery(name, meaningful(name)))
    assert stack.calls == ["PutItem", "SendMessage"]
    assert first == again
    assert first["statusCode"] == success["status"]
    assert len(stack.stored()) == 1
    assert [told["kind"] for told in stack.drain("HUB_TALLY_QUEUE_URL")] == ["duplicate"]


@pytest.mark.parametrize("name", NAMES)
def test_what_the_database_does_not_take_is_not_answered_with_success(stack: Stack, name: str) -> None:
    """Stored, then answered: without a table the platform hears 503 and pushes again."""
    broken = stack.settings | {"HUB_INBOX_TABLE": "hub-demo-nowhere"}
    door = Stack(stack.session, broken).door()
    assert door.answer(delivery(name, meaningful(name)))["statusCode"] == 503


@pytest.mark.parametrize("name", NAMES)
def test_a_forged_delivery_leaves_only_a_tally(stack: Stack, name: str) -> None:
    """Refused in the platform's words, not stored, counted."""
    refusal = payload(f"{name}_examples")["refusal"]
    forged = delivery(name, meaningful(name)) | {"body": "b29wcw==", "headers": {}, "rawQueryString": ""}
    answer = stack.door().answer(forged)
    assert (answer["statusCode"], answer["body"]) == (refusal["status"], refusal["body"])
    assert stack.stored() == []
    assert [told["kind"] for told in stack.drain("HUB_TALLY_QUEUE_URL")] == ["rejected"]


@pytest.mark.parametrize("name", NAMES)
def test_a_message_is_published_and_survives_a_replay(stack: Stack, name: str) -> None:
    """Published, it is processed; replayed, the same events come again under the same ids, marked as old news."""
    stack.door().answer(delivery(name, meaningful(name)))
    assert stack.publish() == []
    (item,) = stack.stored()
    fresh = stack.emitted()
    assert item["status"]["S"] == "processed"
    again = call(app.room, "POST", f"/webhooks/messages/{item['message_id']['S']}/replay")
    assert (again.status, again.json["state"]) == (200, "processed")
    replayed = stack.emitted()
    assert sorted(event["id"] for event in replayed) == sorted(event["id"] for event in fresh)
    assert [event["replay"] for event in replayed] == [True] * len(fresh)


@pytest.mark.parametrize("name", NAMES)
def test_what_nobody_understands_is_taken_and_waits(stack: Stack, name: str) -> None:
    """The platform hears success; the message is quarantined with its reason, and listed."""
    known = payload(f"{name}_examples")
    answer = stack.door().answer(delivery(name, known["unknown"][0]["plaintext"]))
    assert answer["statusCode"] == known["success"]["status"]
    assert stack.publish() == []
    (item,) = stack.stored()
    assert (item["status"]["S"], item["reason"]["S"].split()[0]) == ("quarantined", known["unknown"][0]["reason"])
    assert stack.emitted() == []
    assert item["message_id"]["S"] in [one["id"] for one in call(app.room, "GET", "/webhooks/messages").json["data"]]


@pytest.mark.parametrize("name", NAMES)
def test_a_connection_checks_itself_through_the_front_door(stack: Stack, name: str) -> None:
    """The platform's own check of the URL, signed with the stored secrets, gets the answer that it waits for."""
    stack.secrets().put(connection(name))
    checked = call(app.room, "POST", f"/webhooks/connections/con_{name}/test")
    assert (checked.status, checked.json["passed"]) == (200, True)
    assert stack.stored() == []
