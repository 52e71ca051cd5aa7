"""The front door: verify, store once, answer."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from functions.webhooks.accept import MANIFEST, MESSAGES_LIMIT, handler, open_door
from functions.webhooks.connections.causes import REJECTIONS
from functions.webhooks.connections.selfcheck import to_event
from hub.channels import relaying
from hub.channels.base import MESSAGE_LIMIT_BYTES, Delivery
from hub.channels.door import Stamp
from hub.channels.registry import codec, inbound_channels
from hub.channels.shopify.codec import sign
from hub.store.secrets import LOOKUPS, Connection
from tests.support.webhooks import DOUYIN, WECOM, Stack, deliver, douyin_push, simulated_stack, wecom_text

PAID = {"tag": "101", "msg_id": "m1", "data": {"shop_id": 4321, "p_id": 6917000000000000001, "order_status": 2}}
SUCCESS = '{"code":0,"msg":"success"}'
HEAVY = ("pydantic", "pynamodb", "requests", "boto3", "aws_lambda_powertools", "chalice", "jwt")


SHOPIFY = Connection(
    "con_SHOPIFY", "shopify", "enabled", {"shop": "demo.myshopify.com", "client_secret": "demo-client-secret"}
)
RELAY = Connection("con_RELAY", "relay", "enabled", {"relay_secret": "demo-relay-secret-0123456789abcdef"})


def shopify_webhook(body: bytes, topic: str, shop: str = "demo.myshopify.com") -> dict[str, Any]:
    headers = {"x-shopify-topic": topic, "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"}
    headers |= {"x-shopify-shop-domain": shop} if shop else {}
    headers["x-shopify-hmac-sha256"] = sign("demo-client-secret", body)
    return to_event(SHOPIFY, Delivery("POST", {}, headers, body))


def refusals(stack: Stack) -> list[tuple[str, str, int]]:
    """What the tally's queue was told of refusals: connection, reason, how many."""
    tallied = stack.drain("HUB_TALLY_QUEUE_URL")
    return [(t["connection"], t["code"], t.get("count", 1)) for t in tallied if t["kind"] == "rejected"]


@pytest.fixture
def stack() -> Iterator[Stack]:
    with simulated_stack() as simulated:
        yield simulated


def test_a_new_message_costs_exactly_one_write(stack: Stack) -> None:
    """A new message is one conditional put, and no other call to DynamoDB."""
    door = stack.door()
    answer = door.answer(deliver(WECOM, wecom_text("漏水了")))
    assert answer["statusCode"] == 200
    assert stack.calls == ["GetParameters", "PutItem"]
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
def test_a_large_body_is_refused_before_anything_is_read_and_counted(stack: Stack, channel: str) -> None:
    """Up to the channel's limit a body is looked at; one byte more is 413, unread, and told to the counters."""
    stack.secrets().put(Connection("con_LARGE", channel, "enabled", {}))
    connection, limit = Connection("con_LARGE", channel, "enabled", {}), codec(channel).BODY_LIMIT_BYTES
    statuses = [
        stack.door().answer(to_event(connection, Delivery("POST", {}, {}, b"\xff" * size)))["statusCode"]
        for size in (limit + 1, limit)
    ]
    assert (statuses[0], statuses[1] in (401, 403), stack.stored()) == (413, True, [])
    assert refusals(stack)[0] == ("con_LARGE", "too-large", 1)
    assert limit <= 4 << 20


@pytest.mark.parametrize(
    ("topic", "body", "kind"),
    [
        (
            "orders/updated",
            {"id": 820982911946154508, "line_items": [{"id": 1, "title": "x" * 400}] * 500},
            "order.touched",
        ),
        ("products/update", {"id": 632910392, "variants": [{"id": 2, "title": "x" * 550}] * 500}, "platform.noticed"),
    ],
    ids=["an order of 215 KB", "a product with 500 variants, 300 KB"],
)
def test_a_large_push_is_taken_as_the_hint_that_it_is(stack: Stack, topic: str, body: Any, kind: str) -> None:
    """Shopify signs 200 KB and more: it is answered 200, one small item is stored, and the event follows."""
    stack.secrets().put(SHOPIFY)
    answer = stack.door().answer(shopify_webhook(json.dumps(body).encode(), topic))
    (item,) = stack.stored()
    assert (answer["statusCode"], len(item["plaintext"]["B"]) < 50_000) == (200, True)
    assert int(item["cut_from"]["N"]) > 200_000
    assert stack.publish() == []
    (event,) = stack.emitted()
    assert (event["type"], event.get("order_no") or event["subject_id"]) == (kind, str(body["id"]))
    assert refusals(stack) == []


def test_a_request_to_be_forgotten_is_taken_by_the_shop_in_its_signed_body(stack: Stack) -> None:
    """customers/redact without X-Shopify-Shop-Domain is the shop's that it names; another shop's is still refused."""
    stack.secrets().put(SHOPIFY)
    bodies = [
        json.dumps({"shop_domain": shop, "customer": {"id": 191167}, "orders_to_redact": []}).encode()
        for shop in (SHOPIFY.settings["shop"], "another.myshopify.com")
    ]
    events = [shopify_webhook(body, "customers/redact", shop="") for body in bodies]
    assert [stack.door().answer(event)["statusCode"] for event in events] == [200, 401]
    stack.publish()
    (event,) = stack.emitted()
    assert (event["type"], event["change"], event["person_id"]) == ("consent.changed", "erasure_asked", "191167")
    assert refusals(stack) == [(SHOPIFY.id, "wrong-receive-id", 1)]


def test_each_refusal_has_words_for_the_connections_owner() -> None:
    """Whatever reason a door gives, in Chinese and English and without the code standing for itself."""
    sources = [path.read_text() for path in (*Path("hub/channels").rglob("*.py"), Path("functions/webhooks/accept.py"))]
    reasons = {reason for source in sources for reason in re.findall(r'Rejected\("([a-z-]+)"', source)}
    reasons |= {"no-object", "no-id", "no-topic", "reserved", "too-many", "too-large"}  # of single messages of a batch
    assert len(reasons) > 10
    assert [reason for reason in sorted(reasons) if reason not in REJECTIONS] == []


def test_what_a_relay_brings_and_is_not_taken_is_counted(stack: Stack) -> None:
    """The batch is answered 200, and the connection's counters hear of each message in it that was refused."""
    stack.secrets().put(RELAY)
    settings = {**RELAY.settings}
    stamp = str(int(datetime.now(UTC).timestamp()))
    messages = b'{"id":"1","topic":"t"},{"topic":"t"},{"topic":"t"},{"id":"2"}'
    delivery = relaying.post(settings, messages, source="taobao-tmc", timestamp=stamp)
    assert stack.door().answer(to_event(RELAY, delivery))["statusCode"] == 200
    assert (len(stack.stored()), refusals(stack)) == (1, [(RELAY.id, "no-id", 2), (RELAY.id, "no-topic", 1)])


def test_a_url_of_another_channel_is_refused_and_counted(stack: Stack) -> None:
    """Whoever mistypes the channel in the URL hears 404, and the connection says what is wrong."""
    event = to_event(replace(WECOM, channel="douyin"), Delivery("POST", {}, {}, b"[]"))
    assert stack.door().answer(event)["statusCode"] == 404
    assert refusals(stack) == [(WECOM.id, "wrong-channel", 1)]


@pytest.mark.parametrize("connection", [WECOM, DOUYIN], ids=["WeCom", "Douyin"])
def test_opening_the_url_is_no_refusal(stack: Stack, connection: Connection) -> None:
    """A GET without a signature, to warm the function, is answered no, counts nothing and looks up nothing more."""
    door = stack.door()
    statuses = [door.answer(to_event(connection, Delivery("GET", {"t": "1"})))["statusCode"] for _ in range(2)]
    assert (statuses[0] in (401, 403), stack.calls) == (True, ["GetParameters"])


@pytest.mark.parametrize(("envelope", "status"), [(1024, 200), (0, 413)])
def test_a_message_at_the_limit_goes_all_the_way(stack: Stack, envelope: int, status: int) -> None:
    """The largest message that is taken fits into the inbox and, with all of it escaped, into the content store."""
    padding = MESSAGE_LIMIT_BYTES - len(wecom_text("")) - envelope
    assert stack.door().answer(deliver(WECOM, wecom_text('"' * padding)))["statusCode"] == status
    assert stack.publish() == []
    assert len(stack.emitted()) == (1 if status == 200 else 0)
    assert refusals(stack) == ([] if status == 200 else [(WECOM.id, "too-large", 1)])


@pytest.mark.parametrize("count", [MESSAGES_LIMIT, MESSAGES_LIMIT + 1])
def test_a_delivery_brings_so_many_messages_and_no_more(stack: Stack, count: int) -> None:
    """At the bound all are stored; above it nothing is, and the platform is told that it is too much."""
    answer = stack.door().answer(deliver(DOUYIN, douyin_push(*({**PAID, "msg_id": f"m{i}"} for i in range(count)))))
    expected = (200, count) if count <= MESSAGES_LIMIT else (413, 0)
    assert (answer["statusCode"], len(stack.stored())) == expected
    assert refusals(stack) == ([] if count <= MESSAGES_LIMIT else [(DOUYIN.id, "too-many", 1)])


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


def test_guessing_connections_costs_ten_calls_and_writes_nothing(stack: Stack) -> None:
    """A hundred unknown ids are 404: ten are looked up, then all connections are read once; nothing is counted."""
    door = stack.door()
    events = [to_event(replace(WECOM, id=f"con_{number}"), Delivery("POST")) for number in range(100)]
    assert {door.answer(event)["statusCode"] for event in events} == {404}
    assert stack.calls == ["GetParameters"] * LOOKUPS + ["GetParametersByPath"]


def test_new_connections_answer_their_platforms_check_at_once(stack: Stack) -> None:
    """A door at work for long answers the check of each connection made this moment, thirty of thirty."""
    door, stamp = stack.door(), Stamp(timestamp="1700000000", nonce="n", randomness=b"\xff0123456789abcdef")
    door.answer(deliver(WECOM, wecom_text("你好")))
    statuses = []
    for number in range(30):
        made = replace(WECOM, id=f"con_NEW{number}")
        stack.secrets().put(made)
        delivery, _ = codec("wecom").verification(made.settings, stamp)
        statuses.append(door.answer(to_event(made, delivery))["statusCode"])
    assert statuses == [200] * 30


def test_a_secret_rotated_this_moment_opens_the_door(stack: Stack) -> None:
    """A warm door looks the connection up again before it refuses: the first delivery under the new secret is taken."""
    door = stack.door()
    assert door.answer(deliver(WECOM, wecom_text("你好")))["statusCode"] == 200
    rotated = replace(WECOM, settings={**WECOM.settings, "token": "Rotated0001"})
    stack.secrets().put(rotated)
    stack.calls.clear()
    assert door.answer(deliver(rotated, wecom_text("在吗", "7300000000000000002")))["statusCode"] == 200
    assert stack.calls == ["GetParameters", "PutItem"]


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
    """A message is stamped with business time, which may run scaled; it stands in no list of what waits."""
    origin = datetime(2030, 1, 1, tzinfo=UTC).timestamp()
    stack.settings |= {"HUB_CLOCK_SCALE": "1", "HUB_CLOCK_ORIGIN": f"{datetime.now(UTC).timestamp()}/{origin}"}
    stack.door().answer(deliver(WECOM, wecom_text("你好")))
    (item,) = stack.stored()
    assert item["received_at"]["S"].startswith("2030-01-01T00:00")
    assert "pending_pk" not in item


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
    """The handler takes its settings from the environment; a warming event says nothing."""
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
