"""What a relayed PMC message of Pinduoduo says, in contract events. Pure.

PMC repeats what is not acknowledged, under any id and in no order: an order or refund type is a hint, and the API is
read. Types: as public PMC clients handle them (to 2026). The content's shop is `mall_id`.
"""

from __future__ import annotations

from hub.channels.base import Draft, NotUnderstood, StoredMessage
from hub.channels.reading import optional_id, read_id
from hub.channels.relayed import after_sale_touched, noticed, order_touched, read_relayed, snake

TRADE_TYPES = frozenset(
    {
        "pdd_trade_TradeConfirmed",
        "pdd_trade_TradeSellerShip",
        "pdd_trade_TradeSuccess",
        "pdd_trade_TradeLogisticsAddressChanged",
        "pdd_trade_TradeRiskChanged",
        "pdd_trade_TradeMemoModified",
        "pdd_trade_BuyerMemoModified",
    }
)
REFUND_TYPES = frozenset(
    {
        "pdd_refund_RefundCreated",
        "pdd_refund_RefundAgreeAgreement",
        "pdd_refund_RefundBuyerModifyAgreement",
        "pdd_refund_RefundBuyerReturnGoods",
        "pdd_refund_RefundCreateMessage",
        "pdd_refund_RefundClosed",
    }
)
GOODS = "pdd_goods_"
GOODS_TYPES = frozenset({"GoodsOffShelf", "GoodsOnShelf", "GoodsAdd", "GoodsUpdate", "GoodsDelete", "GoodsCheckReject"})
CHAT = "pdd_chat_"


def events(message: StoredMessage) -> list[Draft]:
    """One event: order.touched, after_sale.touched or platform.noticed; none for a promise made in a chat, which the
    order's own deadline repeats. Raises NotUnderstood: bad-json, missing-field, unknown-topic."""
    relayed = read_relayed(message.plaintext, shop_field="mall_id")
    topic, content = relayed.topic, relayed.content
    if topic in TRADE_TYPES:
        return [order_touched(message, relayed, read_id(content, "tid"))]
    if topic in REFUND_TYPES:
        return [after_sale_touched(message, relayed, read_id(content, "refund_id"), read_id(content, "tid"))]
    name = topic.removeprefix(GOODS)
    if topic.startswith(GOODS) and name in GOODS_TYPES:
        goods, refused = optional_id(content, "goods_id"), name == "GoodsCheckReject"
        return [noticed(message, relayed, kind="product", status=snake(name), subject_id=goods, urgent=refused)]
    if topic.startswith(CHAT):
        return []
    raise NotUnderstood("unknown-topic", topic=topic)
