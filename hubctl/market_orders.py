"""A paid order of 129.90 in each marketplace's own words, as its detail API tells it and as its double takes it: what a
push says of an order is read again by API, so a double must know of the order before its push is sampled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import requests

from hubctl.failures import OperatorError

CONTROL_SECONDS = 10.0
CHINA = timezone(timedelta(hours=8))
AMOUNT = "129.90"
FEN = 12990

Settings = Mapping[str, Any]
Order = Callable[[Settings, int, datetime], dict[str, Any]]


@dataclass(frozen=True)
class MarketOrder:
    """push: the sample that says that the order was paid. prefix: what the platform's numbers begin with. make: the
    order with this number, last changed at this moment, of the shop with these settings."""

    push: str
    make: Order
    prefix: str = ""


def _written(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"


def _wechat_store(_: Settings, number: int, at: datetime) -> dict[str, Any]:
    seconds = int(at.timestamp())
    detail = {"price_info": {"order_price": FEN}, "pay_info": {"pay_time": seconds, "payment_method": 1}}
    return {"order_id": str(number), "status": 20, "update_time": seconds, "order_detail": detail}


def _douyin(settings: Settings, number: int, at: datetime) -> dict[str, Any]:
    seconds = int(at.timestamp())
    order = {"order_id": str(number), "shop_id": int(settings["shop_id"]), "order_status": 2, "pay_amount": FEN}
    return {**order, "pay_time": seconds, "update_time": seconds, "create_time": seconds}


def _kuaishou(settings: Settings, number: int, at: datetime) -> dict[str, Any]:
    changed = int(at.timestamp() * 1000)
    base = {"oid": number, "sellerOpenId": settings["shop_id"], "status": 30, "totalFee": FEN, "payTime": changed}
    return {"orderBaseInfo": {**base, "updateTime": changed}}


def _xiaohongshu(settings: Settings, number: int, at: datetime) -> dict[str, Any]:
    changed = int(at.timestamp() * 1000)
    order = {"orderId": f"P{number}", "sellerId": settings["shop_id"], "orderStatus": 4, "totalPayAmount": FEN}
    return {**order, "paidTime": changed, "updateTime": changed}


def _youzan(settings: Settings, number: int, at: datetime) -> dict[str, Any]:
    info = {"tid": f"E{number}", "status": "WAIT_SELLER_SEND_GOODS", "node_kdt_id": int(settings["kdt_id"])}
    info |= {"update_time": _written(at), "pay_time": _written(at)}
    return {"full_order_info": {"order_info": info, "pay_info": {"real_payment": AMOUNT}}}


def _shopify(_: Settings, number: int, at: datetime) -> dict[str, Any]:
    money = {"shopMoney": {"amount": AMOUNT, "currencyCode": "CNY"}}
    states = {"displayFinancialStatus": "PAID", "displayFulfillmentStatus": "UNFULFILLED", "totalPriceSet": money}
    return {"id": f"gid://shopify/Order/{number}", **states, "updatedAt": at.isoformat(), "processedAt": at.isoformat()}


def _taobao(_: Settings, number: int, at: datetime) -> dict[str, Any]:
    order = {"tid": number, "status": "WAIT_SELLER_SEND_GOODS", "payment": AMOUNT}
    return {**order, "pay_time": _written(at), "modified": _written(at)}


def _jd(_: Settings, number: int, at: datetime) -> dict[str, Any]:
    order = {"orderId": str(number), "orderState": "WAIT_SELLER_STOCK_OUT", "actualPay": AMOUNT}
    return {**order, "paymentConfirmTime": _written(at), "modified": _written(at)}


def _pinduoduo(_: Settings, number: int, at: datetime) -> dict[str, Any]:
    codes = {"confirm_status": 1, "group_status": 1, "risk_control_status": 0, "order_status": 1, "refund_status": 1}
    order = {"order_sn": f"260101-{number}", "pay_amount": AMOUNT, **codes}
    return {**order, "pay_time": _written(at), "updated_at": _written(at)}


ORDERS: Mapping[str, MarketOrder] = {
    "wechat_store": MarketOrder("channels_ec_order_pay", _wechat_store),
    "douyin": MarketOrder("101", _douyin),
    "kuaishou": MarketOrder("kwaishop_order_paySuccess", _kuaishou),
    "xiaohongshu": MarketOrder("msg_fulfillment_status_change-4", _xiaohongshu, "P"),
    "youzan": MarketOrder("trade_TradeBuyerPay", _youzan, "E"),
    "shopify": MarketOrder("orders-paid", _shopify),
    "taobao": MarketOrder("taobao_trade_TradeBuyerPay", _taobao),
    "jd": MarketOrder("order", _jd),
    "pinduoduo": MarketOrder("pdd_trade_TradeConfirmed", _pinduoduo, "260101-"),
}


def tell_order(platforms_url: str, channel: str, settings: Settings, number: int, at: datetime) -> None:
    """Let a marketplace's double know of a paid order with this number, before a push speaks of it. Raises
    OperatorError."""
    order = ORDERS[channel].make(settings, number, at)
    url = f"{platforms_url.rstrip('/')}/_control/{channel}/orders"
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxy of the shell
            session.post(url, json=[order], timeout=CONTROL_SECONDS).raise_for_status()
    except requests.RequestException as failure:
        raise OperatorError(f"the double of {channel} at {platforms_url} does not take an order: {failure}") from None
