"""What somebody has in their cart or as a coupon (购物车与券), with the customer behind it. Pure."""

from __future__ import annotations

from functions.customers.people.identities import Who
from hub.contracts import events
from hub.kernel.ids import derived_id

COMMON = ("tenant", "at", "replay", "connection_id", "channel", "account", "source_at", "region", "store_id")


def shopper_moved(event: events.CartChanged | events.CouponChanged, who: Who) -> events.ShopperMoved:
    """The event with its customer; its id derives from the event's, so a repeat is recognised."""
    common = {name: getattr(event, name) for name in COMMON}
    people = {"customer_id": who.customer_id, "identity_id": who.record_id}
    own_id = derived_id("evt", event.at, "shopper.moved", event.id)
    if isinstance(event, events.CartChanged):
        facts = {"shop_id": event.shop_id, "amount_minor": event.amount_minor, "currency": event.currency}
        return events.ShopperMoved(id=own_id, kind="cart", **common, **people, **facts)
    return events.ShopperMoved(
        id=own_id, kind="coupon", shop_id="", coupon_id=event.coupon_id, change=event.change, **common, **people
    )
