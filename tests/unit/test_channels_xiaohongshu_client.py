"""Xiaohongshu: signed calls, pages, tokens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.channels.client import PlatformGone, PlatformMisconfigured, PlatformRefused, Token
from hub.channels.mapping import packaged_table
from hub.channels.xiaohongshu.client import FEEDS, PATH, Client
from hub.channels.xiaohongshu.orders import canonical_after_sale
from hub.channels.xiaohongshu.signing import sign_call
from hub.kernel.errors import Retry
from tests.channels.fakes import FakeSession, FakeTokens
from tests.channels.support import payload

KNOWN: dict[str, Any] = payload("xiaohongshu_examples")["settings"]
SHOP = KNOWN["shop_id"]
NOW = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)
SECONDS = 1_767_242_700

# input of a public SDK's test, rule of open.xiaohongshu.com file/39; digest computed
CALL = {"app_id": "xhsapp0003", "app_secret": "xhssec0004", "method": "common.getCategories", "timestamp": "1700000000"}
CALL_SIGN = "9c1ae9fd51fe7b7fdca7f0ea2316838f"


def signed(call: dict[str, str]) -> str:
    return sign_call(call["app_id"], call["app_secret"], method=call["method"], timestamp=call["timestamp"])


def client(*answers: Any, **changes: Any) -> tuple[Client, FakeSession]:
    session = FakeSession(*answers)
    return Client({**KNOWN, **changes}, FakeTokens(), wall_now=lambda: NOW, session=session), session


def ok(data: Any) -> dict[str, Any]:
    return {"success": True, "error_code": 0, "error_msg": "", "data": data}


def wrapped(data: Any, **envelope: Any) -> dict[str, Any]:
    return ok({"success": True, "code": 0, "msg": "", "data": data, **envelope})


def no(message: str, code: int = -1) -> dict[str, Any]:
    return {"success": False, "error_code": code, "error_msg": message}


def test_a_call_is_signed_as_the_vector() -> None:
    """Method, three system parameters, secret; lower-case hex."""
    assert signed(CALL) == CALL_SIGN


@pytest.mark.parametrize("name", sorted(CALL))
def test_one_flipped_byte_of_a_call_changes_its_signature(name: str) -> None:
    """Every system parameter and the secret are part of it."""
    assert signed({**CALL, name: chr(ord(CALL[name][0]) ^ 1) + CALL[name][1:]}) != CALL_SIGN


def test_an_order_is_read_by_a_signed_call() -> None:
    """One URL; system and business parameters side by side; the time is text, in seconds."""
    made, session = client(ok({"orderId": "P1", "orderStatus": 4}))
    row = made.read("order", "P1")
    verb, url, request = session.asked[0]
    assert (verb, url) == ("POST", "https://ark.xiaohongshu.com" + PATH)
    assert request["json"] == {
        "orderId": "P1",
        "accessToken": "token-1",
        "appId": KNOWN["app_key"],
        "timestamp": str(SECONDS),
        "version": "2.0",
        "method": "order.getOrderDetail",
        "sign": sign_call(KNOWN["app_key"], KNOWN["app_secret"], method="order.getOrderDetail", timestamp=str(SECONDS)),
    }
    assert (row.number, row.order_no, row.detail) == ("P1", "P1", {"orderId": "P1", "orderStatus": 4, "shopId": SHOP})


@pytest.mark.parametrize("envelope", [ok, wrapped])
def test_an_after_sale_is_read_from_either_envelope_without_a_float(envelope: Any) -> None:
    """Newer methods wrap their data twice; yuan that come as numbers are text before anybody counts them."""
    info = {"returnsId": "R1", "orderId": "P1", "returnType": 4, "status": 4, "refundStatus": 2}
    info |= {"expectedRefundAmountYuan": 0.29, "refundAmountYuan": 19.9, "updatedAt": SECONDS * 1000}
    made, _ = client(envelope({"afterSaleInfo": info}))
    facts = canonical_after_sale(made.read("after_sale", "R1", "P1").detail, packaged_table("xiaohongshu"))
    assert (facts.requested_minor, facts.refunded_minor, facts.shop_id, facts.state) == (29, 1990, SHOP, "refunded")


@pytest.mark.parametrize(
    ("unit", "start", "end"),
    [
        ("", SECONDS - 1800, SECONDS),
        ("seconds", SECONDS - 1800, SECONDS),
        ("milliseconds", (SECONDS - 1800) * 1000, SECONDS * 1000),
    ],
)
def test_order_times_are_in_the_unit_of_the_setting(unit: str, start: int, end: int) -> None:
    """No document names it; after-sale times are milliseconds whatever the setting says."""
    made, session = client(
        ok({"orderList": [{"orderId": "P1"}], "total": 150}),
        wrapped({"afterSaleBasicInfos": [{"returnsId": "R1", "orderId": "P1"}], "totalCount": 1}),
        order_time_unit=unit,
    )
    orders = made.page("order", NOW - FEEDS[0].window, NOW, "2")
    refunds = made.page("after_sale", NOW - FEEDS[1].window, NOW, "")
    asked = [request["json"] for _, _, request in session.asked]
    assert [(one["startTime"], one["endTime"], one["pageNo"], one["timeType"]) for one in asked] == [
        (start, end, 2, 2),
        ((SECONDS - 1800) * 1000, SECONDS * 1000, 1, 2),
    ]
    assert (orders.total, orders.rows[0].number, refunds.total) == (150, "P1", 1)
    assert (refunds.rows[0].number, refunds.rows[0].order_no) == ("R1", "P1")


def test_both_feeds_read_pages_backwards_and_each_row_again() -> None:
    """The latest change stands first, and a list leaves amounts out."""
    assert [(feed.entity, feed.paging, feed.complete, feed.window) for feed in FEEDS] == [
        ("order", "backward", False, timedelta(minutes=30)),
        ("after_sale", "backward", False, timedelta(minutes=30)),
    ]


@pytest.mark.parametrize("message", ["accessToken已过期", "access_token is invalid", "令牌失效"])
def test_a_dead_token_is_known_by_its_words_and_renewed_once(message: str) -> None:
    """No table of codes is public."""
    made, session = client(no(message), ok({"orderId": "P1"}))
    made.read("order", "P1")
    assert [request["json"]["accessToken"] for _, _, request in session.asked] == ["token-1", "token-2"]


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ([no("accessToken无效"), no("accessToken无效")], Retry),
        ([no("接口被限流")], Retry),
        ([no("包裹不存在", -2000101)], PlatformGone),
        ([no("签名错误", -2000400)], PlatformRefused),
        ([{"success": False, "error_code": 0}], PlatformRefused),
        ([wrapped(None, success=False, code=-5, msg="不存在")], PlatformRefused),
        ([{"error": "gateway"}], Retry),
        ([(502, b"{}")], Retry),
        ([b"<html>"], Retry),
    ],
)
def test_each_kind_of_failure_is_told_apart(answers: list[Any], error: type[Exception]) -> None:
    """Either envelope may refuse; what is passing is tried again."""
    made, _ = client(*answers)
    with pytest.raises(error) as refused:
        made.read("order", "P1")
    assert type(refused.value) is error


@pytest.mark.parametrize(
    "data", [None, {}, {"orderList": []}, {"orderList": {}, "total": 1}, {"orderList": [], "total": "?"}]
)
def test_a_page_of_another_shape_is_no_empty_page(data: Any) -> None:
    """A missing list or total is tried again, never taken for nothing."""
    made, _ = client(ok(data))
    with pytest.raises(Retry):
        made.page("order", NOW, NOW, "")


@pytest.mark.parametrize("entity", ["review", "message"])
def test_it_has_no_reviews_and_no_messages(entity: Any) -> None:
    """The platform offers no API for them."""
    made, _ = client()
    with pytest.raises(PlatformRefused):
        made.read(entity, "1")
    with pytest.raises(PlatformRefused):
        made.page(entity, NOW, NOW, "")


def granted(**changes: Any) -> dict[str, Any]:
    pair = {"accessToken": "a", "refreshToken": "r2", "sellerId": SHOP}
    return ok({**pair, "accessTokenExpiresAt": (SECONDS + 604_800) * 1000} | changes)


@pytest.mark.parametrize(
    ("renewal", "changes", "sent"),
    [
        ("r1", {}, ("oauth.refreshToken", "refreshToken", "r1")),
        ("", {}, ("oauth.refreshToken", "refreshToken", KNOWN["refresh_token"])),
        ("", {"refresh_token": "", "code": "c1"}, ("oauth.getAccessToken", "code", "c1")),
    ],
)
def test_a_token_comes_by_the_newest_authorisation(renewal: str, changes: Any, sent: tuple[str, ...]) -> None:
    """Its end is an absolute time; no old token goes with the call."""
    made, session = client(granted(), **changes)
    assert made.fetch_token(renewal) == Token("a", 604_800, "r2")
    body = session.asked[0][2]["json"]
    assert (body["method"], body[sent[1]], "accessToken" in body) == (sent[0], sent[2], False)


def test_a_token_that_ended_already_has_no_life_left() -> None:
    """A clock that runs ahead makes no negative life."""
    made, _ = client(granted(accessTokenExpiresAt=1000))
    assert made.fetch_token("r1").expires_in_seconds == 0


@pytest.mark.parametrize(
    ("answers", "changes", "renewal", "error"),
    [
        ([], {"refresh_token": ""}, "", PlatformMisconfigured),
        ([no("refreshToken无效")], {}, "dead", PlatformRefused),
        ([no("accessToken过期")], {}, "", PlatformMisconfigured),
        ([granted(sellerId="another")], {}, "", PlatformMisconfigured),
        ([no("接口被限流")], {}, "", Retry),
        ([ok({"sellerId": SHOP})], {}, "", Retry),
        ([granted(accessTokenExpiresAt=None)], {}, "", Retry),
    ],
)
def test_no_token_is_told_as_what_it_is(answers: Any, changes: Any, renewal: str, error: type[Exception]) -> None:
    """Nothing to ask with, an end of the authorisation, another shop's: misconfigured; a limit passes."""
    made, _ = client(*answers, **changes)
    with pytest.raises(error):
        made.fetch_token(renewal)
