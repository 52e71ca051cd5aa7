"""What a push of Xiaohongshu says, in contract events. Pure.

A push is only a hint: every order tag becomes one `order.touched`, every after-sale tag one `after_sale.touched`, and
the thing itself is read again. Tags: https://open.xiaohongshu.com/document/developer (files 115 to 131, 290, 338, 348,
349; read 2026-03) and public SDKs. Tags of a family that no list names yet are read like the rest of it: a hint too
many costs one read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.channels.base import Draft, NotUnderstood, StoredMessage
from hub.channels.reading import envelope, object_of, optional_id, optional_moment_ms, read_id, read_object
from hub.contracts.events import AfterSaleTouched, OrderTouched, PlatformNoticed

ORDER_TAGS = "msg_fulfillment_"
AFTER_SALE_TAGS = "msg_after_sale_"
ITEM_REJECTED = "msg_item_audit_reject"
MEANINGLESS_TAGS = ("msg_sku_", "msg_item_", "msg_supply_order_", "msg_logistic_service_")
"""Understood, and nothing to us: changes of the catalogue, supply orders (供货单), subscriptions of logistics services
(they hold a phone number, and go nowhere)."""


def events(message: StoredMessage) -> list[Draft]:
    """One hint, one notice of a rejected article, or nothing. Raises NotUnderstood: bad-json, unknown-tag,
    missing-field."""
    push = read_object(message.plaintext)
    tag = str(push.get("msgTag", ""))
    if tag.startswith(ORDER_TAGS):
        return [Draft(_order_touched(message, push, _data(push)))]
    if tag.startswith(AFTER_SALE_TAGS):
        return [Draft(_after_sale_touched(message, push, _data(push)))]
    if tag == ITEM_REJECTED:
        return [Draft(_item_rejected(message, _data(push)))]
    if tag.startswith(MEANINGLESS_TAGS):
        return []
    raise NotUnderstood("unknown-tag", tag=tag)


def _order_touched(message: StoredMessage, push: Mapping[str, Any], data: Mapping[str, Any]) -> OrderTouched:
    return OrderTouched(
        **envelope(message, "order.touched"),
        shop_id=read_id(push, "sellerId"),
        order_no=read_id(data, "orderId"),
        message_id=message.message_id,
    )


def _after_sale_touched(message: StoredMessage, push: Mapping[str, Any], data: Mapping[str, Any]) -> AfterSaleTouched:
    return AfterSaleTouched(
        **envelope(message, "after_sale.touched"),
        shop_id=read_id(push, "sellerId"),
        after_sale_no=read_id(data, "returnsId"),
        order_no=optional_id(data, "orderId"),
        message_id=message.message_id,
    )


def _item_rejected(message: StoredMessage, data: Mapping[str, Any]) -> PlatformNoticed:
    return PlatformNoticed(
        **envelope(message, "platform.noticed"),
        account=message.account,
        source_at=optional_moment_ms(data, "updateTime"),
        kind="product",
        status="audit_rejected",
        subject_id=read_id(data, "itemId"),
    )


def _data(push: Mapping[str, Any]) -> Mapping[str, Any]:
    """`data`: a text that holds JSON once more, an object in case it ever becomes one."""
    data = push.get("data")
    return read_object(data) if isinstance(data, str) else object_of(push, "data")
