"""The relay protocol, and the relay's own URL for many sources."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.channels import relaying
from hub.channels.base import MESSAGE_LIMIT_BYTES, Answer, Delivery, NotUnderstood, Rejected
from hub.channels.pinduoduo import codec as pinduoduo
from hub.channels.relay import inbound
from hub.channels.relay.codec import DOOR
from hub.channels.taobao import codec as taobao
from tests.channels.support import payload, stored

KNOWN: dict[str, Any] = payload("relay_examples")["settings"]
STAMP = "1767242700"


def batch(*messages: Any, source: str = "taobao-tmc", known: dict[str, Any] = KNOWN, stamp: str = STAMP) -> Delivery:
    text = ",".join(message if isinstance(message, str) else json.dumps(message) for message in messages)
    return relaying.post(known, text.encode(), source=source, timestamp=stamp)


def message(message_id: str = "1", **changes: Any) -> dict[str, Any]:
    told = {"id": message_id, "topic": "taobao_trade_TradeCreate", "shop_id": "10", "pub_time": "2026-01-01 12:45:00"}
    return {**told, "content": {"tid": "9"}, **changes}


def answer(delivery: Delivery) -> Any:
    return json.loads(DOOR.accept(delivery, KNOWN).answer.body)


def keys(delivery: Delivery) -> list[str]:
    return [one.dedupe_key for one in DOOR.accept(delivery, KNOWN).messages]


def test_the_published_vector_signs_as_it_says() -> None:
    """The protocol's own vector: an empty batch of taobao-tmc."""
    body = b'{"source":"taobao-tmc","messages":[]}'
    expected = "v1=8e35436f53874a303ec75afc01f923657fefccc4128f423f7a0470dc0f4fc699"
    assert relaying.sign("relay-secret", "1767240000", body) == expected
    headers = {"x-hub-timestamp": "1767240000", "x-hub-signature": expected}
    delivery = Delivery("POST", {}, headers, body, at=1767240000.0)
    assert DOOR.accept(delivery, {"relay_secret": "relay-secret"}).answer.body == b'{"accepted":[],"rejected":[]}'
    with pytest.raises(Rejected, match="bad-signature"):
        DOOR.accept(replace(delivery, body=body.replace(b"t", b"u", 1)), {"relay_secret": "relay-secret"})


def test_each_message_keeps_its_own_text() -> None:
    """Blanks, escapes, the order of names and numbers above 2^53 are stored as they came."""
    texts = [
        '{ "topic":"a" , "id" : 9007199254740993 }',
        '{"id":"2","topic":"\\u4e2d]}","x":[{"y":"}"}]}',
        '{"id":"3","topic":"c"}',
    ]
    accepted = DOOR.accept(batch(*texts, source="open"), KNOWN)
    assert [one.plaintext.decode() for one in accepted.messages] == [texts[0], texts[2]]
    assert json.loads(accepted.answer.body) == {
        "accepted": ["9007199254740993", "3"],
        "rejected": [{"id": "2", "reason": "no-topic"}],
    }


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda one: st.lists(one) | st.dictionaries(st.text(), one),
    )
)
@settings(max_examples=200, deadline=None)
def test_splitting_agrees_with_json(content: Any) -> None:
    """Whatever a message holds, the text that is kept parses to it."""
    told = message(content=content)
    kept = DOOR.accept(batch(told, json.dumps(told, indent=1)), KNOWN).messages
    assert [json.loads(one.plaintext) for one in kept] == [told, told]


@pytest.mark.parametrize(
    ("source", "channel", "account"),
    [
        ("taobao-tmc", "taobao", "10"),
        ("pdd-pmc", "pinduoduo", "10"),
        ("jd-jmq", "jd", "10"),
        ("open", "", "open"),
        ("douyin-push", "", "douyin-push"),
        ("", "", ""),
    ],
)
def test_the_source_decides_whose_message_it_is(source: str, channel: str, account: str) -> None:
    """The three that a channel reads go there; every other stays the relay's, under its source."""
    (kept,) = DOOR.accept(batch(message(), source=source), KNOWN).messages
    assert (kept.channel, kept.account) == (channel, account)


def test_on_a_channels_own_url_the_batch_has_no_say() -> None:
    """Taobao's URL stores Taobao's messages, whatever source a batch claims."""
    (kept,) = taobao.DOOR.accept(batch(message(), source="pdd-pmc"), KNOWN).messages
    assert (kept.channel, kept.dedupe_key) == ("", "taobao-tmc:10:taobao_trade_TradeCreate:1")


def test_only_allowed_sources_are_taken() -> None:
    """A connection that lists its sources refuses every other, and says nothing about it."""
    known = {**KNOWN, "sources": ["pdd-pmc"]}
    assert DOOR.accept(batch(message(), source="pdd-pmc", known=known), known).messages
    with pytest.raises(Rejected) as refused:
        DOOR.accept(batch(message(), known=known), known)
    assert (refused.value.reason, DOOR.refuse(refused.value)) == ("unknown-source", Answer(401))


@pytest.mark.parametrize(("late", "taken"), [(-301, False), (-300, True), (0, True), (300, True), (301, False)])
def test_a_delivery_is_good_for_five_minutes(late: int, taken: bool) -> None:
    """Older, or from further ahead: stale, though its signature is right."""
    delivery = replace(batch(message()), at=float(STAMP) + late)
    if taken:
        assert DOOR.accept(delivery, KNOWN).messages
        return
    with pytest.raises(Rejected, match="stale"):
        DOOR.accept(delivery, KNOWN)


def test_a_repeat_is_signed_anew_and_is_the_same_message() -> None:
    """Another timestamp, another signature, one dedupe key."""
    again = str(int(STAMP) + 900)
    assert keys(batch(message())) == keys(batch(message(pub_time="later"), stamp=again))


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"id": "2"}, True),
        ({"content": json.dumps({"mall_id": 1, "tid": "t", "refund_id": 5, "modified": 7})}, True),
        ({"content": {"tid": "t", "refund_id": 5, "modified": 8}}, False),
        ({"content": {"tid": "t", "refund_id": 6, "modified": 7}}, False),
        ({"topic": "pdd_refund_RefundClosed"}, False),
        ({"shop_id": "11"}, False),
    ],
)
def test_a_pinduoduo_message_is_the_same_under_any_id(change: dict[str, Any], same: bool) -> None:
    """Mall, type, after-sale and its time are the identity there: a repeat may carry another id."""
    told = message(topic="pdd_refund_RefundCreated", content={"tid": "t", "refund_id": 5, "modified": 7})
    first, second = keys(batch(told, {**told, **change}, source="pdd-pmc"))
    assert (first == second) == same


def test_two_changes_of_one_pinduoduo_order_are_two_messages() -> None:
    """An order's message has no time of its own: when it was published stands for it, else its id."""
    told = message(topic="pdd_trade_TradeMemoModified", content={"tid": "t"}, pub_time="1")
    messages = (told, {**told, "pub_time": "2"}, {**told, "pub_time": ""}, {**told, "pub_time": "", "id": "5"})
    accepted = pinduoduo.DOOR.accept(batch(*messages), KNOWN)
    assert len({one.dedupe_key for one in accepted.messages}) == 4


@pytest.mark.parametrize("shop", ["", None, 7, "中", "x" * 129, ["1"]])
def test_odd_shops_never_break_the_key(shop: Any) -> None:
    """What can be no name is none, and the message is kept."""
    (key,) = keys(batch(message(shop_id=shop)))
    assert key in ("taobao-tmc::taobao_trade_TradeCreate:1", "taobao-tmc:7:taobao_trade_TradeCreate:1")


def test_what_cannot_be_kept_is_rejected_by_itself() -> None:
    """Without id, without topic, no object, too large: the others of the batch are taken."""
    large = message("5", content={f"name{nth}": "x" * 100 for nth in range(MESSAGE_LIMIT_BYTES // 100)})
    messages = [message(), message(""), {"id": "3"}, 7, large, message("6")]
    assert answer(batch(*messages)) == {
        "accepted": ["1", "6"],
        "rejected": [
            {"id": "", "reason": "no-id"},
            {"id": "3", "reason": "no-topic"},
            {"id": "", "reason": "no-object"},
            {"id": "5", "reason": "too-large"},
        ],
    }
    refused = DOOR.accept(batch(*messages), KNOWN).refused
    assert refused == ("no-id", "no-topic", "no-object", "too-large")


@pytest.mark.parametrize("number", ["9" * 5000, "1e999999", "-0.0"])
def test_an_odd_number_holds_up_no_other_message(number: str) -> None:
    """What JSON allows and Python does not read is kept like anything else, beside the others of its batch."""
    odd = f'{{"id":"2","topic":"t","content":{{"n":{number}}}}}'
    accepted = DOOR.accept(batch(message(), odd), KNOWN)
    assert [one.plaintext.decode() for one in accepted.messages][1:] == [odd]
    assert json.loads(accepted.answer.body) == {"accepted": ["1", "2"], "rejected": []}


def test_a_relay_cannot_speak_for_our_own_pulls() -> None:
    """A row that we read from the platform is marked; a message with that mark is no relay's to bring, in no form."""
    row = {"pulled": "review", "row": {"oid": "1", "tid": "2", "result": "bad"}}
    assert answer(batch(message(**row), message("2"))) == {
        "accepted": ["2"],
        "rejected": [{"id": "1", "reason": "reserved"}],
    }
    body = json.dumps(row).encode()
    headers = {"x-hub-timestamp": STAMP, "x-hub-signature": relaying.sign(KNOWN["relay_secret"], STAMP, body)}
    (kept,) = taobao.DOOR.accept(Delivery("POST", {}, headers, body, at=float(STAMP)), KNOWN).messages
    assert kept.channel == "relay"
    with pytest.raises(NotUnderstood):
        inbound.events(stored("relay", kept.plaintext))


def test_two_hundred_messages_are_a_batch() -> None:
    """The next one is rejected, to be sent again."""
    told = answer(batch(*(message(str(nth)) for nth in range(201))))
    assert len(told["accepted"]) == 200
    assert told["rejected"] == [{"id": "200", "reason": "too-many"}]


def test_nine_hundred_kilobytes_are_a_delivery() -> None:
    """One byte more is refused before anything else is done."""
    body = b'{"messages":[]}'.ljust(DOOR.BODY_LIMIT_BYTES)
    delivery = replace(batch(), body=body)
    delivery.headers["x-hub-signature"] = relaying.sign(KNOWN["relay_secret"], STAMP, body)  # type: ignore[index]
    assert DOOR.accept(delivery, KNOWN).messages == ()
    with pytest.raises(Rejected, match="too-large"):
        DOOR.accept(replace(delivery, body=body + b" "), KNOWN)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b'{"messages":{}}',
        b'{"messages":[]',
        b"\xff",
        b'{"messages":[]}x',
        b'{"a":' * 50_000,
    ],
)
def test_a_signed_body_that_is_no_batch_is_kept_whole(body: bytes) -> None:
    """What verifies is never lost, whatever it is, and the relay is told that nothing was accepted."""
    headers = {"x-hub-timestamp": STAMP, "x-hub-signature": relaying.sign(KNOWN["relay_secret"], STAMP, body)}
    accepted = DOOR.accept(Delivery("POST", {}, headers, body, at=float(STAMP)), KNOWN)
    assert [one.plaintext for one in accepted.messages] == [body]
    assert json.loads(accepted.answer.body) == {"accepted": [], "rejected": []}


@pytest.mark.parametrize(("key_id", "taken"), [("key-1", True), ("", True), ("key-2", False)])
def test_another_keys_delivery_is_not_tried(key_id: str, taken: bool) -> None:
    """A connection that names its key refuses a delivery that names another."""
    delivery = batch(message())
    headers = {name: value for name, value in delivery.headers.items() if name != "x-hub-key-id"}
    delivery = replace(delivery, headers=headers | ({"x-hub-key-id": key_id} if key_id else {}))
    if taken:
        assert DOOR.accept(delivery, KNOWN).messages
        return
    with pytest.raises(Rejected, match="bad-signature"):
        DOOR.accept(delivery, KNOWN)


@pytest.mark.parametrize("stamp", ["", "soon", "-1", "1" * 13, "1767242700.0", "１７６７２４２７００"])
def test_a_timestamp_is_plain_seconds(stamp: str) -> None:
    """Anything else is a bad signature, never a crash."""
    delivery = batch(message())
    headers = {**delivery.headers, "x-hub-timestamp": stamp}
    headers["x-hub-signature"] = relaying.sign(KNOWN["relay_secret"], stamp, delivery.body)
    with pytest.raises(Rejected, match="bad-signature"):
        DOOR.accept(replace(delivery, headers=headers), KNOWN)


@given(st.binary(max_size=200), st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_random_deliveries_are_refused(body: bytes, signature: str) -> None:
    """Nothing that the secret did not sign is taken, and nothing crashes the door."""
    headers = {"x-hub-timestamp": STAMP, "x-hub-signature": signature}
    with pytest.raises(Rejected):
        DOOR.accept(Delivery("POST", {}, headers, body, at=float(STAMP)), KNOWN)


def test_a_pull_only_connection_takes_nothing() -> None:
    """Without a relay_secret every delivery to a channel's URL is refused."""
    with pytest.raises(Rejected, match="bad-settings"):
        taobao.DOOR.accept(batch(message()), {"app_key": "1"})


def test_a_lost_websocket_is_told() -> None:
    """The relay's own notice names the websocket, and somebody has to act; a source nobody reads waits."""
    told = {"id": "1", "topic": "relay.disconnected", "pub_time": 1767242700, "content": {"source": "pdd-pmc"}}
    (draft,) = inbound.events(stored("relay", json.dumps(told).encode(), account="relay"))
    assert draft.event is not None
    fields = draft.event.model_dump(include={"kind", "status", "subject_id", "urgent", "account"})
    assert fields == {
        "kind": "job",
        "status": "disconnected",
        "subject_id": "pdd-pmc",
        "urgent": True,
        "account": "relay",
    }
    with pytest.raises(NotUnderstood) as refused:
        inbound.events(stored("relay", json.dumps({**told, "topic": "x"}).encode(), account="open"))
    assert (refused.value.reason, refused.value.facts["source"]) == ("unknown-source", "open")


def posted(lines: str, *options: str) -> list[list[str]]:
    """The ids that the door takes of each batch that examples/relay.py makes of these lines."""
    script = Path(__file__).parents[2] / "examples" / "relay.py"
    environment = {
        "HUB_RELAY_SECRET": KNOWN["relay_secret"],
        "HUB_RELAY_URL": "http://127.0.0.1:9/webhooks/relay/con_1",
    }
    asked = [sys.executable, str(script), "--source", "taobao-tmc", "--dry-run", *options]
    given_ = lines.encode("utf-8", "surrogateescape")
    ran = subprocess.run(asked, input=given_, capture_output=True, env=environment, check=True, timeout=60)
    taken = []
    for post in map(json.loads, ran.stdout.splitlines()):
        stamp = float(post["headers"]["x-hub-timestamp"])
        delivery = Delivery("POST", {}, post["headers"], post["body"].encode(), at=stamp)
        taken.append(json.loads(DOOR.accept(delivery, {**KNOWN, "relay_key_id": ""}).answer.body)["accepted"])
    return taken


def test_the_example_posts_batches_that_the_door_takes() -> None:
    """examples/relay.py signs what it reads, by the standard library alone, as the door checks it."""
    text = "\n".join(json.dumps(message(str(nth))) for nth in range(3))
    assert posted(text, "--batch", "2") == [["0", "1"], ["2"]]


def test_the_example_keeps_within_a_deliverys_size() -> None:
    """Large messages go out in more than one batch, none above 900 KB; one that is too large stays behind."""
    content = "x" * 150_000
    lines = [json.dumps(message(str(nth), content=content)) for nth in range(7)]
    too_large = json.dumps(message("large", content="x" * MESSAGE_LIMIT_BYTES))
    assert posted("\n".join([too_large, *lines])) == [["0", "1", "2", "3", "4", "5"], ["6"]]


@pytest.mark.parametrize("line", ["{", "[]", "\udcff", '{"a":' * 50_000, ""])
def test_a_broken_line_costs_the_example_no_other(line: str) -> None:
    """What is no message is left out of its batch, and the next one goes out."""
    assert posted(f"{line}\n{json.dumps(message())}\n") == [["1"]]
