"""What a webhook of Shopify says, in contract events. Pure.

Orders, refunds and returns are hints: they are read again (a repeated webhook carries the state of its first time).
Topics: https://shopify.dev/docs/api/webhooks (names and fields from memory where no public copy was at hand).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

from hub.channels.base import Draft, NotUnderstood, StoredMessage
from hub.channels.reading import (
    distinct_numbers,
    envelope,
    object_of,
    optional_id,
    optional_written,
    read_id,
    read_object,
    read_text,
)
from hub.contracts.events import (
    AfterSaleTouched,
    ConsentChanged,
    LogisticsChanged,
    MemberChanged,
    OrderTouched,
    PlatformNoticed,
)

ORDER_TOPICS = frozenset(
    f"orders/{what}"
    for what in ("create", "updated", "paid", "fulfilled", "partially_fulfilled", "cancelled", "edited", "delete")
)
RETURN_TOPICS = frozenset(
    f"returns/{what}" for what in ("request", "approve", "decline", "cancel", "close", "reopen", "update")
)
MemberChange = Literal["joined", "left", "updated"]
CUSTOMER_TOPICS: Mapping[str, MemberChange] = {
    "customers/create": "joined",
    "customers/update": "updated",
    "customers/enable": "updated",
    "customers/disable": "updated",
    "customers/delete": "left",
}
CONSENT_TOPICS: Mapping[str, tuple[str, str]] = {
    "customers_email_marketing_consent/update": ("email_marketing_consent", "email"),
    "customers_marketing_consent/update": ("sms_marketing_consent", "sms"),
}
"""Topic → where the consent stands, and what it is about."""
PRODUCT_TOPICS: Mapping[str, str] = {
    "products/create": "created",
    "products/update": "changed",
    "products/delete": "deleted",
}
ParcelState = Literal["created", "collected", "in_transit", "delivering", "delivered", "returned", "failed"]
PARCEL_STATES: Mapping[str, ParcelState] = {
    "": "created",
    "label_printed": "created",
    "label_purchased": "created",
    "confirmed": "created",
    "carrier_picked_up": "collected",
    "in_transit": "in_transit",
    "delayed": "in_transit",
    "out_for_delivery": "delivering",
    "attempted_delivery": "delivering",
    "ready_for_pickup": "delivering",
    "delivered": "delivered",
    "failure": "failed",
    "not_delivered": "failed",
}
PARCELS_LIMIT = 50
SUBJECTS: Mapping[str, str] = {
    "orders": "Order",
    "refunds": "Refund",
    "returns": "Return",
    "fulfillments": "Fulfillment",
    "customers": "Customer",
    "products": "Product",
}
"""A topic's family → what `admin_graphql_api_id` in its body names, where the body has one."""
GRAVE_TOPICS: Mapping[str, tuple[str, str]] = {
    "customers/data_request": ("shop_domain", "orders_requested"),
    "customers/redact": ("shop_domain", "orders_to_redact"),
    "shop/redact": ("shop_domain", "shop_id"),
    "app/uninstalled": ("myshopify_domain", "id"),
}
"""Topic → the field of its body that names the store, and another that it always has."""


def events(message: StoredMessage) -> list[Draft]:
    """What the webhook says; nothing for a fulfillment without a parcel number.

    Raises NotUnderstood: bad-json, unknown-topic, wrong-topic, unknown-status, missing-field, too-many-parcels.
    """
    stored = read_object(message.plaintext)
    topic, body = str(stored.get("topic", "")), stored.get("body")
    if not isinstance(body, dict):
        raise NotUnderstood("bad-json")
    reader = _reader(topic)
    if reader is None:
        raise NotUnderstood("unknown-topic", topic=topic)
    _check_topic(topic, str(stored.get("shop", "")), body)
    return reader(message, {**stored, "topic": topic}, body)


def _check_topic(topic: str, shop: str, body: dict[str, Any]) -> None:
    """The topic stands in a header, and nobody signed that: one signed body could be sent again as anything. So what
    the body says that it is about must agree, and what ends something must name the store. Raises NotUnderstood."""
    subject, named = SUBJECTS.get(topic.partition("/")[0], ""), read_text(body, "admin_graphql_api_id")
    agrees = not subject or not named or named.startswith(f"gid://shopify/{subject}/")
    if topic in GRAVE_TOPICS:
        store, field = GRAVE_TOPICS[topic]
        agrees = read_text(body, store).lower() == shop.lower() and field in body
    if not agrees:
        raise NotUnderstood("wrong-topic", topic=topic)


Reader = Callable[[StoredMessage, dict[str, Any], dict[str, Any]], list[Draft]]


def _reader(topic: str) -> Reader | None:
    for topics, reader in (
        (ORDER_TOPICS, _order_touched),
        (RETURN_TOPICS, _return_touched),
        (CUSTOMER_TOPICS, _member_changed),
        (CONSENT_TOPICS, _consent_changed),
        (PRODUCT_TOPICS, _product_noticed),
    ):
        if topic in topics:
            return reader
    return _SINGLE.get(topic)


def _order_touched(message: StoredMessage, stored: dict[str, Any], body: dict[str, Any]) -> list[Draft]:
    """orders/edited tells of the edit, and names the order inside it."""
    number = optional_id(body, "id") or read_id(object_of(body, "order_edit"), "order_id")
    return [_touched(message, stored, number)]


def _touched(message: StoredMessage, stored: dict[str, Any], number: str) -> Draft:
    event = OrderTouched(
        **envelope(message, "order.touched"),
        shop_id=read_id(stored, "shop"),
        order_no=number,
        message_id=message.message_id,
    )
    return Draft(event)


def _refund_touched(message: StoredMessage, stored: dict[str, Any], body: dict[str, Any]) -> list[Draft]:
    """A refund that belongs to a return is the return's money, and no after-sale of its own."""
    returned = optional_id(object_of(body, "return"), "id")
    number = f"Return/{returned}" if returned else f"Refund/{read_id(body, 'id')}"
    return [_after_sale_touched(message, stored, number, read_id(body, "order_id"))]


def _return_touched(message: StoredMessage, stored: dict[str, Any], body: dict[str, Any]) -> list[Draft]:
    order = optional_id(object_of(body, "order"), "id") or optional_id(body, "order_id")
    return [_after_sale_touched(message, stored, f"Return/{read_id(body, 'id')}", order)]


def _after_sale_touched(message: StoredMessage, stored: dict[str, Any], number: str, order_no: str) -> Draft:
    event = AfterSaleTouched(
        **envelope(message, "after_sale.touched"),
        shop_id=read_id(stored, "shop"),
        after_sale_no=number,
        order_no=order_no,
        message_id=message.message_id,
    )
    return Draft(event)


def _member_changed(message: StoredMessage, stored: dict[str, Any], body: dict[str, Any]) -> list[Draft]:
    facts = _platform(message, stored, "member.changed")
    return [Draft(MemberChanged(**facts, person_id=read_id(body, "id"), change=CUSTOMER_TOPICS[stored["topic"]]))]


def _consent_changed(message: StoredMessage, stored: dict[str, Any], body: dict[str, Any]) -> list[Draft]:
    """Whether the customer wants mail or SMS: `subscribed` is yes, all else is no."""
    field, scope = CONSENT_TOPICS[stored["topic"]]
    state = read_id(object_of(body, field), "state").lower()
    change: Literal["messages_allowed", "messages_refused"] = (
        "messages_allowed" if state == "subscribed" else "messages_refused"
    )
    facts = _platform(message, stored, "consent.changed")
    person = optional_id(body, "customer_id") or read_id(body, "id")
    return [Draft(ConsentChanged(**facts, person_id=person, change=change, scope=scope))]


def _data_asked(message: StoredMessage, stored: dict[str, Any], body: dict[str, Any]) -> list[Draft]:
    """GDPR: a customer asks for their data (30 days), or to be forgotten (customers/redact)."""
    change: Literal["data_asked", "erasure_asked"] = (
        "data_asked" if stored["topic"] == "customers/data_request" else "erasure_asked"
    )
    facts = _platform(message, stored, "consent.changed")
    person = read_id(object_of(body, "customer"), "id")
    return [Draft(ConsentChanged(**facts, person_id=person, change=change))]


def _shop_left(message: StoredMessage, stored: dict[str, Any], body: dict[str, Any]) -> list[Draft]:
    """The app was uninstalled; 48 hours later Shopify asks to erase the shop's data. Somebody has to act."""
    del body
    status = "uninstalled" if stored["topic"] == "app/uninstalled" else "erasure_asked"
    facts = _platform(message, stored, "platform.noticed")
    shop = read_id(stored, "shop")
    return [Draft(PlatformNoticed(**facts, kind="authorization", status=status, subject_id=shop, urgent=True))]


def _product_noticed(message: StoredMessage, stored: dict[str, Any], body: dict[str, Any]) -> list[Draft]:
    facts = _platform(message, stored, "platform.noticed")
    status = PRODUCT_TOPICS[stored["topic"]]
    return [Draft(PlatformNoticed(**facts, kind="product", status=status, subject_id=read_id(body, "id")))]


def _parcels_moved(message: StoredMessage, stored: dict[str, Any], body: dict[str, Any]) -> list[Draft]:
    """One event for each parcel number."""
    status = str(body.get("shipment_status") or "")
    if status not in PARCEL_STATES:
        raise NotUnderstood("unknown-status", shipment_status=status)
    listed = body.get("tracking_numbers")
    tracking_numbers = listed if isinstance(listed, list) and listed else [body.get("tracking_number")]
    if len(tracking_numbers) > PARCELS_LIMIT:
        raise NotUnderstood("too-many-parcels", limit=PARCELS_LIMIT)
    numbers = distinct_numbers(optional_id({"tracking_number": value}, "tracking_number") for value in tracking_numbers)
    state: ParcelState = "failed" if body.get("status") == "cancelled" else PARCEL_STATES[status]
    return [
        Draft(
            LogisticsChanged(
                **_platform(message, stored, "logistics.changed", nth),
                shop_id=read_id(stored, "shop"),
                order_no=read_id(body, "order_id"),
                tracking_no=number,
                carrier=str(body.get("tracking_company") or "").encode("utf-8", "replace").decode()[:64],
                state=state,
            )
        )
        for nth, number in enumerate(numbers)
    ]


_SINGLE: Mapping[str, Reader] = {
    "refunds/create": _refund_touched,
    "fulfillments/create": _parcels_moved,
    "fulfillments/update": _parcels_moved,
    "customers/data_request": _data_asked,
    "customers/redact": _data_asked,
    "shop/redact": _shop_left,
    "app/uninstalled": _shop_left,
}


def _platform(message: StoredMessage, stored: dict[str, Any], kind: str, nth: int = 0) -> dict[str, Any]:
    return {**envelope(message, kind, nth), "account": read_id(stored, "shop"), "source_at": _triggered_at(stored)}


def _triggered_at(stored: dict[str, Any]) -> datetime | None:
    try:
        return optional_written(stored, "triggered_at")
    except NotUnderstood:
        return None
