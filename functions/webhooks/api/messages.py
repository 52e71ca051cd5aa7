"""Stored messages and their counts over HTTP."""

from __future__ import annotations

from functions.webhooks.api import views
from functions.webhooks.inbox.counts import stats as sum_up
from functions.webhooks.room import INTEGRATORS, WATCHERS, room, tools
from hub.contracts.http import Page
from hub.contracts.webhooks import MessageQuery, MessageView, Stats
from hub.edge import cursors
from hub.edge.requests import Request
from hub.kernel.errors import NotFound


@room.http(
    "GET", "/webhooks/stats", answer=Stats, roles=WATCHERS, summary="投递统计 · What became of all deliveries, exactly"
)
def read_stats(request: Request) -> Stats:
    """accepted = pending + processed + quarantined + dead."""
    return sum_up(tools().counters.rows())


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
