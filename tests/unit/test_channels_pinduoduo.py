"""Pinduoduo: signatures, messages in our words, orders and after-sales, signed calls, tokens, coupons."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.channels.base import NotUnderstood
from hub.channels.client import PlatformMisconfigured, PlatformRefused, Token
from hub.channels.facts import AfterSaleFacts, OrderFacts
from hub.channels.mapping import packaged_table
from hub.channels.market import Row
from hub.channels.pinduoduo import inbound
from hub.channels.pinduoduo.client import FEEDS, PROMOTION, Client
from hub.channels.pinduoduo.coupons import coupon_request
from hub.channels.pinduoduo.orders import canonical_after_sale, canonical_order
from hub.channels.pinduoduo.signing import sign_call, socket_path
from hub.channels.registry import channel_document
from hub.contracts.events import AfterSaleTouched
from hub.kernel.errors import Invalid, Retry
from tests.channels.fakes import FakeSession, FakeTokens
from tests.channels.support import payload, stored

KNOWN: dict[str, Any] = payload("pinduoduo_examples")["settings"]
TABLE = packaged_table("pinduoduo")
NOW = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)

# https://open.pinduoduo.com/application/document/browse?idStr=8EC06C399636041E publishes this digest
OFFICIAL = {
    "access_token": "asd78172s8ds9a921j9qqwda12312w1w21211",
    "client_id": "1",
    "data_type": "XML",
    "order_status": "1",
    "page": "1",
    "page_size": "10",
    "timestamp": "1480411125",
    "type": "pdd.order.number.list.get",
}
# whalesky-labs/pdd-sdk-php, tests/Unit/Md5SignerTest.php
PUBLIC = {
    "client_id": "test-client",
    "data_type": "JSON",
    "logistics_id": "9",
    "order_sn": "240101-1",
    "order_state": "1",
    "timestamp": "1720000000",
    "type": "pdd.erp.order.sync",
    "version": "V1",
    "waybill_no": "SF123",
}


@pytest.mark.parametrize(
    ("secret", "params", "expected"),
    [
        ("testSecret", OFFICIAL, "E4DE3ED21002510DED352819E7AE6775"),
        ("test-secret", PUBLIC, "CC0F30530BBAC3FD67608391D61E370C"),
        ("test-secret", {**PUBLIC, "sign": "old", "remark": ""}, "CC0F30530BBAC3FD67608391D61E370C"),
    ],
)
def test_a_call_is_signed_as_the_vectors(secret: str, params: dict[str, str], expected: str) -> None:
    """An empty text and an older signature are left out; one other character is another digest."""
    assert sign_call(secret, params) == expected
    assert sign_call(secret, {**params, "timestamp": "1480411126"}) != expected


def test_the_socket_opens_by_the_vectors_path() -> None:
    """whalesky-labs/pdd-sdk-php, tests/Unit/MessageClientTest.php."""
    expected = "/message/app/1700000000000/OTgxODMwNDI2NWZiN2NiNzA2NzIxOTI0ZjJlMDMxMjE%3D"
    assert socket_path("app", "secret", 1700000000000) == expected
    assert socket_path("app", "secreT", 1700000000000) != expected


def test_an_after_sale_is_touched_with_its_order() -> None:
    """The content is JSON in JSON; the shop is the content's mall where the relay says none."""
    content = '{"mall_id":171504183,"refund_fee":1990,"modified":1625637425016,"refund_id":7381745730,"tid":"210707-3"}'
    told = {"id": "1", "topic": "pdd_refund_RefundCreated", "content": content}
    (draft,) = inbound.events(stored("pinduoduo", json.dumps(told).encode()))
    event = draft.event
    assert isinstance(event, AfterSaleTouched)
    assert (event.shop_id, event.after_sale_no, event.order_no) == ("171504183", "7381745730", "210707-3")


@pytest.mark.parametrize(
    ("topic", "content", "reason"),
    [
        ("pdd_trade_Tomorrow", {"tid": "1"}, "unknown-topic"),
        ("pdd_goods_Tomorrow", {"goods_id": 1}, "unknown-topic"),
        ("pdd_refund_RefundClosed", {"refund_id": 1}, "missing-field"),
        ("pdd_trade_TradeSuccess", ["1"], "missing-field"),
    ],
)
def test_what_cannot_be_read_says_why(topic: str, content: Any, reason: str) -> None:
    """Never a guess, never a crash."""
    told = {"id": "1", "topic": topic, "shop_id": "7", "content": content}
    with pytest.raises(NotUnderstood) as refused:
        inbound.events(stored("pinduoduo", json.dumps(told).encode()))
    assert refused.value.reason == reason


ORDER: dict[str, Any] = {
    "order_sn": "260101-400000000000001",
    "mall_id": "100000001",
    "confirm_status": 1,
    "group_status": 1,
    "risk_control_status": 0,
    "order_status": 2,
    "refund_status": 1,
    "pay_amount": "1.88",
    "pay_time": "2026-01-01 12:43:20",
    "updated_at": "2026-01-01 12:45:00",
    "tracking_number": "YT1",
    "buyer_memo": "不要辣",
    "receiver_name": "~AgAA~",
}


def test_an_order_in_our_words() -> None:
    """Yuan is whole fen, China's time is UTC, and the masked buyer is nobody."""
    assert canonical_order(ORDER, TABLE) == OrderFacts(
        order_no="260101-400000000000001",
        shop_id="100000001",
        state="shipped",
        state_rank=50,
        amount_minor=188,
        currency="CNY",
        updated_at=NOW,
        paid_at=datetime(2026, 1, 1, 4, 43, 20, tzinfo=UTC),
        note="不要辣",
        tracking_nos=("YT1",),
    )


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"confirm_status": 0, "order_status": 1, "pay_time": ""}, "pending_payment"),
        ({"confirm_status": 2}, "cancelled"),
        ({"group_status": 0, "order_status": 1}, "on_hold"),
        ({"group_status": 2}, "cancelled"),
        ({"risk_control_status": 1, "order_status": 1}, "on_hold"),
        ({"order_status": 1}, "paid"),
        ({"order_status": 1, "refund_status": 4}, "refunded"),
        ({"order_status": 2, "refund_status": 4}, "shipped"),
        ({"order_status": 3}, "delivered"),
    ],
)
def test_the_state_is_composed_of_five_codes(change: dict[str, Any], state: str) -> None:
    """Cancelled goes before refunded, refunded before on hold, and that before what was shipped."""
    assert canonical_order({**ORDER, **change}, TABLE).state == state


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"order_status": 9}, "unknown-status"),
        ({"pay_amount": "1.885"}, "missing-field"),
        ({"pay_amount": 1.88}, "missing-field"),
        ({"pay_amount": None}, "missing-field"),
        ({"updated_at": "1970-01-01 08:00:00"}, "missing-field"),
        ({"mall_id": ""}, "missing-field"),
    ],
)
def test_an_order_that_cannot_be_trusted_is_not_guessed(change: dict[str, Any], reason: str) -> None:
    """Unknown codes and amounts that are no whole fen are refused."""
    with pytest.raises(NotUnderstood) as refused:
        canonical_order({**ORDER, **change}, TABLE)
    assert refused.value.reason == reason


AFTER_SALE: dict[str, Any] = {
    "id": 7381745730,
    "order_sn": "260101-400000000000001",
    "mall_id": "100000001",
    "after_sales_status": 10,
    "after_sales_type": 2,
    "refund_amount": 27857,
    "updated_time": "2026-01-01 12:45:00",
    "express_no": "SF1",
    "expire_time": 1767415500000,
}


def test_an_after_sale_in_our_words() -> None:
    """Its own detail speaks in fen; status 10 is money back; the deadline is in milliseconds."""
    assert canonical_after_sale(AFTER_SALE, TABLE) == AfterSaleFacts(
        after_sale_no="7381745730",
        order_no="260101-400000000000001",
        shop_id="100000001",
        type="return_refund",
        state="refunded",
        state_rank=80,
        money="succeeded",
        updated_at=NOW,
        requested_minor=27857,
        refunded_minor=27857,
        tracking_no="SF1",
        deadline_at=NOW + timedelta(days=2),
    )


def test_an_approved_refund_is_not_yet_paid_back() -> None:
    """Refunding is pending; a row of the list, in yuan, is refused rather than read as fen."""
    facts = canonical_after_sale({**AFTER_SALE, "after_sales_status": 4, "updated_time": 1767242700}, TABLE)
    assert (facts.state, facts.money, facts.refunded_minor, facts.updated_at) == ("refunding", "pending", 0, NOW)
    with pytest.raises(NotUnderstood, match="refund_amount"):
        canonical_after_sale({**AFTER_SALE, "refund_amount": "278.57"}, TABLE)


def client(*answers: Any, **changes: Any) -> tuple[Client, FakeSession]:
    session = FakeSession(*answers)
    made = Client({**KNOWN, **changes}, FakeTokens(), wall_now=lambda: NOW, base_url="http://pdd.test", session=session)
    return made, session


def test_an_order_is_asked_for_by_a_signed_form() -> None:
    """One call as Pinduoduo checks it; amounts stay text even where the platform sends numbers."""
    pdd, session = client(b'{"order_info_get_response":{"order_info":{"order_sn":"1-2","pay_amount":1.80}}}')
    assert pdd.read("order", "1-2") == Row(
        "1-2", {"order_sn": "1-2", "pay_amount": "1.80", "mall_id": KNOWN["shop_id"]}, "1-2"
    )
    ((method, url, request),) = session.asked
    form = dict(request["data"])
    signature = form.pop("sign")
    assert (method, url, form["access_token"], form["timestamp"]) == (
        "POST",
        "http://pdd.test/api/router",
        "token-1",
        "1767242700",
    )
    assert signature == sign_call(KNOWN["client_secret"], form)


@pytest.mark.parametrize("told", [None, [], "x", 7])
def test_an_answer_of_another_shape_is_tried_again(told: Any) -> None:
    """A list or a token that is no object is nothing that we could read."""
    with pytest.raises(Retry, match="unreadable"):
        client({"order_sn_increment_get_response": told})[0].page("order", NOW, NOW, "")
    with pytest.raises(Retry, match="unreadable"):
        client({"pop_auth_token_refresh_response": told}, refresh_token="r1")[0].fetch_token()


def test_every_call_is_one_that_the_channel_names() -> None:
    """The APIs are those of channel.json, and their limits are there by the names that the budget takes."""
    document, empty = channel_document("pinduoduo"), {"total_count": 0}
    pdd, session = client(
        {"order_sn_increment_get_response": empty},
        {"refund_increment_get_response": empty},
        {"id": 1, "after_sales_status": 2},
    )
    pdd.page("order", NOW, NOW, "")
    pdd.page("after_sale", NOW, NOW, "2")
    pdd.read("after_sale", "1", "1-2")
    named = {api for apis in document["apis"].values() for api in apis}
    assert {request["data"]["type"] for _, _, request in session.asked} <= named
    assert {limit["api"] for limit in document["limits"]} <= named | {PROMOTION}
    assert {feed.window for feed in FEEDS} == {timedelta(minutes=30)}


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (70031, Retry),
        (52101, Retry),
        (20004, PlatformMisconfigured),
        (50001, PlatformRefused),
    ],
)
def test_what_the_errors_mean(code: int, kind: type[Exception]) -> None:
    """Throttled passes; a wrong signature needs an operator; the rest is refused."""
    pdd, _ = client({"error_response": {"error_code": code, "error_msg": "…"}})
    with pytest.raises(kind) as refused:
        pdd.read("order", "1-2")
    assert KNOWN["client_secret"] not in f"{refused.value} {refused.value!r}"


def test_a_token_that_died_is_renewed_once() -> None:
    """10019, then the same call with the next token."""
    expired = {"error_response": {"error_code": 10019, "error_msg": "access_token已过期"}}
    pdd, session = client(expired, {"order_info_get_response": {"order_info": {"order_sn": "1-2"}}})
    assert pdd.read("order", "1-2").number == "1-2"
    assert [request["data"]["access_token"] for _, _, request in session.asked] == ["token-1", "token-2"]


def granted(place: str, **changes: Any) -> dict[str, Any]:
    told = {"access_token": "at", "expires_in": 86399, "refresh_token": "rt", "owner_id": KNOWN["shop_id"]}
    return {f"pop_auth_token_{place}_response": {**told, **changes}}


def test_a_code_is_exchanged_when_no_refresh_token_serves() -> None:
    """The stored one, the settings' one, then the code: each older one dies of a new authorisation."""
    dead = {"error_response": {"error_code": 10018, "error_msg": "…"}}
    pdd, session = client(dead, dead, granted("create"), authorization_code="scrmhubcode01")
    assert pdd.fetch_token("stored") == Token("at", 86399, "rt")
    given = [request["data"].get("refresh_token", request["data"].get("code")) for _, _, request in session.asked]
    assert given == ["stored", KNOWN["refresh_token"], "scrmhubcode01"]


def test_another_shops_authorisation_is_refused() -> None:
    """The owner is the mall, or the orders would be somebody else's."""
    with pytest.raises(PlatformMisconfigured, match="another shop"):
        client(granted("refresh", owner_id="9"))[0].fetch_token()
    with pytest.raises(PlatformMisconfigured, match="no refresh_token"):
        client(refresh_token="")[0].fetch_token()


PROMOTED: dict[str, Any] = {
    "id": "pro_1",
    "title": "满100减20",
    "threshold_minor": 10000,
    "reduction_minor": 2000,
    "starts_at": NOW,
    "ends_at": NOW + timedelta(days=7),
    "goods": [],
}


def test_a_promotion_becomes_a_coupon_of_the_shop() -> None:
    """Fen, milliseconds, and the threshold of the whole shop."""
    api, params, _ = coupon_request(PROMOTED)
    assert api == "pdd.promotion.home.coupon.create"
    assert params == {
        "batch_desc": "满100减20",
        "batch_start_time": "1767242700000",
        "batch_end_time": "1767847500000",
        "discount": "2000",
        "min_order_amount": "10000",
        "init_quantity": "1000",
        "user_limit": "1",
    }


class Spent:
    """A budget that notes what was taken."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    def take(self, api: str) -> None:
        self.taken.append(api)

    def done(self, api: str) -> None:
        self.taken.append(f"{api} done")


def test_a_promotion_is_pushed_within_its_own_budget() -> None:
    """Ten a minute, whichever coupon it becomes; the batch's id comes back as text."""
    session, spent = FakeSession({"goods_coupon_batch_create_response": {"batch_id": 9007199254740993}}), Spent()
    pdd = Client(KNOWN, FakeTokens(), wall_now=lambda: NOW, base_url="http://pdd.test", session=session, budget=spent)
    article = {**PROMOTED, "goods": ["6001"], "threshold_minor": 0, "quantity": 5, "per_buyer": 2}
    assert pdd.push_promotion(article) == "9007199254740993"
    assert spent.taken == [PROMOTION, f"{PROMOTION} done"]
    form = session.asked[0][2]["data"]
    told = (form["type"], form["goods_id"], form["init_quantity"], form["user_limit"])
    assert told == ("pdd.promotion.goods.coupon.create", "6001", "5", "2")
    assert {"api": PROMOTION, "calls": 10, "per_seconds": 60} in channel_document("pinduoduo")["limits"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"title": ""}, "/title"),
        ({"reduction_minor": 0}, "/reduction_minor"),
        ({"reduction_minor": 20.0}, "/reduction_minor"),
        ({"threshold_minor": 0}, "/threshold_minor"),
        ({"threshold_minor": True}, "/threshold_minor"),
        ({"goods": ["1"]}, "/threshold_minor"),
        ({"goods": ["1", "2"]}, "/goods"),
        ({"goods": "12"}, "/goods"),
        ({"currency": "USD"}, "/currency"),
        ({"ends_at": NOW}, "/ends_at"),
        ({"starts_at": "today"}, "/starts_at"),
        ({"starts_at": datetime(2026, 1, 1)}, "/starts_at"),  # noqa: DTZ001 - a moment without a zone is the case
    ],
)
def test_what_has_no_coupon_there_is_named(change: dict[str, Any], pointer: str) -> None:
    """The field and its rule, before anything is sent."""
    with pytest.raises(Invalid) as refused:
        coupon_request({**PROMOTED, **change})
    assert pointer in [problem.pointer for problem in refused.value.problems]
