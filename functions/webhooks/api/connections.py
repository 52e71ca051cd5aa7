"""Channels and connections over HTTP: what a front end builds its form from, and what an integrator sets up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from functions.webhooks.api import views
from functions.webhooks.connections.connections import (
    KEPT,
    REMOVED,
    check_new,
    check_settings,
    health,
    placed_at,
    rotated,
    unrotated,
)
from functions.webhooks.connections.selfcheck import check_connection
from functions.webhooks.desk import Desk
from functions.webhooks.handlers.payloads import ReplayWaiting, body_of
from functions.webhooks.inbox.publish import HELD
from functions.webhooks.inbox.replays import waiting
from functions.webhooks.room import INTEGRATORS, WATCHERS, room
from hub.channels.registry import CHANNELS, codec, setup_guide
from hub.contracts.http import Page, PageQuery
from hub.contracts.webhooks import (
    ChannelView,
    ConnectionCheck,
    ConnectionDetail,
    ConnectionView,
    DeletedConnection,
    NewConnection,
    NewPlace,
    NewSettings,
)
from hub.edge import cursors
from hub.edge.access import Place, Subject
from hub.edge.access.listing import within
from hub.edge.answers import Raw, page
from hub.edge.requests import Request
from hub.kernel.clock import parse_rfc3339
from hub.kernel.errors import Conflict, NotFound
from hub.kernel.ids import digest
from hub.store.connection import Connection
from hub.store.secrets import FRESH_SECONDS

MARKS_LIMIT, MARK_CHARACTERS = 4, 16
"""So many requests are remembered beside a connection's secrets, which share 4 KB."""

# Channels.


@room.http(
    "GET",
    "/webhooks/channels",
    answer=Page[ChannelView],
    scope="tenant",
    summary="渠道列表 · The channels there are: each one's settings form and the steps in its console",
)
def list_channels(desk: Desk, request: Request) -> Page[ChannelView]:
    """What a front end builds its form from, and what the server checks it by."""
    return page(views.channel_view(name) for name in CHANNELS)


@room.http(
    "GET",
    "/webhooks/channels/{channel}/guide",
    scope="tenant",
    summary="接入指南 · How to connect the platform, in Chinese and English (Markdown)",
)
def read_guide(desk: Desk, request: Request) -> Raw:
    """The channel's setup.md."""
    return Raw(200, setup_guide(request.path["channel"]).encode(), "text/markdown; charset=utf-8")


# Connections.


def find_connection(desk: Desk, request: Request) -> Subject:
    """The connection of the path, where all that comes by it lies."""
    item = desk.connections.table.get(request.path["connection_id"])
    return Subject(item, (Place(*item.lies, thing=item.connection_id),))


def _render(desk: Desk, request: Request, connection_id: str) -> ConnectionView:
    return views.connection_view(desk.connections.table.get(connection_id), request.base_url)


@room.http(
    "POST",
    "/webhooks/connections",
    body=NewConnection,
    answer=ConnectionView,
    status=201,
    roles=INTEGRATORS,
    scope="tenant",
    replay=_render,
    dry_run="rehearsed",
    summary="接入平台应用 · Connect an app on a platform: the answer has its webhook URL and the steps in the console",
)
def create_connection(desk: Desk, request: Request) -> ConnectionView:
    """Secrets first: a connection that is listed can be knocked at."""
    check_new(request.body)
    view = views.new_connection(request.body, request.new_id("con"), request.now, request.base_url)
    settings = request.body.settings
    connection = Connection(view.id, view.channel, view.state, settings, region=view.region, store_id=view.store_id)
    desk.connections.secrets.put(connection)
    return views.connection_view(desk.connections.table.create(view), request.base_url)


@room.http(
    "GET",
    "/webhooks/connections",
    query=PageQuery,
    answer=Page[ConnectionView],
    roles=WATCHERS,
    scope="store",
    summary="连接列表 · The connections within your reach, oldest first; a new one may be missing for two seconds",
)
def list_connections(desk: Desk, request: Request) -> Page[ConnectionView]:
    """Connections without their secrets."""
    query = request.query
    items, position = desk.connections.table.page(within(request.reach), query.limit, cursors.decode(query.cursor))
    return page((views.connection_view(item, request.base_url) for item in items), position)


@room.http(
    "GET",
    "/webhooks/connections/{connection_id}",
    answer=ConnectionDetail,
    roles=WATCHERS,
    scope="store",
    subject=find_connection,
    summary="连接与健康状况 · One connection: last delivery, rejections, what went wrong last",
)
def read_connection(desk: Desk, request: Request) -> ConnectionDetail:
    """What the owner of a connection looks at when something does not arrive."""
    view = views.connection_view(request.subject, request.base_url)
    watermark = desk.connections.table.watermark(view.id, "order")
    condition = health(
        desk.inbox.counters.rows(view.id),
        parse_rfc3339(watermark) if watermark else None,
        now=request.now,
        wall_now=desk.wall_now(),
    )
    connection = desk.connections.secrets.find(view.id)
    rotating = connection is not None and "previous" in connection.settings
    return ConnectionDetail(**dict(view), health=condition, previous_valid=rotating)


@room.http(
    "POST",
    "/webhooks/connections/{connection_id}/settings",
    body=NewSettings,
    answer=ConnectionView,
    roles=INTEGRATORS,
    scope="tenant",
    replay=_render,
    dry_run="rehearsed",
    summary="更换设置 · Replace the settings; the secrets before are valid too, until the next change or drop-previous",
)
def replace_settings(desk: Desk, request: Request) -> ConnectionView:
    """A typing error is found here, and not at three in the morning."""

    def rotate(before: Connection) -> Connection:
        check_settings(before.channel, request.body.settings)
        return replace(before, settings=rotated(request.body.settings, before.settings))

    return _render(desk, request, _changed(desk, request, rotate).id)


@room.http(
    "POST",
    "/webhooks/connections/{connection_id}/drop-previous",
    answer=ConnectionView,
    roles=INTEGRATORS,
    scope="tenant",
    replay=_render,
    dry_run="rehearsed",
    summary="停用旧密钥 · End a rotation: the secrets before are valid no more, within a minute everywhere",
)
def drop_previous(desk: Desk, request: Request) -> ConnectionView:
    """Once the platform's console has the new ones; at once where the old ones got out."""

    def drop(before: Connection) -> Connection:
        return replace(before, settings=unrotated(before.settings))

    return _render(desk, request, _changed(desk, request, drop).id)


@room.http(
    "POST",
    "/webhooks/connections/{connection_id}/place",
    body=NewPlace,
    answer=ConnectionView,
    roles=INTEGRATORS,
    scope="tenant",
    replay=_render,
    dry_run="rehearsed",
    summary="归属门店 · Say in which region, and of which store, what comes by the connection from now on is",
)
def place_connection(desk: Desk, request: Request) -> ConnectionView:
    """Within a minute everywhere. Orders that are known stay where they were sold."""
    placed = _changed(desk, request, lambda before: placed_at(before, request.body))
    return views.connection_view(desk.connections.table.set_place(placed), request.base_url)


@room.http(
    "POST",
    "/webhooks/connections/{connection_id}/enable",
    answer=ConnectionView,
    roles=INTEGRATORS,
    scope="tenant",
    replay=_render,
    dry_run="rehearsed",
    summary="启用连接 · Publish again what comes, and what came while it was disabled",
)
def enable_connection(desk: Desk, request: Request) -> ConnectionView:
    """Within a minute everywhere: what is held until then by a process that has not heard of it follows after that."""
    view = _set_state(desk, request, "enabled")
    held = body_of(ReplayWaiting(criteria=waiting(HELD, connection_id=view.id)))
    for delay_seconds in (0, 2 * FRESH_SECONDS):
        desk.send("replays", held, delay_seconds=delay_seconds)
    return view


@room.http(
    "POST",
    "/webhooks/connections/{connection_id}/disable",
    answer=ConnectionView,
    roles=INTEGRATORS,
    scope="tenant",
    replay=_render,
    dry_run="rehearsed",
    summary="停用连接 · Publish nothing of it until it is enabled; what comes meanwhile is kept",
)
def disable_connection(desk: Desk, request: Request) -> ConnectionView:
    """Within a minute everywhere. Nothing is lost: deliveries are stored and answered, pulls wait at their mark."""
    return _set_state(desk, request, "disabled")


def _render_deleted(desk: Desk, request: Request, connection_id: str) -> DeletedConnection:
    return DeletedConnection(id=connection_id, removed=REMOVED, kept=KEPT)


@room.http(
    "POST",
    "/webhooks/connections/{connection_id}/delete",
    answer=DeletedConnection,
    roles=INTEGRATORS,
    scope="tenant",
    replay=_render_deleted,
    dry_run="rehearsed",
    summary="删除连接 · Delete it with its secrets; the answer says what goes and what is kept",
)
def delete_connection(desk: Desk, request: Request) -> DeletedConnection:
    """The door closes first. What breaks off half-way is done by asking again."""
    view = desk.connections.table.get(request.path["connection_id"])
    desk.connections.secrets.remove(view.connection_id)
    desk.connections.platforms.forget(view.connection_id)
    desk.connections.table.remove(view.connection_id)
    return _render_deleted(desk, request, view.connection_id)


@room.http(
    "POST",
    "/webhooks/connections/{connection_id}/test",
    answer=ConnectionCheck,
    roles=INTEGRATORS,
    scope="tenant",
    summary="自检 · Play the platform's check of the URL through the front door, with the stored secrets",
)
def test_connection(desk: Desk, request: Request) -> ConnectionCheck:
    """Nothing is stored by it."""
    connection = _secrets_of(desk, request.path["connection_id"])
    if not CHANNELS[connection.channel].inbound:
        raise Conflict("this channel only sends: it has no webhook URL to check", channel=connection.channel)
    missing = [name for name in codec(connection.channel).SIGNED_BY if not connection.settings.get(name)]
    if missing:
        raise Conflict("without this setting it takes no delivery, and only pulls", setting=missing[0])
    return check_connection(connection, desk.connections.door().answer, desk.wall_now(), request.randomness)


def _secrets_of(desk: Desk, connection_id: str) -> Connection:
    """As stored this moment: another process may have changed them within the minute that they are cached."""
    connection = desk.connections.secrets.read(connection_id)
    if connection is None:
        raise NotFound("no such connection", connection_id=connection_id[:64])
    return connection


def _changed(desk: Desk, request: Request, change: Callable[[Connection], Connection]) -> Connection:
    """The connection with what the request changes of it. Its mark is written with the change: a request that comes
    again, after an answer that was lost, changes nothing, whatever others have changed since."""
    before = _secrets_of(desk, request.path["connection_id"])
    mark = digest(request.scope).hex()[:MARK_CHARACTERS] if request.idempotency_key else ""
    if mark and mark in before.marks:
        return before
    after = change(before)
    if mark:
        after = replace(after, marks=(*before.marks, mark)[-MARKS_LIMIT:])
    desk.connections.secrets.put(after)
    return after


def _set_state(desk: Desk, request: Request, state: str) -> ConnectionView:
    after = _changed(desk, request, lambda before: replace(before, state=state))
    item = desk.connections.table.set_state(after.id, after.state)
    return views.connection_view(item, request.base_url)
