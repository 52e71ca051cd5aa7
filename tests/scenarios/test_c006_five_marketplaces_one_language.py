"""C006: five shops push what was paid, asked back, judged and claimed: twenty events in one language, and a forged push
is refused in the platform's words and counted."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from functions.webhooks import app as webhooks
from functions.webhooks.handlers import counters
from hub.contracts.events import Event
from hub.store.connection import Connection
from tests.channels.support import payload
from tests.support.http import Context, call, sqs_batch
from tests.support.market import Market, market
from tests.support.rooms import OPEN
from tests.support.webhooks import DOUYIN, deliver

CHINA = timedelta(hours=8)
CANONICAL = {
    "order_paid": "order.paid",
    "refund_applied": "after_sale.changed",
    "review_posted": "review.posted",
    "coupon_claimed": "coupon.changed",
}


def shop_of(name: str, channel: str, **more: str) -> Connection:
    """A connection with the channel's example settings."""
    settings = {**payload(f"{channel}_examples")["settings"], **more}
    return Connection(f"con_01J{name.upper():0<23}", channel, "enabled", settings)


SHOPS = {
    "taobao": shop_of("TA0BA0", "taobao"),
    "tmall": shop_of("TMA11", "taobao", app_key="21000002", shop_id="2200000000002"),
    "jd": shop_of("JD", "jd"),
    "pinduoduo": shop_of("P1NDV0DV0", "pinduoduo"),
    "douyin": DOUYIN,
}


@pytest.fixture
def five() -> Iterator[Market]:
    with market(*SHOPS.values(), publish=()) as made:
        yield made


def china(made: Market) -> str:
    """The time of a clock on a wall in Shanghai."""
    return f"{made.hub.clock.now + CHINA:%Y-%m-%d %H:%M:%S}"


def orders(made: Market) -> dict[str, dict[str, Any]]:
    """The same sale, of 129.90, as each platform keeps it."""
    at, second = china(made), int(made.hub.clock.now.timestamp())
    trade = {"status": "WAIT_SELLER_SEND_GOODS", "payment": "129.90", "pay_time": at, "modified": at}
    codes = {"confirm_status": 1, "group_status": 1, "risk_control_status": 0, "order_status": 1, "refund_status": 1}
    paid = {"create_time": second, "pay_time": second, "update_time": second}
    return {
        "taobao": {"tid": 8001, **trade},
        "tmall": {"tid": 8002, **trade},
        "jd": {"orderId": "8003", "orderState": "WAIT_SELLER_STOCK_OUT", "actualPay": "129.90",
               "paymentConfirmTime": at, "modified": at},
        "pinduoduo": {"order_sn": "261121-8004", "pay_amount": "129.90", "pay_time": at, "updated_at": at, **codes},
        "douyin": {"order_id": "8005", "shop_id": 4321, "order_status": 2, "pay_amount": 12990, **paid},
    }  # fmt: skip


def refunds(made: Market) -> dict[str, dict[str, Any]]:
    """Its money is asked back, as each platform keeps that."""
    at, second = china(made), int(made.hub.clock.now.timestamp())
    refund = {"status": "WAIT_SELLER_AGREE", "dispute_type": "REFUND", "refund_fee": "129.90", "modified": at}
    asked = {"after_sale_id": 9005, "after_sale_status": 6, "after_sale_type": 1, "refund_total_amount": 12990}
    return {
        "taobao": {"refund_id": 9001, "tid": 8001, **refund},
        "tmall": {"refund_id": 9002, "tid": 8002, **refund},
        "jd": {"id": 9003, "orderId": "8003", "status": 0, "applyRefundSum": 12990, "applyTime": at},
        "pinduoduo": {"id": 9004, "order_sn": "261121-8004", "after_sales_status": 2, "after_sales_type": 2,
                      "refund_amount": 12990, "updated_time": at},
        "douyin": {"process_info": {"after_sale_info": {**asked, "update_time": second}},
                   "order_info": {"shop_order_id": 8005}},
    }  # fmt: skip


def hint(made: Market, name: str, kind: str) -> str:
    """The push by which the platform says that something changed."""
    number = 8001 + list(SHOPS).index(name)
    refund = number + 1000
    if name == "douyin":
        tag, data = {"order_paid": ("101", {"p_id": number}), "refund_applied": ("200", {"aftersale_id": refund})}[kind]
        message = {"tag": tag, "msg_id": f"{kind}{number}", "data": json.dumps({"shop_id": 4321, **data})}
        return json.dumps([message])
    topics = {
        "taobao": ("taobao_trade_TradeBuyerPay", "taobao_refund_RefundCreated"),
        "tmall": ("taobao_trade_TradeBuyerPay", "taobao_refund_RefundCreated"),
        "jd": ("order", "refund"),
        "pinduoduo": ("pdd_trade_TradeConfirmed", "pdd_refund_RefundCreated"),
    }[name]
    tid = "261121-8004" if name == "pinduoduo" else number
    content = {"tid": tid, "order_id": str(number), "oid": number, "refund_id": refund, "mall_id": "100000001"}
    content |= {"modified": china(made)} if name in ("taobao", "tmall") else {}
    shop_id, topic = SHOPS[name].settings["shop_id"], topics[list(CANONICAL).index(kind)]
    at = int(made.hub.clock.now.timestamp() * 1000)
    body = {"id": f"71{number}{len(kind)}", "topic": topic, "shop_id": shop_id, "pub_time": str(at)}
    return json.dumps({**body, "content": json.dumps(content)})


def told(made: Market, name: str, kind: str) -> str:
    """What a platform has no message for, or none that is documented, a system of the shop's own tells of it."""
    number = 8001 + list(SHOPS).index(name)
    data = {
        "review_posted": {"review_no": f"r{number}", "text": "好评", "rating": 5, "order_no": str(number)},
        "coupon_claimed": {"person_id": f"b{number}", "coupon_id": f"c{number}", "change": "claimed"},
    }[kind]
    said = {"review_posted": "review.created", "coupon_claimed": "coupon.updated"}[kind]
    at = made.hub.clock.now.isoformat()
    return json.dumps({"type": said, "occurred_at": at, "data": {**data, "platform": name}})


def deliver_all(made: Market) -> None:
    """The four bundles of each of the five."""
    sold, asked = orders(made), refunds(made)
    for name, connection in SHOPS.items():
        made.know(connection.channel, "orders", sold[name])
        made.know(connection.channel, "after_sales", asked[name])
        for kind in ("order_paid", "refund_applied"):
            assert made.push(connection, hint(made, name, kind))["statusCode"] == 200
        for kind in ("review_posted", "coupon_claimed"):
            assert made.push(OPEN, told(made, name, kind))["statusCode"] == 200


def facts(event: Event) -> tuple[str, str, str]:
    """Its platform, the platform's own number, and its type in the hub's words."""
    said = event.model_dump()
    shops = {str(shop.settings["shop_id"]): name for name, shop in SHOPS.items() if "shop_id" in shop.settings}
    platform = said.get("platform") or shops[said["shop_id"]]
    numbers = ("after_sale_no", "review_no", "coupon_id", "order_no")
    return platform, next(str(said[name]) for name in numbers if said.get(name)), said["type"]


def test_twenty_events_in_one_language(five: Market) -> None:
    """Five connections, four bundles each: twenty events, each with its platform, that one's number and its type."""
    deliver_all(five)
    events = {facts(event) for event in five.said if event.model_dump()["type"] in CANONICAL.values()}
    assert Counter((platform, kind) for platform, _, kind in events) == dict.fromkeys(
        ((platform, kind) for platform in SHOPS for kind in CANONICAL.values()), 1
    )
    assert len(events) == 20
    assert all(number for _, number, _ in events)


@pytest.mark.parametrize("name", SHOPS)
def test_a_forged_push_is_refused_in_the_platforms_words_and_counted(five: Market, name: str) -> None:
    """One letter of the signed body is another: refused as that platform expects it, and in the connection's health."""
    connection = SHOPS[name]
    genuine = deliver(connection, hint(five, name, "order_paid").encode(), str(int(five.hub.clock.now.timestamp())))
    forged = base64.b64decode(genuine["body"]).replace(b"800", b"900")
    answer = five.door().answer({**genuine, "body": base64.b64encode(forged).decode()})
    assert counters.tally(sqs_batch(*five.stack.drain("tally")), Context()) == {"batchItemFailures": []}
    refusal = payload(f"{connection.channel}_examples")["refusal"]
    assert (answer["statusCode"], answer["body"]) == (refusal["status"], refusal["body"])
    connections = call(webhooks.room, "GET", "/webhooks/stats").json["connections"]
    assert {each: counts["rejected_signature"] for each, counts in connections.items()} == {connection.id: 1}
    assert five.said == []
