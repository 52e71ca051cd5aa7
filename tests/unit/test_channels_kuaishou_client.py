"""Kuaishou shop: signed calls, pages, tokens."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.channels.client import PlatformGone, PlatformMisconfigured, PlatformRefused, Token
from hub.channels.kuaishou.client import FEEDS, Client
from hub.channels.kuaishou.signing import sign_call
from hub.kernel.errors import Retry
from tests.channels.fakes import FakeSession, FakeTokens
from tests.channels.support import payload

KNOWN: dict[str, Any] = payload("kuaishou_examples")["settings"]
NOW = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)
MS = 1_767_242_700_000
ORDER = {"orderBaseInfo": {"oid": 2607602240240301, "status": 40}}
REFUND = {"refundId": 77, "oid": 13, "status": 40}

# inputs of whalesky-labs/kwaishop-php-sdk (Md5SignerTest, HmacSha256SignerTest), digests computed
CALL = {
    "appkey": "ks123",
    "method": "open.seller.order.list",
    "version": "1",
    "param": '{"title":"短袖"}',
    "access_token": "token",
    "timestamp": "1583271919000",
}
CALL_SIGNS = {
    "MD5": "6005da269b372ff10945e565ef37a4c6",
    "HMAC_SHA256": "ZpPrG0oB1g/T93FyyVD+VCzRey41yqxZoCqcGg7upYM=",
}


def client(*answers: Any, **changes: Any) -> tuple[Client, FakeSession]:
    session = FakeSession(*answers)
    return Client({**KNOWN, **changes}, FakeTokens(), wall_now=lambda: NOW, session=session), session


def ok(data: Any) -> dict[str, Any]:
    return {"result": 1, "error_msg": "SUCCESS", "data": data}


@pytest.mark.parametrize("method", ["MD5", "HMAC_SHA256"])
def test_a_call_is_signed_as_the_vector(method: str) -> None:
    """Both signatures, over unescaped Chinese."""
    assert sign_call("sign-secret", {**CALL, "signMethod": method}) == CALL_SIGNS[method]


@pytest.mark.parametrize("method", ["MD5", "HMAC_SHA256"])
@pytest.mark.parametrize("name", sorted(CALL))
def test_one_flipped_byte_of_a_call_changes_its_signature(method: str, name: str) -> None:
    """Every parameter and the secret are part of it."""
    flipped = chr(ord(CALL[name][0]) ^ 1) + CALL[name][1:]
    assert sign_call("sign-secret", {**CALL, "signMethod": method, name: flipped}) != CALL_SIGNS[method]
    assert sign_call("rign-secret", {**CALL, "signMethod": method}) != CALL_SIGNS[method]


@pytest.mark.parametrize("method", ["", "HMAC_SHA256"])
def test_an_order_is_read_by_a_signed_call(method: str) -> None:
    """The path is the method's name, the number is whole, and the signature covers what was sent."""
    made, session = client(ok(ORDER), sign_method=method)
    row = made.read("order", "2607602240240301")
    verb, url, request = session.asked[0]
    sent = request["params"]
    assert (verb, url) == ("GET", "https://openapi.kwaixiaodian.com/open/order/detail")
    assert (sent["param"], sent["timestamp"], sent["access_token"]) == ('{"oid":2607602240240301}', str(MS), "token-1")
    assert sent["sign"] == sign_call(KNOWN["sign_secret"], sent)
    assert sent["signMethod"] == (method or "MD5")
    assert (row.number, row.order_no, row.detail["shopId"]) == ("2607602240240301", "2607602240240301", "o-1")


def test_an_after_sale_is_read_with_its_order() -> None:
    """The refund names its order itself."""
    made, _ = client(ok(REFUND))
    row = made.read("after_sale", "77")
    assert (row.number, row.order_no, row.detail["shopId"]) == ("77", "13", "o-1")


@pytest.mark.parametrize("number", ["P1", "", "-7", "٣", "9" * 20])
def test_what_can_be_no_number_of_theirs_is_not_asked_for(number: str) -> None:
    """A pushed number goes nowhere unless it is one."""
    made, session = client()
    with pytest.raises(PlatformGone):
        made.read("order", number)
    assert session.asked == []


def test_orders_are_paged_by_cursor_until_nomore() -> None:
    """The cursor is handed back as it came; nomore is the end."""
    made, session = client(ok({"orderList": [ORDER], "cursor": "c9"}), ok({"orderList": [], "cursor": "nomore"}))
    first = made.page("order", NOW - timedelta(days=7), NOW, "")
    last = made.page("order", NOW - timedelta(days=7), NOW, first.next_position)
    asked = [json.loads(request["params"]["param"]) for _, _, request in session.asked]
    assert [one["cursor"] for one in asked] == ["", "c9"]
    assert (asked[0]["beginTime"], asked[0]["endTime"], asked[0]["queryType"]) == (MS - 604_800_000, MS, 2)
    assert ([row.number for row in first.rows], first.next_position, last.next_position) == (
        ["2607602240240301"],
        "c9",
        "",
    )


def test_after_sales_want_a_page_number_beside_the_cursor() -> None:
    """Our position carries both."""
    page = {"refundOrderInfoList": [REFUND], "pcursor": "p:2"}
    made, session = client(ok(page), ok({**page, "pcursor": "nomore"}))
    first = made.page("after_sale", NOW - timedelta(days=1), NOW, "")
    last = made.page("after_sale", NOW - timedelta(days=1), NOW, first.next_position)
    asked = [json.loads(request["params"]["param"]) for _, _, request in session.asked]
    assert [(one["currentPage"], one["pcursor"], one["type"]) for one in asked] == [(1, "", 9), (2, "p:2", 9)]
    assert ([(row.number, row.order_no) for row in first.rows], last.next_position) == ([("77", "13")], "")


def test_reviews_are_paged_by_offset() -> None:
    """Twenty at a time, until the total."""
    made, session = client(
        ok({"rootComment": [{"commentId": 1}, {"commentId": 2}], "total": 3}),
        ok({"rootComment": [{"commentId": 3}], "total": 3}),
    )
    first = made.page("review", NOW - timedelta(days=1), NOW, "")
    last = made.page("review", NOW - timedelta(days=1), NOW, first.next_position)
    offsets = [json.loads(request["params"]["param"])["offset"] for _, _, request in session.asked]
    assert (offsets, first.next_position, last.next_position) == ([0, 2], "2", "")
    assert [row.detail["shopId"] for row in first.rows + last.rows] == ["o-1"] * 3
    assert (first.total, last.total) == (None, None), "a total is read by page numbers, and an offset is none"


def test_a_dead_token_is_renewed_once() -> None:
    """24: the call is made again under a new token."""
    made, session = client({"result": 24}, ok(ORDER))
    made.read("order", "1")
    assert [request["params"]["access_token"] for _, _, request in session.asked] == ["token-1", "token-2"]


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ([{"result": 24}, {"result": 21}], Retry),
        ([{"result": 802000}], Retry),
        ([{"result": 28}], PlatformMisconfigured),
        ([{"result": 4001}], PlatformRefused),
        ([{"error": "gateway"}], Retry),
        ([(500, b"{}")], Retry),
        ([b"<html>"], Retry),
    ],
)
def test_each_kind_of_failure_is_told_apart(answers: list[Any], error: type[Exception]) -> None:
    """Passing, misconfigured, or refused for good."""
    made, _ = client(*answers)
    with pytest.raises(error):
        made.read("order", "1")


@pytest.mark.parametrize("entity", ["review", "message"])
def test_what_cannot_be_read_alone_is_refused(entity: Any) -> None:
    """Reviews come in lists only."""
    made, _ = client()
    with pytest.raises(PlatformRefused):
        made.read(entity, "1")


def test_messages_are_not_pulled() -> None:
    """No feed of ours asks for them."""
    made, _ = client()
    assert "message" not in [feed.entity for feed in FEEDS]
    with pytest.raises(PlatformRefused):
        made.page("message", NOW, NOW, "")


@pytest.mark.parametrize(
    "page",
    [
        {},
        {"orderList": []},
        {"orderList": {}, "cursor": "nomore"},
        {"orderList": {"0": ORDER}, "cursor": "nomore"},
    ],
)
def test_a_page_of_another_shape_is_no_empty_page(page: dict[str, Any]) -> None:
    """A missing cursor or list is tried again, never taken for the end."""
    made, _ = client(ok(page))
    with pytest.raises(Retry):
        made.page("order", NOW, NOW, "")


GRANTED = {"result": 1, "access_token": "a", "refresh_token": "r2", "expires_in": 172800}


@pytest.mark.parametrize(
    ("renewal", "changes", "sent"),
    [
        ("r1", {}, ("/oauth2/refresh_token", "refresh_token", "r1")),
        ("", {}, ("/oauth2/refresh_token", "refresh_token", KNOWN["refresh_token"])),
        ("", {"refresh_token": "", "code": "c1"}, ("/oauth2/access_token", "code", "c1")),
    ],
)
def test_a_token_comes_by_the_newest_authorisation(renewal: str, changes: Any, sent: tuple[str, ...]) -> None:
    """The stored refresh token first, then the settings' own, then a code."""
    made, session = client(GRANTED, **changes)
    assert made.fetch_token(renewal) == Token("a", 172800, "r2")
    verb, url, request = session.asked[0]
    assert (verb, url.removeprefix(Client.BASE_URL)) == ("POST", sent[0])
    assert request["data"] == {
        "app_id": KNOWN["app_key"],
        "app_secret": KNOWN["app_secret"],
        "grant_type": sent[1],
        sent[1]: sent[2],
    }


@pytest.mark.parametrize(
    ("answers", "changes", "renewal", "error"),
    [
        ([], {"refresh_token": ""}, "", PlatformMisconfigured),
        ([{"result": 100200100}], {}, "dead", PlatformMisconfigured),
        ([{"result": 100200100}], {}, "", PlatformMisconfigured),
        ([{"result": 802000}], {}, "", Retry),
        ([{"result": 1}], {}, "", Retry),
        ([{**GRANTED, "open_id": "another"}], {}, "", PlatformMisconfigured),
    ],
)
def test_no_token_is_told_as_what_it_is(answers: Any, changes: Any, renewal: str, error: type[Exception]) -> None:
    """Nothing to ask with, a refusal, another shop's: misconfigured; a limit and a strange answer pass."""
    made, _ = client(*answers, **changes)
    with pytest.raises(error):
        made.fetch_token(renewal)
