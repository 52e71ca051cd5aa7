"""Kuaishou's double: the channel's own client talks to it, and it refuses what Kuaishou would."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.channels.client import PlatformMisconfigured, PlatformRefused
from hub.channels.kuaishou.client import FEEDS, Client
from hub.channels.kuaishou.orders import canonical_after_sale, canonical_order
from hub.channels.mapping import packaged_table
from hub.kernel.errors import Retry
from hubctl.platforms.kuaishou import Double
from tests.channels.support import payload
from tests.support.doubles import BASE_URL, session_of

KNOWN: dict[str, Any] = payload("kuaishou_examples")["settings"]
TABLE = packaged_table("kuaishou")
NOW = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)
MS = 1_767_242_700_000


class Tokens:
    """A cache of one: it asks the client when it has none, or was refused."""

    def __init__(self) -> None:
        self.value, self.renewal, self.client = "", "", None

    def get(self, force: bool) -> str:
        if force or not self.value:
            token = self.client.fetch_token(self.renewal)  # type: ignore[attr-defined]
            self.value, self.renewal = token.value, token.renewal
        return self.value


def connected(double: Double, tokens: Tokens | None = None, **changes: Any) -> Client:
    tokens = tokens or Tokens()
    made = Client(
        {**KNOWN, **changes},
        tokens,
        wall_now=lambda: NOW,
        base_url=BASE_URL,
        session=session_of(double, "kuaishou"),
    )
    tokens.client = made  # type: ignore[assignment]
    return made


def order(number: int) -> dict[str, Any]:
    base = {"oid": 2607602240240000 + number, "sellerOpenId": "o-1", "status": 30, "totalFee": 100, "payTime": MS}
    return {"orderBaseInfo": {**base, "updateTime": MS - number * 1000, "disableDeliveryReasonCode": []}}


def refund(number: int) -> dict[str, Any]:
    told = {"refundId": 7000 + number, "oid": 13, "sellerId": 1, "status": 60, "handlingWay": 10, "refundFee": 100}
    return {**told, "updateTime": MS - number * 1000, "buyerOpenId": "b-1", "logisticsInfo": {"expressNo": "YT1"}}


def all_rows(made: Client, entity: Any, span: timedelta) -> list[Any]:
    rows, position = [], ""
    for _ in range(20):
        page = made.page(entity, NOW - span, NOW, position)
        rows += page.rows
        position = page.next_position
        if not position:
            return rows
    raise AssertionError("no end of pages")


@pytest.mark.parametrize("method", ["MD5", "HMAC_SHA256"])
def test_every_order_is_pulled_once_and_read(method: str) -> None:
    """120 orders on three pages, under either signature; a row is as whole as a read."""
    double = Double([KNOWN])
    double.control("orders", [order(number) for number in range(120)])
    made = connected(double, sign_method=method)
    rows = all_rows(made, "order", FEEDS[0].window)
    assert len({row.number for row in rows}) == len(rows) == 120
    assert rows[0].detail == made.read("order", rows[0].number).detail
    assert canonical_order(rows[0].detail, TABLE).state == "paid"


def test_after_sales_are_pulled_and_read_whole() -> None:
    """130 of them on two pages; what lists leave out comes with the read."""
    double = Double([KNOWN])
    double.control("after_sales", [refund(number) for number in range(130)])
    made = connected(double)
    rows = all_rows(made, "after_sale", FEEDS[1].window)
    assert len({row.number for row in rows}) == len(rows) == 130
    facts = canonical_after_sale(made.read("after_sale", rows[0].number, rows[0].order_no).detail, TABLE)
    assert (facts.state, facts.tracking_no, facts.shop_id) == ("refunded", "YT1", "o-1")


def test_reviews_are_pulled_by_the_time_they_were_written() -> None:
    """45 on three pages, and none of another day."""
    double = Double([KNOWN])
    rows = [{"commentId": number, "createTime": MS - number * 1000, "content": "好"} for number in range(45)]
    double.control("reviews", [*rows, {"commentId": 99, "createTime": 1}])
    assert len(all_rows(connected(double), "review", FEEDS[2].window)) == 45


def test_expired_tokens_are_renewed_by_the_rotated_refresh_token() -> None:
    """A read goes on after every token died."""
    double = Double([KNOWN])
    double.control("orders", order(1))
    made = connected(double)
    made.read("order", "2607602240240001")
    double.expire_tokens()
    assert made.read("order", "2607602240240001").number == "2607602240240001"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"sign_secret": "another-secret"}, PlatformMisconfigured),
        ({"app_secret": "another-secret"}, PlatformMisconfigured),
        ({"app_key": "ks-nobody"}, PlatformMisconfigured),
        ({"refresh_token": "unknown-token"}, PlatformMisconfigured),
        ({"refresh_token": "", "code": "any-code-of-a-shop"}, PlatformRefused),
    ],
)
def test_wrong_credentials_are_refused_as_the_platform_does(changes: Any, error: type[Exception]) -> None:
    """A wrong secret, app or authorisation is misconfigured; with a good one an unknown order is just refused."""
    with pytest.raises(error) as refused:
        connected(Double([KNOWN]), **changes).read("order", "1")
    assert type(refused.value) is error


@pytest.mark.parametrize(("entity", "days"), [("order", 8), ("after_sale", 2)])
def test_a_window_too_long_is_refused(entity: Any, days: int) -> None:
    """7 days of orders, one day of after-sales."""
    with pytest.raises(PlatformRefused):
        connected(Double([KNOWN])).page(entity, NOW - timedelta(days=days), NOW, "")


def test_a_token_that_no_refresh_helps_is_tried_again_later() -> None:
    """When each new token is refused at once, the call ends in Retry."""

    class Forgetful(Tokens):
        def get(self, force: bool) -> str:
            return "never-issued"

    with pytest.raises(Retry):
        connected(Double([KNOWN]), Forgetful()).read("order", "1")


def test_it_cannot_be_told_what_it_does_not_know() -> None:
    """An unknown control is a 404."""
    assert Double([]).control("coupons", []).status == 404
