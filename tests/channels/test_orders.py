"""What every marketplace's orders promise: parcels as they are written, and paid when it is paid."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from functions.webhooks.orders.orders import is_paid
from hub.channels.base import NotUnderstood
from hub.channels.facts import OrderFacts
from hub.channels.mapping import packaged_table
from hub.channels.registry import CHANNELS, inbound
from hubctl.market_orders import FEN, ORDERS
from tests.channels.support import payload, stored

AT = datetime(2026, 1, 1, 4, 0, tzinfo=UTC)
MARKETS = tuple(name for name, channel in CHANNELS.items() if channel.market)
TYPED = ["DHL AWB# 111111111", "9400 1000 0000 0000 0000 00", "A 1"]

Detail = dict[str, Any]


def paid_order(name: str) -> Detail:
    """A paid order of 129.90 as the platform's detail API tells it, with what its client adds."""
    known = payload(f"{name}_examples")["settings"]
    shop = {"shop_id": "4321", "shopId": "4321", "shop": "s.myshopify.com", "seller_id": "4321"}
    shop |= {"venderId": "4321", "mall_id": "4321"}
    return shop | ORDERS[name].make(known, 11, AT)


def read(name: str, detail: Mapping[str, Any]) -> OrderFacts:
    orders: Any = CHANNELS[name].module("orders")
    return cast(OrderFacts, orders.canonical_order(detail, packaged_table(name)))


def deeper(detail: Detail, changes: Mapping[str, Any]) -> Detail:
    """The detail with changes at any depth."""
    changed = dict(detail)
    for name, value in changes.items():
        inner = changed.get(name)
        changed[name] = deeper(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return changed


PARCELS: dict[str, Callable[[list[str]], Detail]] = {
    "wechat_store": lambda numbers: {
        "order_detail": {"delivery_info": {"delivery_product_info": [{"waybill_id": each} for each in numbers]}}
    },
    "douyin": lambda numbers: {"logistics_info": [{"tracking_no": each} for each in numbers]},
    "kuaishou": lambda numbers: {"orderLogisticsInfo": [{"expressNo": each} for each in numbers]},
    "xiaohongshu": lambda numbers: {"simpleDeliveryOrderList": [{"expressTrackingNo": each} for each in numbers]},
    "youzan": lambda numbers: {
        "delivery_order": [{"dists": [{"express_info": {"express_no": each}} for each in numbers]}]
    },
    "shopify": lambda numbers: {"fulfillments": [{"trackingInfo": [{"number": each} for each in numbers]}]},
    "taobao": lambda numbers: {"orders": {"order": [{"invoice_no": each} for each in numbers]}},
    "jd": lambda numbers: {"waybill": ",".join(numbers)},
    "pinduoduo": lambda numbers: {"tracking_number": numbers[0]},
}
"""Where each marketplace names an order's parcels; Pinduoduo names one."""


@pytest.mark.parametrize("name", MARKETS)
def test_parcels_are_kept_as_they_are_written(name: str) -> None:
    """Blanks and words in a number are the seller's business; the same number without blanks is no second one."""
    again = [*TYPED, "A1", "94001000000000000000 00"]
    facts = read(name, deeper(paid_order(name), PARCELS[name](again)))
    assert facts.tracking_nos == tuple(TYPED[:1] if name == "pinduoduo" else TYPED)


@pytest.mark.parametrize("name", MARKETS)
def test_a_number_that_can_be_none_is_not_dropped(name: str) -> None:
    """The order is not understood, which is told and read again; it is not one parcel poorer."""
    with pytest.raises(NotUnderstood):
        read(name, deeper(paid_order(name), PARCELS[name](["x" * 129, "SF1"])))


@pytest.mark.parametrize("number", TYPED)
def test_a_pushed_parcel_is_told_as_it_is_written(number: str) -> None:
    """Shopify's fulfillments and the open channel's parcels."""
    fulfillment = {"order_id": 1, "tracking_numbers": [number], "shipment_status": "in_transit"}
    stored_fulfillment = {"topic": "fulfillments/update", "shop": "s.myshopify.com", "body": fulfillment}
    data = {"order_no": "E1", "tracking_no": number, "state": "in_transit"}
    moved = {"type": "logistics.updated", "occurred_at": "2026-01-01T12:00:00+08:00", "data": data}
    order = {"order_no": "E1", "state": "shipped", "amount": "1", "tracking_nos": [number]}
    updated = {"type": "order.updated", "occurred_at": "2026-01-01T12:00:00+08:00", "data": order}
    texts = [("shopify", stored_fulfillment), ("open", moved), ("open", updated)]
    drafts = [inbound(name).events(stored(name, json.dumps(text).encode()))[0] for name, text in texts]
    told: list[Any] = [draft.event or draft.facts for draft in drafts]
    assert [getattr(each, "tracking_no", None) or each.tracking_nos[0] for each in told] == [number] * 3


PENDING: dict[str, Detail] = {
    "wechat_store": {"status": 10},
    "douyin": {"order_status": 1},
    "kuaishou": {"orderBaseInfo": {"status": 10}},
    "xiaohongshu": {"orderStatus": 1},
    "youzan": {"full_order_info": {"order_info": {"status": "WAIT_BUYER_PAY"}}},
    "shopify": {"displayFinancialStatus": "PENDING"},
    "taobao": {"status": "WAIT_BUYER_PAY"},
    "jd": {"orderState": "NOT_PAY"},
    "pinduoduo": {"confirm_status": 0},
}


@pytest.mark.parametrize("name", MARKETS)
def test_paid_follows_from_the_state(name: str) -> None:
    """An order that waits for its payment isn't paid, though it has a time of payment: it is a deposit's, or wrong."""
    paid, pending = read(name, paid_order(name)), read(name, deeper(paid_order(name), PENDING[name]))
    assert (paid.state, paid.amount_minor, is_paid(paid)) == ("paid", FEN, True)
    assert (pending.state, pending.paid_at, is_paid(pending)) == ("pending_payment", None, False)


WRITTEN = "2026-01-01 12:00:00"
PRESALES: dict[str, tuple[Detail, Detail]] = {
    "taobao": (
        {
            "status": "WAIT_BUYER_PAY",
            "step_trade_status": "FRONT_PAID_FINAL_NOPAID",
            "payment": "1000.00",
            "step_paid_fee": "100.00",
            "pay_time": WRITTEN,
        },
        {
            "status": "WAIT_SELLER_SEND_GOODS",
            "step_trade_status": "FRONT_PAID_FINAL_PAID",
            "payment": "950.00",
            "step_paid_fee": "950.00",
        },
    ),
    "douyin": (
        {
            "order_status": 103,
            "pay_amount": 100000,
            "order_phase_list": [
                {"pay_success": True, "phase_pay_amount": 10000},
                {"pay_success": False, "phase_pay_amount": 90000},
            ],
        },
        {"order_status": 2, "pay_amount": 95000},
    ),
    "xiaohongshu": (
        {"orderStatus": 1, "totalPayAmount": 100000, "totalDepositAmount": 10000},
        {"orderStatus": 4, "totalPayAmount": 95000, "totalDepositAmount": 10000},
    ),
    "youzan": (
        {
            "full_order_info": {
                "order_info": {"status": "WAIT_BUYER_PAY"},
                "pay_info": {
                    "payment": "1000.00",
                    "real_payment": "100.00",
                    "phase_payments": [
                        {"phase": 1, "real_price": "100.00", "outer_transaction_no": "T1"},
                        {"phase": 2, "real_price": "900.00", "outer_transaction_no": ""},
                    ],
                },
            }
        },
        {"full_order_info": {"pay_info": {"payment": "950.00", "real_payment": "950.00"}}},
    ),
    "shopify": (
        {
            "displayFinancialStatus": "PARTIALLY_PAID",
            "totalPriceSet": {"shopMoney": {"amount": "1000.00", "currencyCode": "CNY"}},
            "totalReceivedSet": {"shopMoney": {"amount": "100.00", "currencyCode": "CNY"}},
        },
        {"totalPriceSet": {"shopMoney": {"amount": "950.00", "currencyCode": "CNY"}}},
    ),
}
"""A deposit of 100 for an order of 1000; then all of it is paid, 950 in the end. The others tell no deposits."""


@pytest.mark.parametrize("name", PRESALES)
def test_a_deposit_is_told_apart_from_the_payment(name: str) -> None:
    """Amounts come from what was paid: 100.00 at the deposit, 950.00 with the final payment, and never 1000.00."""
    deposit, final = (read(name, deeper(paid_order(name), changes)) for changes in PRESALES[name])
    assert (deposit.state, deposit.deposit_minor, deposit.amount_minor) == ("pending_payment", 10_000, 100_000)
    assert (deposit.paid_at, is_paid(deposit)) == (None, False)
    assert (final.state, final.deposit_minor, final.amount_minor, is_paid(final)) == ("paid", 0, 95_000, True)


def test_a_deposit_that_is_lost_pays_no_order() -> None:
    """The buyer never paid the rest: the trade is cancelled, and the deposit is all that was paid."""
    lost = {"status": "TRADE_CLOSED_BY_TAOBAO", "step_trade_status": "FRONT_PAID_FRONT_FORFEITED"}
    facts = read("taobao", {**paid_order("taobao"), **lost, "payment": "1000.00", "step_paid_fee": "100.00"})
    assert (facts.state, facts.deposit_minor, is_paid(facts)) == ("cancelled", 10_000, False)


def test_an_integrator_tells_deposits_too() -> None:
    """In the open channel's words; once the order is paid, its amount is what counts."""
    said = {"type": "order.updated", "occurred_at": "2026-01-01T12:00:00+08:00"}
    order = {"order_no": "E1", "amount": "1000.00", "deposit": "100.00", "paid_at": "2026-01-01T12:00:00+08:00"}
    facts = []
    for state in ("pending_payment", "paid"):
        text = json.dumps({**said, "data": {**order, "state": state}}).encode()
        facts.append(cast(OrderFacts, inbound("open").events(stored("open", text))[0].facts))
    assert [(each.deposit_minor, is_paid(each)) for each in facts] == [(10_000, False), (0, True)]
