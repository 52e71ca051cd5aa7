"""Taobao and Tmall: signatures, messages and reviews in our words, orders and refunds, signed calls."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.webhooks.orders.pull import PAGES_LIMIT
from hub.channels.base import NotUnderstood
from hub.channels.client import PlatformGone, PlatformMisconfigured, PlatformRefused
from hub.channels.facts import AfterSaleFacts, OrderFacts
from hub.channels.mapping import packaged_table
from hub.channels.market import Row, Rows
from hub.channels.registry import channel_document
from hub.channels.taobao import inbound
from hub.channels.taobao.client import PAGE_SIZES, Client
from hub.channels.taobao.orders import canonical_after_sale, canonical_order
from hub.channels.taobao.signing import sign_call
from hub.contracts.events import OrderTouched, PlatformNoticed, ReviewPosted
from hub.kernel.errors import Retry
from tests.channels.fakes import FakeSession
from tests.channels.support import payload, stored

KNOWN: dict[str, Any] = payload("taobao_examples")["settings"]
TABLE = packaged_table("taobao")
NOW = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)

# https://developer.alibaba.com/docs/doc.htm?articleId=101617 publishes the md5 digest; hmac is computed from its rule
VECTOR = {
    "method": "taobao.item.seller.get",
    "app_key": "12345678",
    "session": "test",
    "timestamp": "2016-01-01 12:00:00",
    "format": "json",
    "v": "2.0",
    "fields": "num_iid,title,nick,price,num",
    "num_iid": "11223344",
}


@pytest.mark.parametrize(
    ("method", "expected"), [("md5", "66987CB115214E59E6EC978214934FB8"), ("hmac", "D56D7858309C31B6251083A874D48273")]
)
def test_a_call_is_signed_as_the_vectors(method: str, expected: str) -> None:
    """Both methods give the known digest, and one other character another."""
    assert sign_call("helloworld", {**VECTOR, "sign_method": method}) == expected
    assert sign_call("helloworld", {**VECTOR, "sign_method": method, "num_iid": "11223345"}) != expected
    assert sign_call("helloworlD", {**VECTOR, "sign_method": method}) != expected


def events(told: dict[str, Any]) -> list[Any]:
    drafts = inbound.events(stored("taobao", json.dumps(told).encode(), account="77"))
    return [draft.event for draft in drafts]


def test_a_rated_trade_is_read_again() -> None:
    """The message and its content, JSON in JSON, keep ids above 2^53; the shop is the message's."""
    content = '{"tid":5198472113510830001,"oid":5198472113510830001,"rater":"buyer"}'
    told = {"id": "1", "topic": "taobao_trade_TradeRated", "shop_id": "77", "content": content}
    (event,) = events(told)
    assert isinstance(event, OrderTouched)
    assert (event.order_no, event.shop_id, event.message_id) == ("5198472113510830001", "77", "msg_1")


def test_a_cancelled_authorisation_is_urgent() -> None:
    """Somebody has to act, as of when the platform said so."""
    told = {"id": "1", "topic": "taobao_top_AuthCancel", "shop_id": "77", "pub_time": "2026-01-01 12:45:00"}
    (event,) = events(told)
    assert isinstance(event, PlatformNoticed)
    assert (event.kind, event.status, event.urgent, event.source_at) == ("authorization", "cancelled", True, NOW)


def test_a_pulled_review_is_posted_with_its_words_as_content() -> None:
    """A grade is stars, what the buyer wrote is content, and the line of the order is the review's number."""
    row = {"tid": 1, "oid": 2, "num_iid": 3, "result": "bad", "created": "2026-01-01 12:45:00", "content": "坏了"}
    (draft,) = inbound.events(stored("taobao", json.dumps({"pulled": "review", "row": row}).encode(), account="77"))
    event = draft.event
    assert isinstance(event, ReviewPosted)
    told = (event.review_no, event.order_no, event.item_no, event.shop_id, event.rating, event.source_at)
    assert told == ("2", "1", "3", "77", 1, NOW)
    assert draft.content == {"schema": 1, "kind": "review", "text": "坏了", "reply": ""}
    assert event.content_ref == "msg_1"


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"pulled": "order", "row": {}}, "unknown-pull"),
        ({"pulled": "review", "row": {"tid": 1}}, "missing-field"),
        ({"pulled": "review", "row": {"tid": 1, "oid": 2, "created": "yesterday"}}, "missing-field"),
        ({"topic": "taobao_trade_Tomorrow", "shop_id": "1", "content": {}}, "unknown-topic"),
        ({"topic": "taobao_trade_TradeClose", "shop_id": "1", "content": {}}, "missing-field"),
        ({"topic": "taobao_trade_TradeClose", "content": {"tid": 1}}, "missing-field"),
        (
            {"topic": "taobao_trade_TradeClose", "shop_id": "1", "pub_time": "soon", "content": {"tid": 1}},
            "missing-field",
        ),
        ({"topic": "taobao_item_ItemTomorrow", "content": {"num_iid": 1}}, "unknown-topic"),
        ({"shop_id": "1"}, "missing-field"),
    ],
)
def test_what_cannot_be_read_says_why(told: dict[str, Any], reason: str) -> None:
    """Never a guess, never a crash."""
    with pytest.raises(NotUnderstood) as refused:
        events(told)
    assert refused.value.reason == reason


TRADE: dict[str, Any] = {
    "tid": 5198472113510830001,
    "seller_id": "77",
    "status": "WAIT_BUYER_CONFIRM_GOODS",
    "payment": "129.90",
    "created": "2026-01-01 12:40:00",
    "pay_time": "2026-01-01 12:43:20",
    "modified": "2026-01-01 12:45:00",
    "buyer_open_uid": "AAE1",
    "buyer_message": "请早点发",
    "orders": {"order": [{"oid": 1, "invoice_no": "YT1"}, {"oid": 2, "invoice_no": "YT1"}, {"oid": 3}]},
}


def test_an_order_in_our_words() -> None:
    """Yuan text is whole fen, China's time is UTC, a parcel of two lines counts once."""
    assert canonical_order(TRADE, TABLE) == OrderFacts(
        order_no="5198472113510830001",
        shop_id="77",
        state="shipped",
        state_rank=50,
        amount_minor=12990,
        currency="CNY",
        updated_at=NOW,
        buyer_id="AAE1",
        paid_at=datetime(2026, 1, 1, 4, 43, 20, tzinfo=UTC),
        note="请早点发",
        tracking_nos=("YT1",),
    )


def test_a_staged_payment_is_not_yet_paid() -> None:
    """The step decides before the status; the other buyer key serves where the first is missing."""
    staged = {
        **TRADE,
        "step_trade_status": "FRONT_PAID_FINAL_NOPAID",
        "pay_time": None,
        "buyer_open_uid": "",
        "ouid": "o",
    }
    facts = canonical_order(staged, TABLE)
    assert (facts.state, facts.paid_at, facts.buyer_id) == ("pending_payment", None, "o")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "TOMORROW"}, "unknown-status"),
        ({"payment": "129.905"}, "missing-field"),
        ({"payment": 129.9}, "missing-field"),
        ({"payment": None}, "missing-field"),
        ({"payment": "-1"}, "missing-field"),
        ({"modified": ""}, "missing-field"),
        ({"tid": ""}, "missing-field"),
        ({"seller_id": None}, "missing-field"),
    ],
)
def test_an_order_that_cannot_be_trusted_is_not_guessed(change: dict[str, Any], reason: str) -> None:
    """Unknown states and amounts with more than two decimals are refused."""
    with pytest.raises(NotUnderstood) as refused:
        canonical_order({**TRADE, **change}, TABLE)
    assert refused.value.reason == reason


REFUND: dict[str, Any] = {
    "refund_id": 19900000000000001,
    "tid": 1,
    "seller_id": "77",
    "status": "SUCCESS",
    "dispute_type": "REFUND_AND_RETURN",
    "refund_fee": "20.00",
    "modified": "2026-01-01 12:45:00",
    "sid": "SF1",
    "refund_remind_timeout": {"exist_timeout": True, "timeout": "2026-01-03 12:45:00"},
}


def test_a_refund_in_our_words() -> None:
    """SUCCESS of a dispute about money is money back; the goods' own parcel and the deadline are told."""
    assert canonical_after_sale(REFUND, TABLE) == AfterSaleFacts(
        after_sale_no="19900000000000001",
        order_no="1",
        shop_id="77",
        type="return_refund",
        state="refunded",
        state_rank=80,
        money="succeeded",
        updated_at=NOW,
        requested_minor=2000,
        refunded_minor=2000,
        tracking_no="SF1",
        deadline_at=datetime(2026, 1, 3, 4, 45, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("change", "state", "refunded_minor"),
    [
        ({"dispute_type": "EXCHANGE"}, "resolved", 0),
        ({"dispute_type": None}, "resolved", 0),
        ({"status": "CLOSED"}, "closed", 0),
        ({"status": "WAIT_SELLER_AGREE"}, "requested", 0),
    ],
)
def test_only_money_back_is_money_back(change: dict[str, Any], state: str, refunded_minor: int) -> None:
    """An exchange succeeds too, and a missing type is not counted as money."""
    facts = canonical_after_sale({**REFUND, **change}, TABLE)
    assert (facts.state, facts.refunded_minor, facts.money) == (state, refunded_minor, "none")


def test_money_back_without_an_amount_is_refused() -> None:
    """Never zero, never guessed."""
    with pytest.raises(NotUnderstood, match="refund_fee"):
        canonical_after_sale({**REFUND, "refund_fee": None}, TABLE)


def client(*answers: Any, **changes: Any) -> tuple[Client, FakeSession]:
    session = FakeSession(*answers)
    return Client({**KNOWN, **changes}, wall_now=lambda: NOW, base_url="http://top.test", session=session), session


def test_a_trade_is_asked_for_by_a_signed_form() -> None:
    """One call as TOP checks it; the answer gets our seller_id."""
    top, session = client({"trade_fullinfo_get_response": {"trade": {"tid": 5, "payment": "1.00"}}})
    assert top.read("order", "5") == Row("5", {"tid": 5, "payment": "1.00", "seller_id": KNOWN["shop_id"]}, "5")
    ((method, url, request),) = session.asked
    form = dict(request["data"])
    signature = form.pop("sign")
    assert (method, url, form["timestamp"], form["tid"]) == (
        "POST",
        "http://top.test/router/rest",
        "2026-01-01 12:45:00",
        "5",
    )
    assert signature == sign_call(KNOWN["app_secret"], form)
    assert form["method"] in channel_document("taobao")["apis"]["order"]


def test_no_field_asked_for_is_personal() -> None:
    """Receivers, phones, nicks and addresses are never fetched."""
    top, session = client({"trades_sold_increment_get_response": {"total_results": 0}})
    assert top.page("order", NOW, NOW, "") == Rows((), 0)
    assert not [
        word
        for word in ("receiver", "nick", "mobile", "phone", "address")
        if word in session.asked[0][2]["data"]["fields"]
    ]


@pytest.mark.parametrize(
    ("code", "sub_code", "kind"),
    [
        (7, "accesscontrol.limited-by-api-access-count", Retry),
        (15, "isp.remote-service-timeout", Retry),
        (27, "invalid-sessionkey", PlatformMisconfigured),
        (25, "", PlatformMisconfigured),
        (15, "isv.trade-not-exist", PlatformGone),
        (15, "isv.invalid-parameter", PlatformRefused),
        (41, "", PlatformRefused),
    ],
)
def test_what_tops_errors_mean(code: int, sub_code: str, kind: type[Exception]) -> None:
    """Limits and faults of theirs pass; a dead session needs an operator; the rest is refused."""
    top, _ = client({"error_response": {"code": code, "msg": "…", "sub_code": sub_code}})
    with pytest.raises(kind) as refused:
        top.read("order", "5")
    assert KNOWN["session_key"] not in f"{refused.value} {refused.value!r}"


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {"trades_sold_increment_get_response": {}},
        {"trades_sold_increment_get_response": {"total_results": "x"}},
    ],
)
def test_an_answer_of_another_shape_is_tried_again(answer: Any) -> None:
    """A missing total is never taken for nothing."""
    with pytest.raises(Retry, match="unreadable"):
        client(answer)[0].page("order", NOW, NOW, "")


def test_a_window_of_reviews_is_narrowed_before_top_cuts_it_off() -> None:
    """TOP shows 1500 reviews of a window: a run that reads all its pages reads fewer."""
    assert PAGES_LIMIT * PAGE_SIZES["review"] < 1500


def test_the_session_is_a_setting() -> None:
    """Nothing renews it; without one an operator is told. A review is never read alone."""
    assert client()[0].fetch_token("old")[:2] == (KNOWN["session_key"], 86_400)
    with pytest.raises(PlatformMisconfigured):
        client(session_key="")[0].fetch_token()
    with pytest.raises(PlatformRefused):
        client()[0].read("review", "1")
