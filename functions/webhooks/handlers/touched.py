"""What a platform hinted at is read from it: an order, an after-sale, a feed of conversations."""

from __future__ import annotations

from functions.webhooks.desk import Desk
from functions.webhooks.handlers.payloads import ReadTouched, body_of
from functions.webhooks.orders.refresh import Shop
from functions.webhooks.room import room
from hub.channels.registry import CHANNELS
from hub.contracts import events
from hub.contracts.events import Event


@room.events("order.touched", "after_sale.touched", "feed.touched")
def on_event(desk: Desk, event: Event) -> None:
    """Read the order, the after-sale or the feed again, or a little later where the platform's API lags behind."""
    match event:
        case events.FeedTouched():
            with desk.connections.failures.noted(event.connection_id):
                desk.inbox.feeds.walk(event.connection_id, event.feed, event.message_id)
        case events.OrderTouched() | events.AfterSaleTouched():
            if delay_seconds := CHANNELS[event.channel].read_delay_seconds:
                desk.send("pulls", body_of(ReadTouched(event=event)), delay_seconds=delay_seconds)
            else:
                read_touched(desk, event)


def read_touched(desk: Desk, event: events.OrderTouched | events.AfterSaleTouched) -> None:
    """Read one order or after-sale again and note it, unless its platform did not answer lately. A connection that is
    gone has none any more."""
    shop = desk.orders.shops.find(event.connection_id, event.channel, event.shop_id)
    if shop is not None:
        failures, platforms = desk.connections.failures, desk.connections.platforms
        with failures.noted(shop.connection_id), platforms.guard(shop.connection_id):
            _refresh(desk, shop, event)


def _refresh(desk: Desk, shop: Shop, event: events.OrderTouched | events.AfterSaleTouched) -> None:
    noting = shop.noting(desk.now(), desk.wall_now(), "push", replay=event.replay, message_id=event.message_id)
    refresher = desk.orders.refresher
    if isinstance(event, events.OrderTouched):
        refresher.refresh(shop, "order", event.order_no, event.order_no, noting)
    else:
        refresher.refresh(shop, "after_sale", event.after_sale_no, event.order_no, noting)
