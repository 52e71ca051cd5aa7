"""The webhooks room: connections, stored messages and their counts over HTTP; publishing, refreshing and
pulling behind queues and schedules. The front door itself is accept.py, a function of its own."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from functions.webhooks import views
from functions.webhooks.connections import check_new, check_settings, health, rotated
from functions.webhooks.counts import stats as sum_up
from functions.webhooks.orders import SORT as ORDER
from functions.webhooks.orders import paid_event
from functions.webhooks.pull import FIRST_PULL
from functions.webhooks.refresh import Shop
from functions.webhooks.selfcheck import check_connection
from functions.webhooks.wiring_port import Tools
from hub.channels.registry import CHANNELS, setup_guide
from hub.contracts.events import Event, OrderTouched
from hub.contracts.http import Page, PageQuery
from hub.contracts.webhooks import (
    ChannelView,
    ConnectionCheck,
    ConnectionDetail,
    ConnectionView,
    MessageQuery,
    MessageView,
    NewConnection,
    NewSettings,
    Stats,
)
from hub.edge import aws, cursors
from hub.edge.answers import Raw
from hub.edge.bus import Change
from hub.edge.requests import Request
from hub.edge.room import Room
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.errors import NotFound, Refuse, Retry
from hub.store.idempotency import Idempotency
from hub.store.inbox import SORT as MESSAGE
from hub.store.secrets import Connection

INTEGRATORS = ("integrator",)
WATCHERS = ("integrator", "supervisor")
OVERDUE = timedelta(minutes=2)
"""A message that waits longer is sent to the queue again."""
GIVE_UP = timedelta(hours=24)
"""A message that waits longer, whatever was tried, is dead: kept, listed, replayed by hand."""
SWEEP_LIMIT = 500


def _says_something(change: Change) -> bool:
    """A new message, or an order. That a message or a counter moved on, which is most of what the streams tell, asks
    for nothing."""
    return change.sk == ORDER or (change.sk == MESSAGE and change.kind == "INSERT")


room = Room("webhooks", paths=("/webhooks",), idempotency=Idempotency, wanted=_says_something)
forward = room.forward
_made: list[Tools] = []


def tools() -> Tools:
    """The room's tools, made once for its settings."""
    if not _made or _made[0].settings is not room.settings:
        _made[:] = [Tools(room.settings, room.clock, aws.client, room.emit)]
    return _made[0]


# Channels.


@room.http(
    "GET",
    "/webhooks/channels",
    answer=Page[ChannelView],
    summary="渠道列表 · The channels there are: each one's settings form and the steps in its console",
)
def list_channels(request: Request) -> Page[ChannelView]:  # noqa: ARG001 - a handler's signature
    """What a front end builds its form from, and what the server checks it by."""
    return Page[ChannelView](data=tuple(views.channel_view(name) for name in CHANNELS))


@room.http(
    "GET",
    "/webhooks/channels/{channel}/guide",
    summary="接入指南 · How to connect the platform, in Chinese and English (Markdown)",
)
def read_guide(request: Request) -> Raw:
    """The channel's setup.md."""
    return Raw(200, setup_guide(request.path["channel"]).encode(), "text/markdown; charset=utf-8")


# Connections.


def _render(request: Request, connection_id: str) -> ConnectionView:
    return views.connection_view(tools().connections.get(connection_id), request.base_url)


@room.http(
    "POST",
    "/webhooks/connections",
    body=NewConnection,
    answer=ConnectionView,
    status=201,
    roles=INTEGRATORS,
    replay=_render,
    summary="接入平台应用 · Connect an app on a platform: the answer has its webhook URL and the steps in the console",
)
def create_connection(request: Request) -> ConnectionView:
    """Secrets first: a connection that is listed can be knocked at."""
    check_new(request.body)
    view = views.new_connection(request.body, request.new_id("con"), request.now, request.base_url)
    tools().secrets.put(Connection(view.id, view.channel, view.state, request.body.settings))
    return views.connection_view(tools().connections.create(view), request.base_url)


@room.http(
    "GET",
    "/webhooks/connections",
    query=PageQuery,
    answer=Page[ConnectionView],
    roles=WATCHERS,
    summary="连接列表 · The connections, oldest first; a new one may be missing for two seconds",
)
def list_connections(request: Request) -> Page[ConnectionView]:
    """Connections without their secrets."""
    items, end = tools().connections.page(request.query.limit, cursors.decode(request.query.cursor))
    data = tuple(views.connection_view(item, request.base_url) for item in items)
    return Page[ConnectionView](data=data, next_cursor=cursors.encode(end), has_more=bool(end))


@room.http(
    "GET",
    "/webhooks/connections/{connection_id}",
    answer=ConnectionDetail,
    roles=WATCHERS,
    summary="连接与健康状况 · One connection: last delivery, rejections, what went wrong last",
)
def read_connection(request: Request) -> ConnectionDetail:
    """What the owner of a connection looks at when something does not arrive."""
    view = _render(request, request.path["connection_id"])
    watermark = tools().connections.watermark(view.id)
    found = health(tools().settler.rows(view.id), parse_rfc3339(watermark) if watermark else None)
    return ConnectionDetail(**dict(view), health=found)


@room.http(
    "POST",
    "/webhooks/connections/{connection_id}/settings",
    body=NewSettings,
    answer=ConnectionView,
    roles=INTEGRATORS,
    replay=_render,
    summary="更换设置 · Replace the settings; until the next change the secrets before are valid too",
)
def replace_settings(request: Request) -> ConnectionView:
    """A typing error is found here, and not at three in the morning."""
    before = _secrets_of(request.path["connection_id"])
    check_settings(before.channel, request.body.settings)
    settings = rotated(request.body.settings, before.settings)
    tools().secrets.put(Connection(before.id, before.channel, before.state, settings))
    return _render(request, before.id)


@room.http(
    "POST",
    "/webhooks/connections/{connection_id}/enable",
    answer=ConnectionView,
    roles=INTEGRATORS,
    replay=_render,
    summary="启用连接 · Take deliveries again",
)
def enable_connection(request: Request) -> ConnectionView:
    """Within a minute everywhere."""
    return _set_state(request, "enabled")


@room.http(
    "POST",
    "/webhooks/connections/{connection_id}/disable",
    answer=ConnectionView,
    roles=INTEGRATORS,
    replay=_render,
    summary="停用连接 · Take no more deliveries: within a minute its webhook URL answers 404",
)
def disable_connection(request: Request) -> ConnectionView:
    """What the platform sends meanwhile is not stored: it repeats some of it, and not for long."""
    return _set_state(request, "disabled")


@room.http(
    "POST",
    "/webhooks/connections/{connection_id}/test",
    answer=ConnectionCheck,
    roles=INTEGRATORS,
    summary="自检 · Play the platform's check of the URL through the front door, with the stored secrets",
)
def test_connection(request: Request) -> ConnectionCheck:
    """Nothing is stored by it."""
    connection = _secrets_of(request.path["connection_id"])
    return check_connection(connection, tools().door().answer, room.clock.wall_now(), request.randomness)


def _secrets_of(connection_id: str) -> Connection:
    """As stored this moment: another process may have changed them within the minute that they are cached."""
    connection = tools().secrets.read(connection_id)
    if connection is None:
        raise NotFound("no such connection", connection_id=connection_id[:64])
    return connection


def _set_state(request: Request, state: str) -> ConnectionView:
    before = _secrets_of(request.path["connection_id"])
    tools().secrets.put(Connection(before.id, before.channel, state, before.settings))
    item = tools().connections.set_state(before.id, state)
    return views.connection_view(item, request.base_url)


# Messages and counts.


@room.http(
    "GET", "/webhooks/stats", answer=Stats, roles=WATCHERS, summary="投递统计 · What became of all deliveries, exactly"
)
def read_stats(request: Request) -> Stats:  # noqa: ARG001 - every handler takes the request
    """accepted = pending + processed + quarantined + dead."""
    return sum_up(tools().settler.rows())


@room.http(
    "GET",
    "/webhooks/messages",
    query=MessageQuery,
    answer=Page[MessageView],
    roles=WATCHERS,
    summary="待处理消息 · Messages that wait or were given up, oldest first; may be two seconds behind",
)
def list_messages(request: Request) -> Page[MessageView]:
    """Quarantined ones unless the query says otherwise."""
    query, inbox = request.query, tools().inbox
    start = cursors.decode(query.cursor)
    ids, end = inbox.list_waiting(query.state, room.clock.wall_now(), query.limit, start)
    data = tuple(views.message_view(item) for item in map(inbox.read, ids) if item)
    return Page[MessageView](data=data, next_cursor=cursors.encode(end), has_more=bool(end))


@room.http(
    "GET",
    "/webhooks/messages/{message_id}",
    answer=MessageView,
    roles=WATCHERS,
    summary="消息状态 · One stored message: its state and why, without what it says",
)
def read_message(request: Request) -> MessageView:
    """Found by its id, in whatever state."""
    item = tools().inbox.read(request.path["message_id"])
    if item is None:
        raise NotFound("no such message", message_id=request.path["message_id"][:64])
    return views.message_view(item)


@room.http(
    "POST",
    "/webhooks/messages/{message_id}/replay",
    answer=MessageView,
    roles=INTEGRATORS,
    summary="重放消息 · Publish a stored message again; nothing is sent to customers because of it",
)
def replay_message(request: Request) -> MessageView:
    """Does no harm when it is done twice: events keep their ids."""
    return views.message_view(tools().publisher.replay(request.path["message_id"]))


# Behind queues and schedules.


@room.changes
def on_change(change: Change) -> None:
    """A new message is published; an order that became paid is announced. Other changes say nothing."""
    if change.sk == MESSAGE and change.kind == "INSERT":
        tools().publisher.publish(change.pk.rpartition("#")[2])
    elif change.sk == ORDER and (paid := paid_event(room.settings.tenant, change.new, change.old)):
        room.emit(paid)


@room.events("order.touched")
def on_event(event: Event) -> None:
    """Read the order again. A connection that is gone has no orders any more."""
    assert isinstance(event, OrderTouched)  # noqa: S101 - the subscription above
    shop = tools().shop(event.connection_id)
    if shop is None:
        return
    try:
        tools().refresher.refresh(shop, event.order_no, room.now(), event.replay)
    except Refuse as refused:
        _note_failure(event.connection_id, refused)
        raise


@room.queue("tally")
def tally(message: dict[str, Any]) -> None:
    """Count what the door refused or knew."""
    connection_id, at = str(message["connection"]), str(message["at"])
    if message["kind"] == "duplicate":
        tools().settler.add(connection_id, {"duplicates": int(message["count"])}, {"last_delivery_at": at})
        return
    facts = {"last_error": str(message["code"]), "last_rejected_at": at}
    tools().settler.add(connection_id, {"rejected_signature": 1}, facts)


@room.schedule("rate(10 minutes)")
def pull(now: datetime) -> None:
    """Pull the orders that changed in each shop; a shop that fails does not hold up the others."""
    shops, passing = tools().shops(), None
    for shop in shops.values():
        try:
            _pull_shop(shop, now)
        except Refuse as refused:
            _note_failure(shop.connection_id, refused)
        except Retry as error:
            passing = error
    tools().refresher.retry_unmapped(shops, now)
    if passing:
        raise passing


def _pull_shop(shop: Shop, now: datetime) -> None:
    text = tools().connections.watermark(shop.connection_id)
    wall_now = room.clock.wall_now()
    watermark = parse_rfc3339(text) if text else wall_now - FIRST_PULL
    reached = tools().refresher.pull(shop, watermark, wall_now=wall_now, now=now)
    tools().connections.move_watermark(shop.connection_id, rfc3339(reached))


@room.schedule("rate(5 minutes)")
def sweep(now: datetime) -> None:  # noqa: ARG001 - what waits is measured in real time
    """Send what stays pending to the queue again, and give up what nothing has moved for a day."""
    wall, inbox = room.clock.wall_now(), tools().inbox
    for message_id in inbox.list_waiting("pending", wall - GIVE_UP, SWEEP_LIMIT)[0]:
        item = inbox.read(message_id)
        if item and item.status == "pending":
            tools().settler.settle(item, "dead", wall, "not-settled-in-time")
    for message_id in inbox.list_waiting("pending", wall - OVERDUE, SWEEP_LIMIT)[0]:
        again = Change(inbox.table, "INSERT", f"{inbox.tenant}#{message_id}", MESSAGE, None, None)
        body = json.dumps(asdict(again))
        aws.client("sqs").send_message(QueueUrl=room.settings.changes_queue_url, MessageBody=body)


def _note_failure(connection_id: str, refused: Refuse) -> None:
    tools().settler.add(connection_id, {"failed_calls": 1}, {"last_error": refused.code})
