"""What a relayed TMC message of Taobao or Tmall says, and what a pulled review says, in contract events. Pure.

TMC delivers at least once and in no order, so an order or refund topic is a hint, and the API is read. Topics: as
public TMC consumers list them (2014 to 2026); the items' ones from public code that subscribes to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.channels.base import Draft, NotUnderstood, StoredMessage
from hub.channels.reading import envelope, object_of, optional_id, read_id, read_object, read_text
from hub.channels.relayed import (
    Relayed,
    after_sale_touched,
    moment_of,
    noticed,
    order_touched,
    read_relayed,
    snake,
)
from hub.contracts.events import ReviewPosted

TRADE = "taobao_trade_"
REFUND = "taobao_refund_"
ITEM = "taobao_item_"
TRADE_TOPICS = frozenset(
    [
        "TradeCreate",
        "TradeModifyFee",
        "TradeBuyerPay",
        "TradeBuyerStepPay",
        "TradeSellerShip",
        "TradePartlySellerShip",
        "TradeDelayConfirmPay",
        "TradePartlyConfirmPay",
        "TradePartlyRefund",
        "TradeSuccess",
        "TradeClose",
        "TradeCloseAndModifyDetailOrder",
        "TradeLogisticsAddressChanged",
        "TradeMemoModified",
        "TradeChanged",
        "TradeTimeoutRemind",
        "TradeRated",
        "TradeAlipayCreate",
        "AdvanceDisburse",
    ]
)
REFUND_TOPICS = frozenset(
    [
        "RefundCreated",
        "RefundSellerAgreeAgreement",
        "RefundSellerRefuseAgreement",
        "RefundBuyerModifyAgreement",
        "RefundBuyerReturnGoods",
        "RefundCreateMessage",
        "RefundBlockMessage",
        "RefundTimeoutRemind",
        "RefundClosed",
        "RefundSuccess",
    ]
)
ITEM_TOPICS = frozenset(
    [
        "ItemAdd",
        "ItemUpshelf",
        "ItemDownshelf",
        "ItemDelete",
        "ItemUpdate",
        "ItemRecommendAdd",
        "ItemRecommendDelete",
        "ItemZeroStock",
        "ItemSkuZeroStock",
        "ItemStockChanged",
        "ItemPunishDelete",
        "ItemPunishDownshelf",
        "ItemPunishCc",
    ]
)
AUTH_CANCEL = "taobao_top_AuthCancel"
STARS = {"good": 5, "neutral": 3, "bad": 1}
"""Taobao's reviews (评价) have three grades: 好评, 中评, 差评."""


def events(message: StoredMessage) -> list[Draft]:
    """One event: order.touched, after_sale.touched, platform.noticed, or of a pulled review review.posted.

    Raises NotUnderstood: bad-json, missing-field, unknown-topic, unknown-pull.
    """
    payload = read_object(message.plaintext)
    if "pulled" in payload:
        if payload["pulled"] != "review":
            raise NotUnderstood("unknown-pull", pulled=payload["pulled"])
        return [_review(message, object_of(payload, "row"))]
    relayed = read_relayed(message.plaintext, shop_field="seller_id")
    return [_read_topic(message, relayed)]


def _read_topic(message: StoredMessage, relayed: Relayed) -> Draft:
    topic, content = relayed.topic, relayed.content
    if topic.startswith(TRADE) and topic.removeprefix(TRADE) in TRADE_TOPICS:
        return order_touched(message, relayed, read_id(content, "tid"))
    if topic.startswith(REFUND) and topic.removeprefix(REFUND) in REFUND_TOPICS:
        return after_sale_touched(message, relayed, read_id(content, "refund_id"), optional_id(content, "tid"))
    if topic == AUTH_CANCEL:
        return noticed(message, relayed, kind="authorization", status="cancelled", urgent=True)
    name = topic.removeprefix(ITEM)
    if topic.startswith(ITEM) and name in ITEM_TOPICS:
        item, punished = optional_id(content, "num_iid"), name.startswith("ItemPunish")
        return noticed(message, relayed, kind="product", status=snake(name), subject_id=item, urgent=punished)
    raise NotUnderstood("unknown-topic", topic=topic)


def _review(message: StoredMessage, row: Mapping[str, Any]) -> Draft:
    """A row of taobao.traderates.get. It has no number of its own: a line of an order (oid) is judged once."""
    event = ReviewPosted(
        **envelope(message, "review.posted"),
        account=message.account,
        source_at=moment_of(row, "created"),
        review_no=read_id(row, "oid"),
        shop_id=optional_id(row, "seller_id") or message.account,
        order_no=read_id(row, "tid"),
        item_no=optional_id(row, "num_iid"),
        rating=STARS.get(str(row.get("result"))),
        content_ref=message.message_id,
    )
    content = {"schema": 1, "kind": "review", "text": read_text(row, "content"), "reply": read_text(row, "reply")}
    return Draft(event, content)
