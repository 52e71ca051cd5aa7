"""The webhooks room: connections, stored messages and orders over HTTP (the `*_api` files); publishing, refreshing
and pulling behind queues and schedules (here). The front door itself is accept.py, a function of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from functions.webhooks.api import connections as connections_api
from functions.webhooks.api import live as live_api
from functions.webhooks.api import mappings as mappings_api
from functions.webhooks.api import messages as messages_api
from functions.webhooks.api import orders as orders_api
from functions.webhooks.api import promotions as promotions_api
from functions.webhooks.api import reconcile as reconcile_api
from functions.webhooks.api import replays as replays_api
from functions.webhooks.orders.orders import Noting, events_of
from functions.webhooks.orders.refresh import Shop
from functions.webhooks.room import room, tools
from hub.channels.registry import CHANNELS
from hub.contracts.events import AfterSaleTouched, Event, FeedTouched, OrderTouched, parse_event
from hub.edge.bus import Change
from hub.kernel.clock import UNTIL_CALLED, parse_rfc3339, rfc3339
from hub.kernel.errors import Conflict, Refuse, Retry
from hub.store.inbox import SORT as MESSAGE

__all__ = [
    "connections_api",
    "live_api",
    "mappings_api",
    "messages_api",
    "orders_api",
    "promotions_api",
    "reconcile_api",
    "replays_api",
    "room",
    "tools",
]

OVERDUE = timedelta(minutes=2)
"""A message that waits longer is sent to the queue again."""
GIVE_UP = timedelta(hours=24)
"""A message that waits longer, whatever was tried, is dead: kept, listed, replayed by hand."""
SWEEP_LIMIT = 500
WINDOWS_LIMIT = 6
"""So many windows of a feed are read in one run; each is a page at least, and ten at most."""
RUN_TAKES = timedelta(seconds=20)
"""No window is begun later in a run: what is read of it must be noted before the function's minute is up."""
RETRIES_LIMIT = 20
"""So many pages of orders that nobody understood are read again, each in a run of its own, until the next schedule."""

forward = room.forward


@room.changes
def on_change(change: Change) -> None:
    """A new message is published; what changed of an order or after-sale is announced."""
    if change.sk == MESSAGE and change.kind == "INSERT":
        tools().publisher.publish(change.pk.rpartition("#")[2])
    elif change.kind != "REMOVE":
        new = change.new or tools().orders.find(change.pk.rpartition("#")[2])  # an image too large for a queue
        room.emit(*events_of(change.sk, new, change.old))


@room.queue("greetings")
def greet(message: dict[str, Any]) -> None:
    """Greet a new contact while the code for it lives (20 s): before, and beside, all else that the message says."""
    tools().greeter.greet(str(message["pk"]).rpartition("#")[2])


@room.events("order.touched", "after_sale.touched", "feed.touched")
def on_event(event: Event) -> None:
    """Read the order, the after-sale or the feed again. A connection that is gone has none any more."""
    match event:
        case FeedTouched():
            _noting_failure(
                event.connection_id, lambda: tools().feeds.walk(event.connection_id, event.feed, event.message_id)
            )
        case OrderTouched() | AfterSaleTouched():
            if delay_seconds := CHANNELS[event.channel].read_delay_seconds:
                later = {"entity": "touched", "event": event.model_dump(mode="json")}
                room.send("pulls", later, delay_seconds=delay_seconds)
            else:
                _read_again(event)


def _read_again(event: OrderTouched | AfterSaleTouched) -> None:
    shop = tools().shop(event.connection_id, event.channel, event.shop_id)
    if shop is not None:
        _noting_failure(shop.connection_id, lambda: _refresh(shop, event))


def _refresh(shop: Shop, event: OrderTouched | AfterSaleTouched) -> None:
    noting = Noting(
        shop.connection_id,
        shop.channel,
        room.now(),
        room.clock.wall_now(),
        replay=event.replay,
        message_id=event.message_id,
    )
    if isinstance(event, OrderTouched):
        tools().refresher.refresh(shop, "order", event.order_no, event.order_no, noting)
    else:
        tools().refresher.refresh(shop, "after_sale", event.after_sale_no, event.order_no, noting)


@room.queue("tally")
def tally(message: dict[str, Any]) -> None:
    """Count what the door refused or knew."""
    connection_id, told = str(message["connection"]), str(message["at"])
    at = parse_rfc3339(told)
    if message["kind"] == "duplicate":
        tools().counters.add(connection_id, at, {"duplicates": int(message["count"])}, {"last_delivery_at": told})
        return
    facts = {"last_error": str(message["code"]), "last_rejected_at": told}
    tools().counters.add(connection_id, at, {"rejected_signature": 1}, facts)


@room.schedule("rate(10 minutes)")
def pull(now: datetime) -> datetime:  # noqa: ARG001 - each pull asks for the time itself, and in real time
    """Ask for a pull of every feed: one message each, so that none waits for another."""
    feeds = [
        {"connection_id": shop.connection_id, "entity": feed.entity}
        for shop in tools().shops().values()
        for feed in shop.feeds
    ]
    feeds += [{"connection_id": one, "entity": "conversation"} for one in tools().feeds.connections()]
    room.send("pulls", *feeds, {"entity": "unmapped"})
    return UNTIL_CALLED


@room.queue("pulls")
def pull_feed(message: dict[str, Any]) -> None:
    """Pull what changed in one feed of one connection; or read again what was not understood, or told of just now."""
    if message["entity"] == "unmapped":
        _retry_unmapped(message)
        return
    if message["entity"] == "touched":
        event = parse_event(message["event"])
        assert isinstance(event, OrderTouched | AfterSaleTouched)  # noqa: S101 - nothing else is delayed
        _read_again(event)
        return
    connection_id = str(message["connection_id"])
    if message["entity"] == "conversation":
        _noting_failure(connection_id, lambda: tools().feeds.walk_all(connection_id), dropped=True)
    elif (shop := tools().shop(connection_id)) is not None:
        _noting_failure(connection_id, lambda: _pull(shop, str(message["entity"])), dropped=True)


def _retry_unmapped(message: dict[str, Any]) -> None:
    """One page; the next one is a run of its own, so that many orders which nobody understands hold up no pull."""
    pages, wall_now = int(message.get("pages", 1)), room.clock.wall_now()
    following = tools().refresher.retry_unmapped(tools().shops(), room.now(), wall_now, message.get("start"))
    if following and pages < RETRIES_LIMIT:
        room.send("pulls", {"entity": "unmapped", "start": following, "pages": pages + 1})


def _pull(shop: Shop, entity: str) -> None:
    """Window after window; one that has fallen far behind asks to be gone on with."""
    noting = Noting(shop.connection_id, shop.channel, room.now(), room.clock.wall_now(), by="pull")
    for feed in (feed for feed in shop.feeds if feed.entity == entity):
        text = tools().connections.watermark(shop.connection_id, entity)
        watermark = parse_rfc3339(text) if text else noting.wall_now - feed.first
        for _ in range(WINDOWS_LIMIT):
            reached = tools().refresher.pull(shop, feed, watermark, noting)
            if reached == watermark:
                return
            tools().connections.move_watermark(shop.connection_id, entity, rfc3339(reached))
            watermark = reached
            if room.clock.wall_now() - noting.wall_now > RUN_TAKES:
                break
        room.send("pulls", {"connection_id": shop.connection_id, "entity": entity})


@room.schedule("rate(5 minutes)")
def sweep(now: datetime) -> datetime:  # noqa: ARG001 - what waits is measured in real time
    """Send what stays pending to the queue again, and give up what nothing has moved for a day."""
    wall, inbox = room.clock.wall_now(), tools().inbox
    for message_id in inbox.list_waiting("pending", wall - GIVE_UP, SWEEP_LIMIT)[0]:
        item = inbox.read(message_id)
        if item and item.status == "pending":
            tools().settler.settle(item, "dead", wall, "not-settled-in-time")
    waiting = inbox.list_waiting("pending", wall - OVERDUE, SWEEP_LIMIT)[0]
    again = (Change(inbox.table, "INSERT", f"{inbox.tenant}#{one}", MESSAGE, None, None) for one in waiting)
    room.send("changes", *map(asdict, again))
    return UNTIL_CALLED


def _noting_failure(connection_id: str, action: Callable[[], Any], *, dropped: bool = False) -> None:
    """Do it; what the platform refuses is noted on the connection, for its owner to see. dropped: that is all."""
    try:
        action()
    except Conflict:  # another run was faster
        if not dropped:
            raise
    except Refuse as refused:
        tools().note_failure(connection_id, refused.code)
        if not dropped:
            raise
    except Retry as error:
        if "unreachable" in error.detail:
            tools().note_failure(connection_id, error.detail)
        raise
