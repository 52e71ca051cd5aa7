"""Kuaishou shop: orders and after-sales in our words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.channels.base import NotUnderstood
from hub.channels.kuaishou.orders import canonical_after_sale, canonical_order
from hub.channels.mapping import lint, packaged_table

TABLE = packaged_table("kuaishou")
NOW = datetime(2026, 1, 1, 4, 45, tzinfo=UTC)
MS = 1_767_242_700_000


def order(**changes: Any) -> dict[str, Any]:
    """An order as open.order.detail tells it; changes are of its orderBaseInfo."""
    base = {"oid": 2607602240240301, "sellerOpenId": "o-1", "buyerOpenId": "b-9", "status": 40, "remark": "轻放"}
    base |= {"totalFee": 12800, "expressFee": 600, "createTime": MS - 5000, "payTime": MS - 4000, "updateTime": MS}
    return {
        "orderBaseInfo": {**base, "disableDeliveryReasonCode": [], **changes},
        "orderLogisticsInfo": [{"expressNo": "SF1"}, {"expressNo": "SF1"}, {"expressNo": "SF2"}, {}],
        "orderCpsInfo": {"distributorId": 4411, "activityUserId": 0},
    }


def test_an_order_in_our_words() -> None:
    """Goods and freight in fen, milliseconds as moments, the distributor as attribution."""
    facts = canonical_order(order(), TABLE)
    assert (facts.order_no, facts.shop_id, facts.state, facts.state_rank) == ("2607602240240301", "o-1", "shipped", 50)
    assert (facts.amount_minor, facts.currency, facts.buyer_id, facts.note) == (13400, "CNY", "b-9", "轻放")
    assert (facts.updated_at, facts.paid_at) == (NOW, NOW - timedelta(seconds=4))
    assert (facts.attribution, facts.tracking_nos) == ({"influencer": "4411"}, ("SF1", "SF2"))


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"status": 10, "payTime": 0}, "pending_payment"),
        ({"status": 30}, "paid"),
        ({"status": 30, "disableDeliveryReasonCode": [1001]}, "on_hold"),
        ({"status": "50"}, "delivered"),
        ({"status": 70}, "completed"),
        ({"status": 80}, "cancelled"),
    ],
)
def test_each_order_status_has_its_state(changes: dict[str, Any], state: str) -> None:
    """A paid order that must not ship yet is on hold."""
    facts = canonical_order(order(**changes), TABLE)
    assert (facts.state, facts.paid_at is None) == (state, changes.get("payTime") == 0)


@pytest.mark.parametrize(("way", "state"), [(10, "refunded"), (1, "refunded"), (3, "cancelled")])
def test_a_failed_order_is_refunded_only_when_money_went_back(way: int, state: str) -> None:
    """Closed after a refund is another thing than cancelled; an exchange brings no money."""
    told = {**order(status=80), "orderDetailRefundList": [{"refundStatus": 60, "handlingWay": way}]}
    assert canonical_order(told, TABLE).state == state


def test_nobody_sold_it_and_our_own_shop_id_wins() -> None:
    """Distributor 0 is nobody; the client's shopId joins orders and after-sales."""
    facts = canonical_order({**order(), "orderCpsInfo": {"distributorId": 0}, "shopId": "shop-x"}, TABLE)
    assert (facts.attribution, facts.shop_id) == ({}, "shop-x")


@pytest.mark.parametrize(
    ("detail", "reason"),
    [
        (order(status=0), "unknown-status"),
        (order(status=31), "unknown-status"),
        ({}, "unknown-status"),
        (order(oid=None), "missing-field"),
        (order(totalFee=12.5), "missing-field"),
        (order(totalFee=-1), "missing-field"),
        (order(updateTime=1767242700), "missing-field"),
    ],
)
def test_an_order_that_cannot_be_read_is_never_guessed(detail: dict[str, Any], reason: str) -> None:
    """Seconds for milliseconds, a float for fen, a code that no table lists."""
    with pytest.raises(NotUnderstood) as refused:
        canonical_order(detail, TABLE)
    assert refused.value.reason == reason


def refund(**changes: Any) -> dict[str, Any]:
    told = {"refundId": 77, "oid": 13, "sellerId": 2161524184, "status": 40, "handlingWay": 1, "refundFee": 12800}
    told |= {"negotiateStatus": 1, "updateTime": MS, "expireTime": MS + 60_000, "buyerOpenId": "b-9"}
    return {**told, "specialRefundType": 0, "logisticsInfo": {"expressNo": "YT9", "expressCode": 1}, **changes}


def test_an_after_sale_in_our_words() -> None:
    """Its own state and the money's are two things; the deadline is the platform's."""
    facts = canonical_after_sale(refund(shopId="o-1"), TABLE)
    assert (facts.after_sale_no, facts.order_no, facts.shop_id, facts.type) == ("77", "13", "o-1", "return_refund")
    assert (facts.state, facts.money, facts.requested_minor, facts.refunded_minor) == (
        "awaiting_seller_receipt",
        "none",
        12800,
        0,
    )
    assert (facts.deadline_at, facts.tracking_no, facts.buyer_id) == (NOW + timedelta(minutes=1), "YT9", "b-9")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"status": 10, "handlingWay": 10}, ("refund_only", "requested", "none", 0)),
        ({"status": 10, "negotiateStatus": 3}, ("return_refund", "seller_refused", "none", 0)),
        ({"status": 11}, ("return_refund", "requested", "none", 0)),
        ({"status": 12}, ("return_refund", "seller_refused", "none", 0)),
        ({"status": 20}, ("return_refund", "platform_review", "none", 0)),
        ({"status": 21}, ("return_refund", "platform_review", "none", 0)),
        ({"status": 22}, ("return_refund", "awaiting_return", "none", 0)),
        ({"status": 50}, ("return_refund", "refunding", "pending", 0)),
        ({"status": 60}, ("return_refund", "refunded", "succeeded", 12800)),
        (
            {"status": 60, "handlingWay": 10, "specialRefundType": 1},
            ("price_protection", "refunded", "succeeded", 12800),
        ),
        ({"status": 60, "handlingWay": 3}, ("exchange", "resolved", "none", 0)),
        ({"status": 70, "handlingWay": 99}, ("unknown", "closed", "none", 0)),
    ],
)
def test_both_enumerations_of_after_sales_are_read(changes: dict[str, Any], told: tuple[Any, ...]) -> None:
    """The older codes (10, 11, 21, 22) and the newer ones (12); an exchange's success is no money."""
    facts = canonical_after_sale(refund(**changes), TABLE)
    assert (facts.type, facts.state, facts.money, facts.refunded_minor) == told


@pytest.mark.parametrize("expires", [0, None, 3600, 7.5])
def test_a_deadline_that_is_no_moment_is_none(expires: Any) -> None:
    """The lists have been seen with other numbers there; the rest of the row is still good."""
    assert canonical_after_sale(refund(expireTime=expires), TABLE).deadline_at is None


def test_the_mapping_misses_nothing_that_is_documented() -> None:
    """Every combination of documented codes finds a state."""
    assert lint(TABLE.document) == []
