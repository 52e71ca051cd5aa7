"""What a push of Youzan says, in contract events. Pure.

Orders and refunds are hints: they are read again. `msg` is URL-encoded JSON, an object in newer types, or absent in the
newest, whose fields stand beside it. Types: public enums and copies of https://doc.youzanyun.com (2018 to 2026-09).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import unquote, unquote_plus

from hub.channels.base import Draft, NotUnderstood, StoredMessage
from hub.channels.reading import envelope, object_of, optional_id, read_id, read_object, read_whole
from hub.contracts.events import AfterSaleTouched, CouponChanged, MemberChanged, OrderTouched, PlatformNoticed

ORDER_TYPES = frozenset(
    {
        "trade_TradeCreate",
        "trade_TradePaid",
        "trade_TradeBuyerPay",
        "trade_TradeSellerShip",
        "trade_TradePartlySellerShip",
        "trade_TradeSuccess",
        "trade_TradeClose",
        "trade_TradeMemoModified",
        "trade_MessagesTheChangeAddresses",
        "youzan_trade_MessagesTheChangeAddressesByBuyer",
    }
)
REFUND_PREFIXES = ("trade_refund_", "youzan_trade_Refund")
"""The manual's list is longer than any copy of it: what begins so and names a refund is one."""
PRODUCT_TYPES = frozenset({"ITEM_INFO", "ITEM_STATE", "ITEM_SKU_INFO"})
SAYS_NOTHING = frozenset(
    {
        "COUPON_PROMOTION",
        "SCRM_CARD",
        "youzan_item_SkuStockChanged",
        "salesman_account_event",
        "salesman_order_settle_state_update",
    }
)
"""The merchant's own doings (coupon campaigns, cards), stock without its quantity, sales partners."""
CouponChange = Literal["claimed", "used", "changed"]
COUPON_CHANGES: Mapping[str, CouponChange] = {
    "TAKE": "claimed",
    "CONSUME": "used",
    "BACK": "changed",
    "REVERT": "changed",
}
MILLISECONDS_FROM = 10**11


def events(message: StoredMessage) -> list[Draft]:
    """One event, or none where the push says nothing to us (`SAYS_NOTHING`, a campaign in a buyer's coupon type).

    Raises NotUnderstood: bad-json, bad-msg, unknown-type, unknown-status, missing-field.
    """
    push = read_object(message.plaintext)
    kind = str(push.get("type", ""))
    if kind in SAYS_NOTHING:
        return []
    reader = _reader(kind)
    if reader is None:
        raise NotUnderstood("unknown-type", type=kind)
    return reader(message, push, _payload_of(push))


Reader = Callable[[StoredMessage, dict[str, Any], dict[str, Any]], list[Draft]]


def _reader(kind: str) -> Reader | None:
    if kind in ORDER_TYPES:
        return _order_touched
    if kind.startswith(REFUND_PREFIXES):
        return _refund_touched
    if kind in PRODUCT_TYPES:
        return _product_noticed
    return _PEOPLE.get(kind)


def _payload_of(push: dict[str, Any]) -> dict[str, Any]:
    """The message in the push. Blanks come as %20 or as +: the manual doesn't say which."""
    payload = push.get("msg", push)
    if isinstance(payload, dict):
        return payload
    if not isinstance(payload, str):
        raise NotUnderstood("bad-msg")
    for decode in (unquote, unquote_plus):
        try:
            return read_object(decode(payload))
        except NotUnderstood:
            continue
    raise NotUnderstood("bad-msg")


def _order_touched(message: StoredMessage, push: dict[str, Any], payload: dict[str, Any]) -> list[Draft]:
    whole = object_of(object_of(payload, "full_order_info"), "order_info")
    event = OrderTouched(
        **envelope(message, "order.touched"),
        shop_id=read_id(push, "kdt_id"),
        order_no=optional_id(payload, "tid") or optional_id(whole, "tid") or read_id(push, "id"),
        message_id=message.message_id,
    )
    return [Draft(event)]


def _refund_touched(message: StoredMessage, push: dict[str, Any], payload: dict[str, Any]) -> list[Draft]:
    """A refund; of one that isn't named, at least its order."""
    if not optional_id(payload, "refund_id"):
        return _order_touched(message, push, payload)
    event = AfterSaleTouched(
        **envelope(message, "after_sale.touched"),
        shop_id=read_id(push, "kdt_id"),
        after_sale_no=read_id(payload, "refund_id"),
        order_no=optional_id(payload, "tid"),
        message_id=message.message_id,
    )
    return [Draft(event)]


def _product_noticed(message: StoredMessage, push: dict[str, Any], payload: dict[str, Any]) -> list[Draft]:
    subject = optional_id(push, "id") or optional_id(object_of(payload, "data"), "item_id")
    facts = _platform(message, push, "platform.noticed")
    return [Draft(PlatformNoticed(**facts, kind="product", status="changed", subject_id=subject))]


def _points_changed(message: StoredMessage, push: dict[str, Any], payload: dict[str, Any]) -> list[Draft]:
    total = read_whole(payload, "total") if payload.get("total") not in (None, "") else None
    facts = _platform(message, push, "member.changed")
    person = _person(push, payload)
    return [Draft(MemberChanged(**facts, person_id=person, change="points_changed", points=total))]


def _customer_changed(message: StoredMessage, push: dict[str, Any], payload: dict[str, Any]) -> list[Draft]:
    """A customer that was made is a member only if the push says so."""
    status = str(push.get("status") or payload.get("status") or "")
    change: Literal["joined", "left", "updated"] = "updated"
    if _yes(payload, "is_log_off"):
        change = "left"
    elif status.endswith("CREATED") and _yes(payload, "is_member"):
        change = "joined"
    facts = _platform(message, push, "member.changed")
    return [Draft(MemberChanged(**facts, person_id=_person(push, payload), change=change))]


def _card_changed(message: StoredMessage, push: dict[str, Any], payload: dict[str, Any]) -> list[Draft]:
    facts = _platform(message, push, "member.changed")
    level = optional_id(payload, "card_alias")
    return [Draft(MemberChanged(**facts, person_id=_person(push, payload), change="level_changed", level=level))]


def _coupon_changed(message: StoredMessage, push: dict[str, Any], payload: dict[str, Any]) -> list[Draft]:
    """CARD_… is a coupon, CODE_… a code. Other endings are the campaign's, which comes along with the buyers' ones."""
    _, _, ending = str(payload.get("status") or push.get("status") or "").rpartition("_")
    if str(payload.get("type", "")) == "COUPON_PROMOTION":
        return []
    if ending not in COUPON_CHANGES:
        raise NotUnderstood("unknown-status", status=ending)
    facts = _platform(message, push, "coupon.changed")
    number = optional_id(payload, "id") or read_id(push, "id")
    kind = optional_id(payload, "coupon_group_id") or number
    person = _person(push, payload)
    return [Draft(CouponChanged(**facts, person_id=person, coupon_id=kind, code=number, change=COUPON_CHANGES[ending]))]


_PEOPLE: Mapping[str, Reader] = {
    "POINTS": _points_changed,
    "SCRM_CUSTOMER_EVENT": _customer_changed,
    "SCRM_CUSTOMER_CARD": _card_changed,
    "COUPON_CUSTOMER_PROMOTION": _coupon_changed,
}


def _platform(message: StoredMessage, push: dict[str, Any], kind: str) -> dict[str, Any]:
    return {**envelope(message, kind), "account": read_id(push, "kdt_id"), "source_at": _pushed_at(push)}


def _person(push: dict[str, Any], payload: dict[str, Any]) -> str:
    """`yz_open_id` alone: a phone is no key."""
    return optional_id(payload, "yz_open_id") or read_id(push, "yz_open_id")


def _pushed_at(push: dict[str, Any]) -> datetime | None:
    """`version` is a time: seconds in most types, milliseconds in some."""
    version = optional_id(push, "version")
    number = int(version) if version.isdecimal() and len(version) <= 13 else 0
    seconds = number // 1000 if number >= MILLISECONDS_FROM else number
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _yes(payload: dict[str, Any], name: str) -> bool:
    return str(payload.get(name)).lower() in ("1", "true")
