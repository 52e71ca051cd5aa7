"""Kuaishou shop: the encrypted push, its hints, and pulled reviews."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.channels.base import Delivery, NotUnderstood, Rejected
from hub.channels.kuaishou import inbound
from hub.channels.kuaishou.codec import DOOR
from hub.channels.registry import settings_problems
from tests.channels.support import STAMP, payload, stored

KNOWN: dict[str, Any] = payload("kuaishou_examples")["settings"]
NOW = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)
MS = 1_767_242_700_000

# constructed by the algorithm of the platform's demo (kwaishop-digital-access-demo, PlatformEventSecurityUtil.java)
PUSH_SECRET = "MDEyMzQ1Njc4OWFiY2RlZg=="
PUSH_BODY = (
    b"bR+wF2nPNNun2sKB6x5rQrEh1Br+4oeinnFuENVdAhxMwepnN+yrbEkdEJTznWIP0AwjtVVi4HA0PnYQBOu9AjTupxZIbWcJS7CnNAir2UGO"
    b"+piyOkiqv2fS4z7xRX2blzaonjOPf6qMHyTk3wNlFCDoJfCW3KCI5aNhzGiFg14sL5C6pKq9rmorapoTjdkMKabgkZHzO11IXnV4wSyNZqCJ"
    b"UHIIgOAuwNDBtPj/p+Xjhj00EN9eNONwUvyb6WA2FDt2wJ/dAWs/tWabYF5q/RAHXIfSWOQ2eDtdjZUhEv5M/+WsECddWRac5hRybJVLPbJK"
    b"4OMdNDh2QtuUbz3Eegxi9UfSJ07Cgk80/zg8Wj3bU4Db7Zn9dyGpDyObpoSvb8/ZmJdrg9dRp/JsAJ0bIJvWrB/82Rqiio9AMYF9fS0="
)
PUSH_TEXT = (
    '{"eventId":"243_1","msgId":"84_1","bizId":2607602240240301,"userId":2161524184,"openId":"o-1","appKey":"ks123",'
    '"event":"kwaishop_order_paySuccess","info":"{\\"oid\\":2607602240240301,\\"sellerId\\":2161524184,\\"status\\":30,'
    '\\"updateTime\\":1773750943589}","createTime":1773750943589,"updateTime":1773750945776,"test":false}'
)
PUSH_SETTINGS = {"app_key": "ks123", "message_secret": PUSH_SECRET}


def push(**changes: Any) -> bytes:
    told = {"eventId": "9_1", "userId": 2161524184, "openId": "o-1", "appKey": KNOWN["app_key"], "info": "{}"}
    told |= {"event": "kwaishop_order_addOrder", "bizId": 2607602240240301, "test": False}
    return json.dumps(told | changes).encode()


def delivered(plaintext: bytes, known: dict[str, Any] = KNOWN) -> Delivery:
    return DOOR.sample(known, plaintext, STAMP)


def events(**changes: Any) -> list[Any]:
    return [draft.event for draft in inbound.events(stored("kuaishou", push(**changes)))]


def test_the_push_vector_opens_to_its_text() -> None:
    """The body that the platform's demo would decrypt opens here, byte for byte."""
    (message,) = DOOR.accept(Delivery("POST", {}, {}, PUSH_BODY), PUSH_SETTINGS).messages
    assert (message.plaintext.decode(), message.account) == (PUSH_TEXT, "o-1")
    assert message.dedupe_key == "2161524184:kwaishop_order_paySuccess:243_1"


def test_the_vector_is_sealed_again_to_the_same_body() -> None:
    """Our own sample is what the platform would send: the cipher holds no chance."""
    assert delivered(PUSH_TEXT.encode(), PUSH_SETTINGS).body == PUSH_BODY


@pytest.mark.parametrize("at", range(0, len(PUSH_BODY) - 2, 3))
def test_one_flipped_byte_of_the_body_is_refused(at: int) -> None:
    """There is no MAC: what saves us is that a spoiled block is no JSON, or names another app."""
    body = PUSH_BODY[:at] + bytes([PUSH_BODY[at] ^ 1]) + PUSH_BODY[at + 1 :]
    with pytest.raises(Rejected):
        DOOR.accept(Delivery("POST", {}, {}, body), PUSH_SETTINGS)


@pytest.mark.parametrize("test", [True, "true"])
def test_a_heartbeat_is_acknowledged_and_leaves_nothing(test: Any) -> None:
    """`test` is the platform feeling our pulse."""
    accepted = DOOR.accept(delivered(push(test=test)), KNOWN)
    assert (accepted.messages, accepted.answer) == ((), DOOR.SUCCESS)


@pytest.mark.parametrize(
    ("delivery", "reason"),
    [
        (Delivery("GET"), "bad-method"),
        (Delivery("POST", {}, {}, b"A" * (DOOR.BODY_LIMIT_BYTES + 1)), "too-large"),
        (Delivery("POST", {}, {}, b""), "bad-ciphertext"),
        (Delivery("POST", {}, {}, b"no base64!"), "bad-ciphertext"),
        (Delivery("POST", {}, {}, b64encode(bytes(15))), "bad-ciphertext"),
        (Delivery("POST", {}, {}, b64encode(bytes(32))), "bad-ciphertext"),
        (delivered(b"no JSON"), "bad-ciphertext"),
        (delivered(b"[]"), "bad-ciphertext"),
        (delivered(b"\xff"), "bad-ciphertext"),
        (delivered(b"[" * 100_000), "bad-ciphertext"),
        (delivered(push(appKey="ks-another")), "wrong-receive-id"),
        (delivered(push(appKey="\ud800")), "wrong-receive-id"),
        (delivered(push(appKey=None)), "wrong-receive-id"),
        (delivered(push(), {**KNOWN, "message_secret": PUSH_SECRET}), "bad-ciphertext"),
    ],
)
def test_what_is_not_ours_is_refused_for_its_reason(delivery: Delivery, reason: str) -> None:
    """Another key, wrong padding, no JSON, another app: nothing is kept, and the answer is one for all."""
    with pytest.raises(Rejected) as refused:
        DOOR.accept(delivery, KNOWN)
    assert refused.value.reason == reason
    assert DOOR.refuse(refused.value) == DOOR.refuse(Rejected("any"))


@pytest.mark.parametrize("secret", [None, "", "short", "!", "QUJD"])
def test_a_secret_that_is_no_key_refuses_instead_of_crashing(secret: Any) -> None:
    """A connection without a usable key takes nothing."""
    with pytest.raises(Rejected) as refused:
        DOOR.accept(delivered(push()), {**KNOWN, "message_secret": secret})
    assert refused.value.reason == "bad-settings"


def test_without_an_app_key_nothing_is_taken() -> None:
    """Decryption alone proves nothing."""
    with pytest.raises(Rejected) as refused:
        DOOR.accept(delivered(push()), {**KNOWN, "app_key": ""})
    assert refused.value.reason == "bad-settings"


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_random_bodies_are_refused(body: bytes) -> None:
    """Nothing that our secret did not seal is taken, and nothing crashes the door."""
    for sent in (body, b64encode(body)):
        with pytest.raises(Rejected):
            DOOR.accept(Delivery("POST", {}, {}, sent), KNOWN)


@given(st.dictionaries(st.text(max_size=8), st.none() | st.integers() | st.text(max_size=20), max_size=6))
@settings(max_examples=200, deadline=None)
def test_what_was_sealed_opens_to_the_same_bytes(fields: dict[str, Any]) -> None:
    """Whatever a push holds, it is stored as it was sent."""
    plaintext = json.dumps({**fields, "appKey": KNOWN["app_key"], "test": False}, ensure_ascii=True).encode()
    (message,) = DOOR.accept(delivered(plaintext), KNOWN).messages
    assert message.plaintext == plaintext


@pytest.mark.parametrize("event_id", [None, "", 7.5, "中文", "x" * 200])
def test_a_message_without_a_usable_id_is_known_by_its_text(event_id: Any) -> None:
    """Two different messages never share a key."""
    keys = {
        DOOR.accept(delivered(push(eventId=event_id, bizId=number)), KNOWN).messages[0].dedupe_key for number in (1, 2)
    }
    assert len(keys) == 2


def test_settings_want_a_key_that_fits_and_an_authorisation() -> None:
    """A message secret of a length that AES does not know, and no way to a token, are told at once."""
    without = {name: value for name, value in KNOWN.items() if name != "refresh_token"}
    assert settings_problems("kuaishou", KNOWN) == []
    assert settings_problems("kuaishou", {**without, "code": "a-fresh-code"}) == []
    wrong = settings_problems("kuaishou", {**without, "message_secret": b64encode(bytes(17)).decode()})
    assert [problem.pointer for problem in wrong] == ["/refresh_token", "/message_secret"]


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"info": '{"oid":9007199254740993}'}, "9007199254740993"),
        ({"info": {"oid": "12"}}, "12"),
        ({"info": '{"orderId":13}'}, "13"),
        ({"info": ""}, "2607602240240301"),
        ({"event": "kwaishop_order_addNote", "info": '{"note":"急"}'}, "2607602240240301"),
    ],
)
def test_an_order_push_names_its_order_in_full(changes: dict[str, Any], number: str) -> None:
    """oid, orderId or bizId, every digit of it."""
    (event,) = events(**changes)
    assert (event.type, event.order_no, event.shop_id, event.message_id) == ("order.touched", number, "o-1", "msg_1")


def test_an_after_sale_push_names_refund_and_order() -> None:
    """The refund is read again; a seller without an openId is known by number."""
    (event,) = events(
        event="kwaishop_aftersales_updateRefund", info='{"refundId":77,"orderId":13,"eventType":60}', openId=""
    )
    assert (event.type, event.after_sale_no, event.order_no, event.shop_id) == (
        "after_sale.touched",
        "77",
        "13",
        "2161524184",
    )


def pulled(**changes: Any) -> bytes:
    row = {"commentId": 801, "orderId": 13, "itemId": 5, "content": "很好\ud800", "qualityScore": 5, "createTime": MS}
    row |= {"imageUrl": ["https://p.test/1.jpg", None], "shopId": "o-1"}
    return json.dumps({"pulled": "review", "row": row | changes}).encode()


def test_a_pulled_review_is_posted_and_its_words_are_content() -> None:
    """Numbers and stars travel in the event; what the buyer wrote does not."""
    (draft,) = inbound.events(stored("kuaishou", pulled()))
    event: Any = draft.event
    assert (event.type, event.review_no, event.order_no, event.item_no) == ("review.posted", "801", "13", "5")
    assert (event.shop_id, event.rating, event.source_at) == ("o-1", 5, NOW)
    assert draft.content == {"schema": 1, "kind": "review", "text": "很好?", "pictures": ["https://p.test/1.jpg"]}
    assert event.content_ref == "msg_1"


@pytest.mark.parametrize("stars", [0, 6, None])
def test_stars_out_of_range_are_no_rating(stars: Any) -> None:
    """0 is what an unscored review has."""
    (draft,) = inbound.events(stored("kuaishou", pulled(qualityScore=stars)))
    assert draft.event.rating is None  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("plaintext", "reason"),
    [
        (b'{"pulled":"message","row":{}}', "unknown-row"),
        (pulled(commentId=None), "missing-field"),
        (pulled(createTime=1767242700), "missing-field"),
        (push(event="kwaishop_item_addItem"), "unknown-event"),
        (push(event=7), "unknown-event"),
        (push(info="[]"), "bad-json"),
        (push(info='{"oid":7.5}', bizId=None), "missing-field"),
    ],
)
def test_what_nobody_understands_says_why(plaintext: bytes, reason: str) -> None:
    """Kept, with a reason that can be counted."""
    with pytest.raises(NotUnderstood) as refused:
        inbound.events(stored("kuaishou", plaintext))
    assert refused.value.reason == reason
