"""Xiaohongshu: the push's door, its hints, and orders and after-sales in our words."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.channels.base import Delivery, NotUnderstood, Rejected
from hub.channels.mapping import lint, packaged_table
from hub.channels.registry import settings_problems
from hub.channels.xiaohongshu import inbound
from hub.channels.xiaohongshu.codec import DOOR
from hub.channels.xiaohongshu.orders import canonical_after_sale, canonical_order
from tests.channels.support import STAMP, payload, stored

KNOWN: dict[str, Any] = payload("xiaohongshu_examples")["settings"]
SHOP = KNOWN["shop_id"]
TABLE = packaged_table("xiaohongshu")
NOW = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)
MS = 1_767_242_700_000

# the shape is of one public controller, the digest is computed: unconfirmed
VECTOR = Delivery(
    "POST",
    {"canshu": "test"},
    {"app-key": "demo-app", "timestamp": "1700000000", "sign": "90bad7c3935527a4c0fdd06a1f74b40e"},
    b"[]",
    path="/open_api/msg",
)
VECTOR_SETTINGS = {"app_key": "demo-app", "app_secret": "demo-secret"}


def flip(text: str) -> str:
    return chr(ord(text[0]) ^ 1) + text[1:]


def push(tag: str = "msg_fulfillment_status_change", seller: Any = SHOP, **data: Any) -> bytes:
    told = {"orderId": "P1", "orderStatus": 4, "updateTime": MS} | data
    return json.dumps({"msgTag": tag, "sellerId": seller, "data": json.dumps(told)}).encode()


def accepted(body: bytes) -> list[Any]:
    return list(DOOR.accept(DOOR.sample(KNOWN, body, STAMP), KNOWN).messages)


def test_the_push_vector_verifies() -> None:
    """Path, query with app-key and timestamp in it, secret: the best that is known."""
    assert DOOR.accept(VECTOR, VECTOR_SETTINGS).answer == DOOR.SUCCESS


@pytest.mark.parametrize("name", ["app-key", "timestamp", "sign"])
def test_one_flipped_byte_of_a_header_is_refused(name: str) -> None:
    """Key, time and signature all count."""
    headers = {**VECTOR.headers, name: flip(VECTOR.headers[name])}
    with pytest.raises(Rejected):
        DOOR.accept(dataclasses.replace(VECTOR, headers=headers), VECTOR_SETTINGS)


@pytest.mark.parametrize(
    "changes", [{"path": "/open_api/nsg"}, {"query": {"canshu": "uest"}}, {"query": {}}, {"method": "PUT"}]
)
def test_one_flipped_byte_of_the_address_is_refused(changes: dict[str, Any]) -> None:
    """The URL is signed; the body, as far as known, is not."""
    with pytest.raises(Rejected):
        DOOR.accept(dataclasses.replace(VECTOR, **changes), VECTOR_SETTINGS)
    other = dataclasses.replace(VECTOR, body=b"[" + push() + b"]")
    assert len(DOOR.accept(other, VECTOR_SETTINGS).messages) == 1


def test_a_rewritten_path_can_be_told() -> None:
    """Behind a gateway the hub sees another path than the platform signed."""
    seen = dataclasses.replace(VECTOR, path="/prod/open_api/msg")
    with pytest.raises(Rejected):
        DOOR.accept(seen, VECTOR_SETTINGS)
    assert DOOR.accept(seen, {**VECTOR_SETTINGS, "push_path": "/open_api/msg"}).answer == DOOR.SUCCESS


def test_a_signature_turned_off_still_wants_the_app_key() -> None:
    """`off` takes what does not verify, but nothing of another app; every other value means `required`."""
    unsigned = dataclasses.replace(VECTOR, headers={"app-key": "demo-app"}, body=b"[" + push() + b"]")
    stranger = dataclasses.replace(unsigned, headers={"app-key": "demo-apq"})
    off = {**VECTOR_SETTINGS, "push_signature": "off"}
    assert len(DOOR.accept(unsigned, off).messages) == 1
    for delivery, known in [(stranger, off), (unsigned, VECTOR_SETTINGS), (unsigned, off | {"push_signature": "OFF"})]:
        with pytest.raises(Rejected):
            DOOR.accept(delivery, known)


def test_each_message_of_a_batch_keeps_its_own_text() -> None:
    """Spelled exactly as they were sent, known or not."""
    body = b' [ {"msgTag":"msg_after_sale_create", "data":"{}"} ,\n7 ] '
    assert [one.plaintext for one in accepted(body)] == [b'{"msgTag":"msg_after_sale_create", "data":"{}"}', b"7"]


@pytest.mark.parametrize("body", [b"[1", b"[1,]", b"[1 2]", b"[1]]", b"[[1]", b"[,]", b"[", b"[" * 100_000])
def test_a_signed_body_that_is_no_array_is_kept_whole(body: bytes) -> None:
    """What verifies is never lost, whatever it is."""
    assert [one.plaintext for one in accepted(body)] == [body]


def test_a_body_too_large_is_refused() -> None:
    """A megabyte is the most that is read."""
    with pytest.raises(Rejected) as refused:
        accepted(b"[" + b" " * DOOR.BODY_LIMIT_BYTES + b"]")
    assert refused.value.reason == "too-large"


def test_the_same_news_has_one_key_and_other_news_another() -> None:
    """Shop, tag, entity, time and status are the identity: spelling and further fields are not."""
    same = [push(), json.dumps(json.loads(push()), indent=1).encode(), push(packageId="P1")]
    other = [
        push(seller="60a1"),
        push(tag="msg_fulfillment_receiver_change"),
        push(orderId="P2"),
        push(returnsId="R1"),
        push(updateTime=MS + 1),
        push(orderStatus=5),
    ]
    assert len({accepted(body)[0].dedupe_key for body in same}) == 1
    assert len({accepted(body)[0].dedupe_key for body in [same[0], *other]}) == 1 + len(other)


@pytest.mark.parametrize("changes", [{"updateTime": None}, {"orderId": None}, {"updateTime": [1]}])
def test_a_message_without_entity_or_time_is_known_by_its_text(changes: dict[str, Any]) -> None:
    """In any doubt two texts are two messages."""
    texts = [push(**changes), push(**changes, note="another")]
    assert len({accepted(body)[0].dedupe_key for body in texts}) == 2


@given(st.binary(max_size=200), st.text(max_size=40), st.text(max_size=20))
@settings(max_examples=200, deadline=None)
def test_random_pushes_are_refused(body: bytes, signature: str, timestamp: str) -> None:
    """Nothing that the app's secret did not sign is taken, and nothing crashes the door."""
    headers = {"app-key": KNOWN["app_key"], "timestamp": timestamp, "sign": signature}
    with pytest.raises(Rejected):
        DOOR.accept(Delivery("POST", {}, headers, body, path="/x"), KNOWN)


@given(st.lists(st.recursive(st.none() | st.text(), st.lists, max_leaves=5), max_size=6), st.sampled_from([None, 1]))
@settings(max_examples=100, deadline=None)
def test_splitting_agrees_with_json(items: list[Any], indent: int | None) -> None:
    """The texts of the items, parsed one by one, are the items of the array."""
    texts = [one.plaintext for one in accepted(json.dumps(items, indent=indent).encode())]
    assert [json.loads(text) for text in texts] == items


def test_settings_want_an_authorisation() -> None:
    """A refresh token or a code; a path without its query; a mode that exists."""
    without = {name: value for name, value in KNOWN.items() if name != "refresh_token"}
    wrong = settings_problems(
        "xiaohongshu", {**without, "push_path": "/a?b", "push_signature": "no", "order_time_unit": "s"}
    )
    assert sorted(problem.pointer for problem in wrong) == [
        "/order_time_unit",
        "/push_path",
        "/push_signature",
        "/refresh_token",
    ]
    assert settings_problems("xiaohongshu", {**without, "code": "a-fresh-code"}) == []


def test_an_order_push_is_a_hint() -> None:
    """Any tag of the family: what changed is read again."""
    for tag in ("msg_fulfillment_status_change", "msg_fulfillment_of_tomorrow"):
        (draft,) = inbound.events(stored("xiaohongshu", push(tag)))
        event: Any = draft.event
        assert (event.type, event.order_no, event.shop_id) == ("order.touched", "P1", SHOP)
        assert event.message_id == "msg_1"


def test_an_after_sale_push_is_a_hint() -> None:
    """It names the after-sale and its order; `data` may be an object too."""
    told = {"msgTag": "msg_after_sale_closed", "sellerId": SHOP, "data": {"returnsId": "R1", "orderId": "P1"}}
    (draft,) = inbound.events(stored("xiaohongshu", json.dumps(told).encode()))
    event: Any = draft.event
    assert (event.type, event.after_sale_no, event.order_no) == ("after_sale.touched", "R1", "P1")


def test_a_rejected_article_is_noticed() -> None:
    """Somebody has to correct it."""
    (draft,) = inbound.events(stored("xiaohongshu", push("msg_item_audit_reject", itemId="i1")))
    event: Any = draft.event
    assert (event.kind, event.status, event.subject_id, event.source_at) == ("product", "audit_rejected", "i1", NOW)


@pytest.mark.parametrize(
    ("plaintext", "reason"),
    [
        (push("msg_unheard_of"), "unknown-tag"),
        (push(tag=""), "unknown-tag"),
        (push(orderId=None), "missing-field"),
        (push(seller=None), "missing-field"),
        (push("msg_item_audit_reject"), "missing-field"),
        (b'{"msgTag":"msg_fulfillment_x","sellerId":"s","data":"["}', "bad-json"),
        (b'{"msgTag":"msg_fulfillment_x","sellerId":"s"}', "missing-field"),
        (b"7", "bad-json"),
    ],
)
def test_what_nobody_understands_says_why(plaintext: bytes, reason: str) -> None:
    """Kept, with a reason that can be counted."""
    with pytest.raises(NotUnderstood) as refused:
        inbound.events(stored("xiaohongshu", plaintext))
    assert refused.value.reason == reason


def order(**changes: Any) -> dict[str, Any]:
    """An order as order.getOrderDetail tells it."""
    told = {"orderId": "P1", "sellerId": SHOP, "userId": "u1", "orderStatus": 6, "customerRemark": "送礼"}
    told |= {"totalPayAmount": 25900, "totalShippingFree": 0, "paidTime": MS - 4000, "updateTime": MS}
    parcels = [{"expressTrackingNo": "SF1"}, {"expressTrackingNo": "SF2"}, {}]
    return {**told, "expressTrackingNo": "SF1", "simpleDeliveryOrderList": parcels, "skuList": [{}], **changes}


def test_an_order_in_our_words() -> None:
    """Fen, milliseconds, each parcel once."""
    facts = canonical_order(order(skuList=[{"skuId": "s"}, {"kolId": "k7"}]), TABLE)
    assert (facts.order_no, facts.shop_id, facts.state, facts.amount_minor) == ("P1", SHOP, "shipped", 25900)
    assert (facts.paid_at, facts.updated_at) == (NOW - timedelta(seconds=4), NOW)
    assert (facts.buyer_id, facts.note, facts.tracking_nos) == ("u1", "送礼", ("SF1", "SF2"))
    assert facts.attribution == {"influencer": "k7"}


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"orderStatus": 1, "paidTime": 0}, "pending_payment"),
        ({"orderStatus": 2}, "on_hold"),
        ({"orderStatus": "4"}, "paid"),
        ({"orderStatus": 8}, "refunded"),
        ({"orderStatus": 8, "paidTime": 0}, "cancelled"),
        ({"orderStatus": 8, "paidTime": "0"}, "cancelled"),
        ({"orderStatus": 8, "paidTime": None}, "cancelled"),
        ({"orderStatus": 9}, "cancelled"),
    ],
)
def test_closed_means_two_things(changes: dict[str, Any], state: str) -> None:
    """Closed after payment is refunded, before it cancelled; a paid time of 0 is none."""
    assert canonical_order(order(**changes), TABLE).state == state


@pytest.mark.parametrize(
    ("detail", "reason"),
    [
        (order(orderStatus=11), "unknown-status"),
        ({}, "unknown-status"),
        (order(orderId=""), "missing-field"),
        (order(sellerId=None), "missing-field"),
        (order(totalPayAmount=259.0), "missing-field"),
        (order(totalPayAmount=None), "missing-field"),
        (order(updateTime=1767242700), "missing-field"),
    ],
)
def test_an_order_that_cannot_be_read_is_never_guessed(detail: dict[str, Any], reason: str) -> None:
    """An unknown code, a float for fen, seconds for milliseconds."""
    with pytest.raises(NotUnderstood) as refused:
        canonical_order(detail, TABLE)
    assert refused.value.reason == reason


def after_sale(**changes: Any) -> dict[str, Any]:
    """An after-sale as afterSale.getAfterSaleInfo tells it, joined to its shop; changes are of its afterSaleInfo."""
    info = {"returnsId": "R1", "orderId": "P1", "userId": "u1", "returnType": 1, "status": 3, "refundStatus": 0}
    info |= {"expectedRefundAmountYuan": "259.9", "refundAmountYuan": "0", "updatedAt": MS, "expireTime": MS + 60_000}
    return {"shopId": SHOP, "afterSaleInfo": info | changes, "logisticsInfo": {"after_sale": {"expressNo": "YT1"}}}


def test_an_after_sale_in_our_words() -> None:
    """Yuan become fen; the deadline is the platform's."""
    facts = canonical_after_sale(after_sale(), TABLE)
    assert (facts.after_sale_no, facts.order_no, facts.shop_id) == ("R1", "P1", SHOP)
    assert (facts.type, facts.state, facts.money) == ("return_refund", "awaiting_seller_receipt", "none")
    assert (facts.requested_minor, facts.refunded_minor, facts.tracking_no) == (25990, 0, "YT1")
    assert (facts.updated_at, facts.deadline_at) == (NOW, NOW + timedelta(minutes=1))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"status": 4, "refundStatus": 2, "refundAmountYuan": "100.05"}, ("refunded", "succeeded", 10005)),
        ({"status": 4, "returnType": 2}, ("resolved", "none", 0)),
        ({"status": 4, "refundAmountYuan": "100"}, ("resolved", "none", 0)),
        ({"status": 11}, ("refunding", "pending", 0)),
        ({"status": 9001}, ("seller_refused", "none", 0)),
        ({"status": 13}, ("reshipped", "none", 0)),
    ],
)
def test_money_is_back_only_where_the_platform_says_so(changes: dict[str, Any], told: tuple[Any, ...]) -> None:
    """A finished exchange, and an amount without its success, are no money."""
    facts = canonical_after_sale(after_sale(**changes), TABLE)
    assert (facts.state, facts.money, facts.refunded_minor) == told


def test_after_sale_times_are_read_by_their_size() -> None:
    """Their unit is not documented; no time is no deadline."""
    facts = canonical_after_sale(after_sale(updatedAt=MS // 1000, expireTime=0), TABLE)
    assert (facts.updated_at, facts.deadline_at) == (NOW, None)


@pytest.mark.parametrize(
    ("detail", "reason"),
    [
        (after_sale(status=7), "unknown-status"),
        (after_sale(expectedRefundAmountYuan=259.9), "missing-field"),
        (after_sale(expectedRefundAmountYuan="12.345"), "missing-field"),
        (after_sale(updatedAt=None), "missing-field"),
        ({**after_sale(), "shopId": ""}, "missing-field"),
    ],
)
def test_an_after_sale_that_cannot_be_read_is_never_guessed(detail: dict[str, Any], reason: str) -> None:
    """No float is money, no shop is assumed."""
    with pytest.raises(NotUnderstood) as refused:
        canonical_after_sale(detail, TABLE)
    assert refused.value.reason == reason


def test_the_mapping_misses_nothing_that_is_documented() -> None:
    """Every combination of documented codes finds a state."""
    assert lint(TABLE.document) == []
