"""What a push of Douyin shop says, in contract events. Pure.

A push is only a hint (order and completeness are promised nowhere): every order tag becomes one `order.touched`, and
the order is read again. Tags: official SDK classes `com.doudian.open.msg.*` and their Go twins (2023-02).
"""

from __future__ import annotations

import json
from typing import Any

from hub.channels.base import Draft, NotUnderstood, StoredMessage
from hub.contracts.events import OrderTouched
from hub.kernel.ids import derived_id

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
UNMAPPED_TAGS = frozenset(str(tag) for tag in (*range(200, 210), *range(211, 219), *range(224, 228), 400, 417))
"""Documented (after-sales, arbitration, products), and waiting for rooms that ask for them."""


def events(message: StoredMessage) -> list[Draft]:
    """One `order.touched`. Raises NotUnderstood: bad-json, unmapped-tag (known, not acted on yet), unknown-tag,
    missing-field."""
    push = _read(message.plaintext)
    tag = str(push.get("tag", ""))
    if tag in UNMAPPED_TAGS:
        raise NotUnderstood("unmapped-tag", tag=tag)
    if tag not in ORDER_TAGS:
        raise NotUnderstood("unknown-tag", tag=tag)
    data = push.get("data")
    return [_order_touched(message, _read(data) if isinstance(data, str) else data)]


def _order_touched(message: StoredMessage, data: Any) -> Draft:
    if not isinstance(data, dict):
        raise NotUnderstood("missing-field", field="data")
    event = OrderTouched(
        id=derived_id("evt", message.received_at, message.message_id, "order.touched", "0"),
        tenant=message.tenant,
        at=message.received_at,
        replay=message.replay,
        connection_id=message.connection_id,
        channel=message.channel,
        shop_id=_id(data, "shop_id"),
        order_no=_id(data, "p_id"),
    )
    return Draft(event)


def _read(text: bytes | str) -> dict[str, Any]:
    try:
        read = json.loads(text, parse_int=str)  # ids exceed 2^53
    except (ValueError, RecursionError):
        raise NotUnderstood("bad-json") from None
    if not isinstance(read, dict):
        raise NotUnderstood("bad-json")
    return read


def _id(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not value.isascii() or not 0 < len(value.strip()) <= 64:
        raise NotUnderstood("missing-field", field=name)
    return value.strip()
