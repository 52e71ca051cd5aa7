"""What a push of WeChat Store says, in contract events. Pure.

https://developers.weixin.qq.com/doc/store/shop/notify/ (read 2025), its fields as public SDKs quote them. A push about
an order or an after-sale is a hint, which may come late and out of order: they are read again. Ids are JSON numbers
above 2^53 and stay text. FromUserName is the buyer's openid. A member's phone number stays in the inbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from hub.channels.base import Draft, NotUnderstood, StoredMessage
from hub.channels.reading import envelope, object_of, optional_id, optional_moment, read_id, read_whole
from hub.channels.wechat.document import Fields, read_fields
from hub.contracts.events import (
    AfterSaleTouched,
    CouponChanged,
    Event,
    MemberChanged,
    OrderTouched,
    PlatformNoticed,
    TouchpointCaptured,
)

ORDERS = frozenset(
    f"channels_ec_order_{what}"
    for what in ("new", "cancel", "pay", "wait_shipping", "deliver", "confirm", "ext_info_update")
)
COUPONS: Mapping[str, tuple[str, str]] = {
    "channels_ec_coupon_receive": ("receive_info", "claimed"),
    "channels_ec_user_coupon_use": ("use_info", "used"),
    "channels_ec_user_coupon_unuse": ("coupon_info", "changed"),
    "channels_ec_user_coupon_expire": ("user_coupon_info", "expired"),
}
"""Somebody's coupon: event → the object that names it, and what changed. Given back after an order is `changed`."""
MEMBERS: Mapping[str, str] = {
    "channels_ec_vip_join": "joined",
    "channels_ec_vip_close": "left",
    "channels_ec_vip_grade_info_update": "level_changed",
    "channels_ec_vip_score_update": "points_changed",
    "channels_ec_vip_score_exchange": "points_changed",
    "channels_ec_vip_task_award": "updated",
}
SAYS_NOTHING = frozenset({"product_order_status_update", "qrcode_status", "channels_ec_phonenumberpool_update"})
"""Understood: the first repeats the single order events, the others are for the platform's own console."""


class Notice(NamedTuple):
    """How a message to the shop reads. below: the object that holds `subject`, '' for the message itself.

    says: the raw value of `by` → our status, and whether somebody has to act; "" is any other value.
    """

    kind: str
    below: str
    subject: str
    says: Mapping[str, tuple[str, bool]]
    by: str = "status"


_AUDITED = {"2": ("audit_refused", True), "3": ("audit_passed", False), "4": ("audit_withdrawn", False)}
_DELISTED = ("delisted_by_platform", True)
_LISTED = {"5": ("listed", False), "11": ("delisted", False), "": _DELISTED}
_EDITED = {"0": ("updated", False), "1": ("created", False), "2": ("deleted", False), "": ("updated", False)}
_CATEGORY = {"2": ("refused", True), "3": ("approved", False), "12": ("withdrawn", False), "": ("pending", False)}
_WITHDRAWN = {"3": ("withdrawn", False), "4": ("withdrawal_failed", True), "": ("withdrawal_started", False)}


def _always(status: str, urgent: bool = False) -> Mapping[str, tuple[str, bool]]:
    return {"": (status, urgent)}


NOTICES: Mapping[str, Notice] = {
    "channels_ec_order_settle": Notice("settlement", "order_info", "order_id", _always("settled")),
    "channels_ec_complaint_update": Notice(
        "complaint", "finder_shop_complaint", "complaint_id", _always("updated", urgent=True)
    ),
    "channels_ec_stock_no_enough": Notice(
        "product", "channels_ec_stock_no_enough", "sku_id", _always("stock_short", urgent=True)
    ),
    "product_spu_audit": Notice("product", "productspuaudit", "product_id", {**_AUDITED, "": ("audited", False)}),
    "product_spu_listing": Notice("product", "productspulisting", "product_id", _LISTED),
    "product_spu_update": Notice("product", "productspuupdate", "product_id", _EDITED),
    "product_category_audit": Notice("approval", "productcategoryaudit", "audit_id", _CATEGORY),
    "channels_ec_brand": Notice("approval", "brandevent", "brand_id", _always("updated")),
    "head_supplier_item_update": Notice("product", "item_info", "product_id", _always("updated")),
    "channels_ec_coupon_create": Notice("coupon", "coupon_info", "coupon_id", _always("created")),
    "channels_ec_coupon_delete": Notice("coupon", "coupon_info", "coupon_id", _always("deleted")),
    "channels_ec_coupon_expire": Notice("coupon", "coupon_info", "coupon_id", _always("expired")),
    "channels_ec_coupon_info_change": Notice("coupon", "coupon_info", "coupon_id", _always("changed")),
    "channels_ec_coupon_invalid": Notice("coupon", "coupon_info", "coupon_id", _always("invalidated")),
    "channels_ec_acct_notify": Notice("account", "", "", _always("settlement_account_changed", urgent=True)),
    "channels_ec_withdraw_notify": Notice("settlement", "withdraw_info", "withdraw_id", _WITHDRAWN, by="event"),
    "channels_ec_close_store": Notice("account", "", "appid", _always("closed", urgent=True)),
    "set_shop_nickname": Notice("account", "", "", _always("renamed")),
}
"""A kind of coupon is the shop's, not a person's, so what becomes of it is a notice."""


def events(message: StoredMessage) -> list[Draft]:
    """The one event in a push, or none when it says nothing.

    Raises NotUnderstood: unmapped-message, unmapped-event, missing-field, and what reading can raise (dtd, bad-xml,
    bad-json, too-deep, empty).
    """
    fields = read_fields(message.plaintext)
    kind = optional_id(fields, "msgtype").lower()
    if kind != "event":
        raise NotUnderstood("unmapped-message", kind=kind)
    name = read_id(fields, "event").lower()
    if name in SAYS_NOTHING:
        return []
    event = _touched(message, fields, name) or _of_a_person(message, fields, name)
    if event is None and name in NOTICES:
        event = _noticed(message, fields, NOTICES[name])
    if event is None:
        raise NotUnderstood("unmapped-event", event=name)
    return [Draft(event)]


def _touched(message: StoredMessage, fields: Fields, name: str) -> Event | None:
    if name in ORDERS:
        return OrderTouched(
            **envelope(message, "order.touched"),
            shop_id=message.account,
            order_no=read_id(object_of(fields, "order_info"), "order_id"),
            message_id=message.message_id,
        )
    if name == "channels_ec_aftersale_update":
        changed = object_of(fields, "finder_shop_aftersale_status_update")
        return AfterSaleTouched(
            **envelope(message, "after_sale.touched"),
            shop_id=message.account,
            after_sale_no=read_id(changed, "after_sale_order_id"),
            order_no=optional_id(changed, "order_id"),
            message_id=message.message_id,
        )
    return None


def _of_a_person(message: StoredMessage, fields: Fields, name: str) -> Event | None:
    if name in COUPONS:
        return _coupon(message, fields, *COUPONS[name])
    if name in MEMBERS:
        return _member(message, fields, MEMBERS[name])
    if name == "user_enter_tempsession":
        facts = _facts(message, fields, "touchpoint.captured")
        return TouchpointCaptured(**facts, person_id=read_id(fields, "fromusername"), kind="entered")
    return None


def _coupon(message: StoredMessage, fields: Fields, below: str, change: Any) -> CouponChanged:
    info = object_of(fields, below)
    return CouponChanged(
        **_facts(message, fields, "coupon.changed"),
        person_id=read_id(fields, "fromusername"),
        coupon_id=read_id(info, "coupon_id"),
        code=optional_id(info, "user_coupon_id"),
        change=change,
    )


def _member(message: StoredMessage, fields: Fields, change: Any) -> MemberChanged:
    """`score` is what the member has now; an exchange says only what it cost."""
    info = object_of(fields, "user_info")
    return MemberChanged(
        **_facts(message, fields, "member.changed"),
        person_id=read_id(fields, "fromusername"),
        change=change,
        level=optional_id(info, "grade"),
        points=read_whole(info, "score") if "score" in info else None,
    )


def _noticed(message: StoredMessage, fields: Fields, notice: Notice) -> PlatformNoticed:
    info = object_of(fields, notice.below) if notice.below else fields
    status, urgent = notice.says.get(optional_id(info, notice.by)) or notice.says[""]
    return PlatformNoticed(
        **_facts(message, fields, "platform.noticed"),
        kind=notice.kind,
        status=status,
        subject_id=read_id(info, notice.subject) if notice.subject else "",
        urgent=urgent,
    )


def _facts(message: StoredMessage, fields: Fields, kind: str) -> dict[str, Any]:
    """What every event of the platform has. source_at: CreateTime, seconds of its clock."""
    source_at = optional_moment(fields, "createtime")
    return {**envelope(message, kind), "account": message.account, "source_at": source_at}
