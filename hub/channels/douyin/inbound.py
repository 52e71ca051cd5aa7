"""What a push of Douyin shop says, in contract events. Pure.

A push is only a hint (order and completeness are promised nowhere): a tag about an order or an after-sale says that it
was touched, and it is read again. Tags: official SDK classes `com.doudian.open.msg.*` and their Go twins (2023-02);
pages https://op.jinritemai.com/docs/message-docs/30 (orders), /31 (after-sales), /60 (products).
"""

from __future__ import annotations

from typing import Any

from hub.channels.base import Draft, NotUnderstood, StoredMessage
from hub.channels.reading import envelope, optional_id, read_id, read_object, read_text
from hub.contracts.events import AfterSaleTouched, OrderTouched, PlatformNoticed

ORDER_TAGS = {
    "100": "created",
    "101": "paid",
    "102": "shipped",
    "103": "completed",
    "104": "tracking changed",
    "105": "address changed",
    "106": "cancelled",
    "108": "partly shipped",
    "109": "amount changed",
    "110": "paid, not yet to be shipped",
    "111": "address change asked for",
    "113": "memo changed",
    "126": "shipping deadline changed",
}
AFTER_SALE_TAGS = {
    "200": "asked for",
    "201": "refund agreed",
    "202": "return agreed",
    "203": "goods sent back",
    "204": "refund refused",
    "205": "return refused",
    "206": "refunded",
    "207": "closed",
    "208": "changed by the buyer",
    "209": "deadline changed",
    "211": "exchange sent",
    "212": "arbitration asked for",
    "213": "arbitration: evidence asked for",
    "214": "arbitration: evidence given",
    "215": "arbitration cancelled",
    "216": "arbitration decided",
    "217": "arbitration: the platform steps in",
    "218": "arbitration: evidence given while negotiating",
    "224": "special-right refund",
    "225": "special-right refund paid",
    "226": "resent",
    "227": "resending agreed",
}
PRODUCT_TAGS = {"400": "product changed", "417": "product's content changed"}


def events(message: StoredMessage) -> list[Draft]:
    """One `order.touched`, `after_sale.touched` or `platform.noticed` (a product).

    Raises NotUnderstood: bad-json, unknown-tag, missing-field.
    """
    push = read_object(message.plaintext)
    tag = str(push.get("tag", ""))
    if tag in ORDER_TAGS:
        return [_order_touched(message, _data(push))]
    if tag in AFTER_SALE_TAGS:
        return [_after_sale_touched(message, _data(push))]
    if tag in PRODUCT_TAGS:
        return [_product_noticed(message, _data(push))]
    raise NotUnderstood("unknown-tag", tag=tag)


def _data(push: dict[str, Any]) -> dict[str, Any]:
    """`data` is a text that holds JSON once more."""
    data = push.get("data")
    if isinstance(data, str):
        return read_object(data)
    if not isinstance(data, dict):
        raise NotUnderstood("missing-field", field="data")
    return data


def _order_touched(message: StoredMessage, data: dict[str, Any]) -> Draft:
    event = OrderTouched(
        **envelope(message, "order.touched"),
        shop_id=read_id(data, "shop_id"),
        order_no=read_id(data, "p_id"),
        message_id=message.message_id,
    )
    return Draft(event)


def _after_sale_touched(message: StoredMessage, data: dict[str, Any]) -> Draft:
    event = AfterSaleTouched(
        **envelope(message, "after_sale.touched"),
        shop_id=read_id(data, "shop_id"),
        after_sale_no=read_id(data, "aftersale_id"),
        order_no=optional_id(data, "p_id"),
        message_id=message.message_id,
    )
    return Draft(event)


def _product_noticed(message: StoredMessage, data: dict[str, Any]) -> Draft:
    """A product that the platform's check refused comes with its reason: somebody has to act."""
    refused = bool(read_text(data, "check_reject_reason").strip())
    event = PlatformNoticed(
        **envelope(message, "platform.noticed"),
        account=read_id(data, "shop_id"),
        kind="product",
        status="refused" if refused else "changed",
        subject_id=read_id(data, "product_id"),
        urgent=refused,
    )
    return Draft(event)
