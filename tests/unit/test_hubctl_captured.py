"""A captured delivery: what is in it, or which mistake was made with it, said by name."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from functions.webhooks.connections.causes import words
from hub.channels.base import Delivery
from hub.channels.registry import codec, inbound_channels
from hubctl.captured import Found, explain, read_capture
from hubctl.failures import OperatorError
from tests.channels.support import STAMP, documented, payload, sample

EVERY = [(name, one) for name in inbound_channels() for one in documented(name)]
FACTS = {"order.changed", "after_sale.changed"}
"""What a message that holds the truth itself becomes once its facts are kept."""


def settings(channel: str, **changes: Any) -> dict[str, Any]:
    return {**payload(f"{channel}_examples")["settings"], **changes}


def genuine(channel: str, nth: int = 0) -> Delivery:
    """A delivery of the channel's nth sample, as its platform would make it."""
    return sample(channel, settings(channel), documented(channel)[nth]["plaintext"].encode())


def captured(delivery: Delivery, *, query: str | None = None, body: bytes | None = None) -> Delivery:
    """A delivery as somebody noted it down: its URL, headers in any case, and its body."""
    raw = urlencode(delivery.query) if query is None else query
    url = f"https://hub.example.com{delivery.path or '/webhooks/x/con_1'}?{raw}"
    headers = {name.title(): value for name, value in delivery.headers.items()}
    return read_capture(delivery.method.lower(), url, headers, delivery.body if body is None else body)


def check_with_plus() -> Delivery:
    """The check of a WeCom URL whose encrypted echo has a plus."""
    for nonce in range(100):
        delivery, _ = codec("wecom").verification(settings("wecom"), replace(STAMP, randomness=b"%016d" % nonce))
        if "+" in delivery.query["echostr"]:
            return delivery
    raise AssertionError("no plus in a hundred ciphertexts")


def cause(found: Found) -> str:
    """What an English reader is told of a refusal."""
    assert found.refused
    assert found.messages == ()
    assert found.cause
    assert found.cause.zh
    return found.cause.en


@pytest.mark.parametrize(("channel", "example"), EVERY, ids=[f"{name}-{one['name']}" for name, one in EVERY])
def test_a_genuine_sample_is_understood(channel: str, example: dict[str, Any]) -> None:
    """Every documented message of every channel shows its plaintext, its key and the event that it becomes."""
    known = settings(channel)
    found = explain(channel, known, captured(sample(channel, known, example["plaintext"].encode())))
    assert (found.refused, found.problems, found.cause) == ("", (), None)
    (message,) = found.messages
    assert message["plaintext"] == example["plaintext"]
    assert message["dedupe_key"]
    said = {event["type"] for event in message["events"]}
    assert said == {example["event"]} - FACTS - {""}
    assert bool(message["facts_kept"]) == (example["event"] in FACTS)
    json.dumps(message)


@pytest.mark.parametrize("channel", inbound_channels())
def test_the_check_of_a_url_shows_the_answer_to_it(channel: str) -> None:
    """No message is in it; the answer is the one that the platform waits for."""
    delivery, expected = codec(channel).verification(settings(channel), STAMP)
    found = explain(channel, settings(channel), captured(delivery))
    assert (found.refused, found.messages, found.answer) == ("", (), expected.body.decode())


def test_what_nobody_understands_says_why() -> None:
    """It verifies, so it would be kept and quarantined; the reason stands beside its plaintext."""
    delivery = sample("open", settings("open"), b'{"type": "invoice.created"}')
    (message,) = explain("open", settings("open"), captured(delivery)).messages
    assert message["quarantined"] == "unmapped-type"
    assert "events" not in message


def test_a_plus_that_became_a_blank_is_named() -> None:
    """A query that was decoded once too often: `+` stands bare in the captured URL."""
    delivery = check_with_plus()
    found = explain("wecom", settings("wecom"), captured(delivery, query=urlencode(delivery.query).replace("%2B", "+")))
    assert cause(found).startswith("A '+' in the query became a blank")


def test_a_query_that_is_encoded_twice_is_named() -> None:
    """%252B instead of %2B."""
    delivery = check_with_plus()
    twice = urlencode({name: quote(value, safe="") for name, value in delivery.query.items()})
    assert cause(explain("wecom", settings("wecom"), captured(delivery, query=twice))).startswith(
        "The query is encoded twice"
    )


@pytest.mark.parametrize(
    ("channel", "name", "around"),
    [("wecom", "encoding_aes_key", "{}="), ("wecom", "token", " {}"), ("douyin", "app_secret", "{}\n")],
)
def test_a_secret_that_was_copied_with_something_around_it_is_named(channel: str, name: str, around: str) -> None:
    """A key of 44 characters, a blank, a line break: the cause, and the setting by its pointer."""
    wrong = settings(channel, **{name: around.format(settings(channel)[name])})
    found = explain(channel, wrong, captured(genuine(channel)))
    assert cause(found).startswith("A setting has a blank, a line break or an '=' too many")
    assert f"/{name}" in [problem.pointer for problem in found.problems]


def test_an_older_secret_is_mended_too() -> None:
    """While a secret is rotated, the one before may be the one that was copied badly."""
    older = {"app_secret": settings("douyin")["app_secret"] + " "}
    rotating = settings("douyin", app_secret="an-app-secret-of-tomorrow", previous=older)
    assert cause(explain("douyin", rotating, captured(genuine("douyin")))).startswith("A setting has a blank")


def test_another_receive_id_is_named() -> None:
    """It decrypts, and is meant for somebody else."""
    found = explain("wecom", settings("wecom", receive_ids=["ww0000000000000009"]), captured(genuine("wecom")))
    assert (found.refused, found.cause) == ("wrong-receive-id", words("wrong-receive-id"))


@pytest.mark.parametrize("channel", ["douyin", "youzan"])
def test_a_body_that_was_written_anew_is_named(channel: str) -> None:
    """A proxy that parses JSON and writes it again breaks every signature over raw bytes."""
    compact = json.dumps(json.loads(documented(channel)[0]["plaintext"]), ensure_ascii=False, separators=(",", ":"))
    delivery = sample(channel, settings(channel), compact.encode())
    pretty = json.dumps(json.loads(delivery.body), indent=2).encode()
    found = explain(channel, settings(channel), captured(delivery, body=pretty))
    assert cause(found).startswith("The body's JSON was written anew")


@pytest.mark.parametrize("channel", ["douyin", "youzan", "open", "shopify", "taobao"])
def test_a_line_break_after_the_body_is_named(channel: str) -> None:
    """An editor that ends each file with a line break breaks the signature of a captured body."""
    delivery = genuine(channel)
    found = explain(channel, settings(channel), captured(delivery, body=delivery.body + b"\n"))
    assert cause(found).startswith("Blanks or line breaks around the body")


def test_a_body_that_was_parsed_as_a_form_is_named() -> None:
    """Base64 in which each plus became a blank."""
    delivery = next(one for nth in range(9) if b"+" in (one := genuine("kuaishou", nth)).body)
    found = explain("kuaishou", settings("kuaishou"), captured(delivery, body=delivery.body.replace(b"+", b" ")))
    assert cause(found).startswith("A '+' in the body became a blank")


@pytest.mark.parametrize(
    ("channel", "wrong"), [("wecom", {"token": "AnotherToken"}), ("douyin", {"app_secret": "another-app-secret-00001"})]
)
def test_another_secret_is_a_bad_signature_and_nothing_cleverer(channel: str, wrong: dict[str, str]) -> None:
    """Where no mistake explains it, the cause is the plain one: compare with the console."""
    found = explain(channel, settings(channel, **wrong), captured(genuine(channel)))
    assert (found.refused, found.cause) == ("bad-signature", words("bad-signature"))


def test_a_signed_path_is_read_off_the_url() -> None:
    """Xiaohongshu signs the path: it verifies with the whole URL, and not with the query alone."""
    delivery = genuine("xiaohongshu")
    known, headers = settings("xiaohongshu"), dict(delivery.headers)
    assert delivery.path
    for url in (f"https://hub.example.com{delivery.path}", delivery.path):
        assert explain("xiaohongshu", known, read_capture("POST", url, headers, delivery.body)).messages
    assert explain("xiaohongshu", known, read_capture("POST", "", headers, delivery.body)).refused == "bad-signature"


@pytest.mark.parametrize(
    ("query", "path"),
    [("a=1&b=x%2By", ""), ("?a=1&b=x%2By", ""), ("/w/c?a=1&b=x%2By", "/w/c"), ("https://h/w/c?a=1&b=x%2By", "/w/c")],
)
def test_a_query_may_be_captured_with_or_without_its_url(query: str, path: str) -> None:
    """Decoded once, either way."""
    delivery = read_capture("post", query, {"X-Name": "v"}, b"{}")
    assert (delivery.method, delivery.path) == ("POST", path)
    assert (dict(delivery.query), dict(delivery.headers)) == ({"a": "1", "b": "x+y"}, {"x-name": "v"})


@pytest.mark.parametrize("channel", ["nosuch", "dingtalk", "../kernel"])
def test_a_channel_without_a_door_is_refused_with_those_that_have_one(channel: str) -> None:
    """Unknown, or one that only sends."""
    with pytest.raises(OperatorError, match="choose from wecom, "):
        explain(channel, {}, Delivery("POST"))


def test_the_facts_of_an_order_are_shown_whole() -> None:
    """What would be kept of it stands there field by field, times and amounts included."""
    order = next(each for each in documented("open") if "order.updated" in each["plaintext"])
    delivery = sample("open", settings("open"), order["plaintext"].encode())
    (message,) = explain("open", settings("open"), captured(delivery)).messages
    (facts,) = message["facts_kept"]
    document = json.loads(message["plaintext"])
    assert facts["order_no"] == document["data"]["order_no"]
    assert isinstance(facts["amount_minor"], int)
    assert isinstance(facts["updated_at"], str)
    assert {"state", "currency", "paid_at", "tracking_nos"} <= facts.keys()


def test_each_wrong_field_of_an_open_body_is_named() -> None:
    """An integrator sees at once all that has to change, with its pointer and its rule."""
    body = {"type": "stock.updated", "occurred_at": "2026-01-01T12:00:00Z", "data": {"item_no": 5, "quantity": "1"}}
    (message,) = explain(
        "open", settings("open"), captured(sample("open", settings("open"), json.dumps(body).encode()))
    ).messages
    assert message["quarantined"] == "bad-form"
    assert [one["pointer"] for one in message["problems"]] == ["/data/item_no", "/data/quantity"]


@pytest.mark.parametrize(
    ("channel", "lacking"),
    [
        ("wecom", "msg_signature, nonce, timestamp"),
        ("douyin", "app-id, event-sign"),
        ("open", "webhook-id, webhook-signature, webhook-timestamp"),
    ],
)
def test_what_was_not_noted_down_is_named(channel: str, lacking: str) -> None:
    """A body alone never verifies: the query or the headers that sign it are asked for by name."""
    found = explain(channel, settings(channel), read_capture("POST", "", {}, genuine(channel).body))
    assert cause(found).startswith(f"The captured request lacks {lacking}, ")


def test_a_platform_that_signs_by_the_body_alone_lacks_nothing() -> None:
    """Kuaishou's deliveries are encrypted and carry no more: a wrong secret is a wrong secret."""
    wrong = settings("kuaishou", message_secret="c2NybWh1Yi1rZXktOTk5OQ==")
    found = explain("kuaishou", wrong, read_capture("POST", "", {}, genuine("kuaishou").body))
    assert found.cause == words(found.refused)


@pytest.mark.parametrize("query", ["http://[", "https://[::1/x?a=1"])
def test_a_url_that_is_none_is_an_error_in_words(query: str) -> None:
    """A host whose bracket never closes."""
    with pytest.raises(OperatorError, match="is neither a URL nor a query string"):
        read_capture("POST", query, {}, b"{}")
