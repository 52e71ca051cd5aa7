"""What a push of Kuaishou shop says, in contract events; and what a pulled review (评价) says. Pure.

A push is only a hint: every order event becomes one `order.touched`, every after-sale event one `after_sale.touched`,
and the thing itself is read again. `info` is JSON as text, and differs by event: an order is `oid` in most, `orderId`
in after-sales, and only the envelope's `bizId` in kwaishop_order_addNote. Names: public Go SDK (ks-sdk, 2026-06).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.channels.base import Draft, NotUnderstood, StoredMessage
from hub.channels.reading import (
    envelope,
    object_of,
    optional_id,
    optional_moment_ms,
    read_id,
    read_object,
    read_text,
    read_whole,
)
from hub.contracts.events import AfterSaleTouched, OrderTouched, ReviewPosted

ORDER_EVENTS = "kwaishop_order_"
AFTER_SALE_EVENTS = "kwaishop_aftersales_"
STARS_MAX = 5


def events(message: StoredMessage) -> list[Draft]:
    """One hint, or one review. Raises NotUnderstood: bad-json, unknown-event, unknown-row, missing-field."""
    push = read_object(message.plaintext)
    if "pulled" in push:
        return [_review(message, push)]
    event = str(push.get("event", ""))
    if event.startswith(ORDER_EVENTS):
        return [Draft(_order_touched(message, push, _info(push)))]
    if event.startswith(AFTER_SALE_EVENTS):
        return [Draft(_after_sale_touched(message, push, _info(push)))]
    raise NotUnderstood("unknown-event", event=event)


def _order_touched(message: StoredMessage, push: Mapping[str, Any], info: Mapping[str, Any]) -> OrderTouched:
    return OrderTouched(
        **envelope(message, "order.touched"),
        shop_id=_shop(push),
        order_no=optional_id(info, "oid") or optional_id(info, "orderId") or read_id(push, "bizId"),
        message_id=message.message_id,
    )


def _after_sale_touched(message: StoredMessage, push: Mapping[str, Any], info: Mapping[str, Any]) -> AfterSaleTouched:
    return AfterSaleTouched(
        **envelope(message, "after_sale.touched"),
        shop_id=_shop(push),
        after_sale_no=optional_id(info, "refundId") or read_id(push, "bizId"),
        order_no=optional_id(info, "orderId") or optional_id(info, "oid"),
        message_id=message.message_id,
    )


def _review(message: StoredMessage, pulled: Mapping[str, Any]) -> Draft:
    """A row of open.comment.list.get, as the pull put it into the inbox."""
    if pulled["pulled"] != "review":
        raise NotUnderstood("unknown-row", pulled=pulled["pulled"])
    row = object_of(pulled, "row")
    stars = read_whole(row, "qualityScore", 0)
    event = ReviewPosted(
        **envelope(message, "review.posted"),
        account=message.account,
        source_at=optional_moment_ms(row, "createTime"),
        review_no=read_id(row, "commentId"),
        shop_id=optional_id(row, "shopId") or message.account,
        order_no=optional_id(row, "orderId"),
        item_no=optional_id(row, "itemId"),
        rating=stars if 1 <= stars <= STARS_MAX else None,
        content_ref=message.message_id,
    )
    urls = row.get("imageUrl")
    pictures = [url for url in urls if isinstance(url, str) and url.isascii()] if isinstance(urls, list) else []
    return Draft(event, {"schema": 1, "kind": "review", "text": read_text(row, "content"), "pictures": pictures})


def _info(push: Mapping[str, Any]) -> Mapping[str, Any]:
    """`info`: a text that holds JSON once more, an object in case it ever becomes one; {} where there is none."""
    info = push.get("info")
    return read_object(info) if isinstance(info, str) and info else object_of(push, "info")


def _shop(push: Mapping[str, Any]) -> str:
    """The seller by openId, as orders name them; by number where a push has no openId."""
    return optional_id(push, "openId") or read_id(push, "userId")
