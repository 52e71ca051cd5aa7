"""The front door: verify, store once, answer."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.webhooks.accept import MANIFEST, MESSAGES_LIMIT, handler, open_door
from functions.webhooks.connections.selfcheck import to_event
from hub.channels.base import MESSAGE_LIMIT_BYTES, Delivery
from hub.channels.door import Stamp
from hub.channels.registry import codec, inbound_channels
from hub.store.secrets import Connection
from tests.support.webhooks import DOUYIN, WECOM, Stack, deliver, douyin_push, simulated_stack, wecom_text

PAID = {"tag": "101", "msg_id": "m1", "data": {"shop_id": 4321, "p_id": 6917000000000000001, "order_status": 2}}
SUCCESS = '{"code":0,"msg":"success"}'
HEAVY = ("pydantic", "pynamodb", "requests", "boto3", "aws_lambda_powertools", "chalice", "jwt")


@pytest.fixture
def stack() -> Iterator[Stack]:
    with simulated_stack() as simulated:
        yield simulated


def test_a_new_message_costs_exactly_one_write(stack: Stack) -> None:
    """A new message is one conditional put, and no other call to DynamoDB."""
    door = stack.door()
    answer = door.answer(deliver(WECOM, wecom_text("漏水了")))
    assert answer["statusCode"] == 200
    assert stack.calls == ["GetParametersByPath", "PutItem"]
    assert [item["plaintext"]["B"] for item in stack.stored()] == [wecom_text("漏水了")]


def test_a_repeat_costs_one_failed_write_and_changes_nothing(stack: Stack) -> None:
    """The same message again is answered alike, stores nothing, and is only tallied."""
    door = stack.door()
    first = door.answer(deliver(WECOM, wecom_text("漏水了")))
    before = stack.stored()
    stack.calls.clear()
    assert door.answer(deliver(WECOM, wecom_text("漏水了"))) == first
    assert stack.calls == ["PutItem", "SendMessage"]
    assert stack.stored() == before
    tallied = stack.drain("HUB_TALLY_QUEUE_URL")
    assert [(t["connection"], t["kind"], t["count"]) for t in tallied] == [(WECOM.id, "duplicate", 1)]


def test_an_array_with_one_repeat_stores_the_other(stack: Stack) -> None:
    """Of two messages in one delivery, one known: the new one is stored and the whole is a success."""
    door = stack.door()
    door.answer(deliver(DOUYIN, douyin_push(PAID)))
    answer = door.answer(deliver(DOUYIN, douyin_push(PAID, {**PAID, "msg_id": "m2"})))
    assert (answer["statusCode"], answer["body"]) == (200, SUCCESS)
    assert len(stack.stored()) == 2


def test_a_forged_delivery_is_refused_and_counted(stack: Stack) -> None:
    """What does not verify gets the platform's no, is not stored, and is tallied with its reason."""
    forged = deliver(DOUYIN, douyin_push(PAID))
    forged["headers"]["event-sign"] = "0" * 32
    answer = stack.door().answer(forged)
    assert (answer["statusCode"], answer["body"], stack.stored()) == (401, "", [])
    tallied = stack.drain("HUB_TALLY_QUEUE_URL")
    assert [(t["kind"], t["code"]) for t in tallied] == [("rejected", "bad-signature")]


def test_the_url_is_verified_within_its_query_decoded_once(stack: Stack) -> None:
    """WeCom's echo holds + and / as %2B and %2F: the decrypted number comes back, and nothing is stored."""
    stamp = Stamp(timestamp="1700000000", nonce="n", randomness=b"\xff0123456789abcdef")
    delivery, expected = codec("wecom").verification(WECOM.settings, stamp)
    answer = stack.door().answer(to_event(WECOM, delivery))
    assert (answer["statusCode"], answer["body"]) == (200, expected.body.decode())
    assert stack.stored() == []


@pytest.mark.parametrize("channel", inbound_channels())
def test_a_large_body_is_refused_before_anything_is_read(stack: Stack, channel: str) -> None:
    """Up to the channel's limit a body is looked at; one byte more is 413 without a call to anything."""
    connection = Connection("con_NONE", channel, "enabled", {})
    limit = codec(channel).BODY_LIMIT_BYTES
    answers = [
        stack.door().answer(to_event(connection, Delivery("POST", {}, {}, b"\xff" * size)))
        for size in (limit + 1, limit)
    ]
    assert [answer["statusCode"] for answer in answers] == [413, 404]
    assert limit <= 4 << 20


@pytest.mark.parametrize(("envelope", "status"), [(1024, 200), (0, 413)])
def test_a_message_at_the_limit_goes_all_the_way(stack: Stack, envelope: int, status: int) -> None:
    """The largest message that is taken fits into the inbox and, with all of it escaped, into the content store."""
    padding = MESSAGE_LIMIT_BYTES - len(wecom_text("")) - envelope
    assert stack.door().answer(deliver(WECOM, wecom_text('"' * padding)))["statusCode"] == status
    assert stack.publish() == []
    assert len(stack.emitted()) == (1 if status == 200 else 0)


@pytest.mark.parametrize("count", [MESSAGES_LIMIT, MESSAGES_LIMIT + 1])
def test_a_delivery_brings_so_many_messages_and_no_more(stack: Stack, count: int) -> None:
    """At the bound all are stored; above it nothing is, and the platform is told that it is too much."""
    answer = stack.door().answer(deliver(DOUYIN, douyin_push(*({**PAID, "msg_id": f"m{i}"} for i in range(count)))))
    expected = (200, count) if count <= MESSAGES_LIMIT else (413, 0)
    assert (answer["statusCode"], len(stack.stored())) == expected


@pytest.mark.parametrize(
    "connection",
    [
        replace(WECOM, id="con_NOBODY"),
        replace(WECOM, channel="douyin"),
        replace(WECOM, channel="../x"),
        replace(WECOM, id=""),
    ],
    ids=["unknown", "another channel's", "no channel", "none"],
)
def test_an_unknown_connection_is_404_without_a_word(stack: Stack, connection: Connection) -> None:
    """A URL that is nobody's is 404 with an empty body, whatever is sent there."""
    answer = stack.door().answer(to_event(connection, Delivery("POST", {}, {}, b"<xml/>")))
    assert (answer["statusCode"], answer["body"], stack.stored()) == (404, "", [])


def test_a_disabled_connection_loses_nothing(stack: Stack) -> None:
    """A genuine delivery to a disabled connection is answered as ever and stored; a forged one is not."""
    stack.secrets().put(replace(WECOM, state="disabled"))
    forged = deliver(replace(WECOM, settings={**WECOM.settings, "token": "Other"}), wecom_text("你好"))
    door = stack.door()
    assert [door.answer(one)["statusCode"] for one in (deliver(WECOM, wecom_text("你好")), forged)] == [200, 403]
    assert len(stack.stored()) == 1


def test_guessing_connections_does_not_read_secrets_each_time(stack: Stack) -> None:
    """A hundred unknown names within five seconds cost one read of the secrets."""
    door = stack.door()
    for number in range(100):
        door.answer(to_event(replace(WECOM, id=f"con_{number}"), Delivery("POST")))
    assert stack.calls == ["GetParametersByPath"]


def test_success_is_never_said_for_what_is_not_stored(stack: Stack) -> None:
    """When the inbox does not take a message the platform hears 503, without a stack trace, and repeats."""
    stack.clients["dynamodb"].delete_table(TableName=stack.settings["HUB_INBOX_TABLE"])
    answer = stack.door().answer(deliver(WECOM, wecom_text("你好")))
    assert (answer["statusCode"], answer["body"]) == (503, "")


def test_a_lost_tally_fails_no_delivery(stack: Stack) -> None:
    """When the tally's queue is gone a repeat is still a success, and a forgery still the platform's no."""
    stack.clients["sqs"].delete_queue(QueueUrl=stack.settings["HUB_TALLY_QUEUE_URL"])
    door, event = stack.door(), deliver(WECOM, wecom_text("你好"))
    assert [door.answer(event)["statusCode"] for _ in range(2)] == [200, 200]


def test_the_same_delivery_has_the_same_id_for_ever(stack: Stack) -> None:
    """A message's id follows from tenant, connection and dedupe key alone, so replays agree on it."""
    inbox = stack.inbox()
    ids = {inbox.message_id("con_a", "k1"), inbox.message_id("con_a", "k1"), inbox.message_id("con_b", "k1")}
    assert len(ids) == 2


def test_business_time_runs_by_the_settings(stack: Stack) -> None:
    """A message is stamped with business time, which may run scaled; what waits is listed by wall time."""
    origin = datetime(2030, 1, 1, tzinfo=UTC).timestamp()
    stack.settings |= {"HUB_CLOCK_SCALE": "1", "HUB_CLOCK_ORIGIN": f"{datetime.now(UTC).timestamp()}/{origin}"}
    stack.door().answer(deliver(WECOM, wecom_text("你好")))
    (item,) = stack.stored()
    assert item["received_at"]["S"].startswith("2030-01-01T00:00")
    assert not item["pending_since"]["S"].startswith("2030")


def test_the_door_is_lean() -> None:
    """Importing the front door, with every codec, pulls in none of the heavy libraries."""
    code = (
        "import json, sys; import functions.webhooks.accept\n"
        "from hub.channels.registry import codec, inbound_channels\n"
        "[codec(name) for name in inbound_channels()]\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == []


def test_the_manifest_has_one_route_a_channel() -> None:
    """The build finds one path for each channel that knocks, and none for those that only send."""
    (entry,) = MANIFEST["entries"]
    assert entry["paths"] == [f"/webhooks/{name}/{{connection}}" for name in inbound_channels()]


def test_the_handler_wires_itself_once_and_can_be_warmed(stack: Stack) -> None:
    """The handler takes its settings from the environment; a warming event reads the secrets and says nothing."""
    open_door.cache_clear()
    assert handler({"source": "aws.events"}) == {}
    assert handler(deliver(WECOM, wecom_text("你好")))["statusCode"] == 200
    assert open_door.cache_info().misses == 1
    open_door.cache_clear()
    assert len(stack.stored()) == 1


def test_secrets_are_in_no_repr(stack: Stack) -> None:
    """Neither a connection nor the door shows a secret when it is printed."""
    shown: list[Any] = [stack.secrets().find(WECOM.id), stack.door()]
    assert all(str(secret) not in repr(shown) for secret in WECOM.settings.values())
