"""Stored messages and their counts over HTTP."""

from __future__ import annotations

from functions.webhooks.api import views
from functions.webhooks.desk import Desk
from functions.webhooks.inbox.counts import stats as sum_up
from functions.webhooks.room import INTEGRATORS, SUPERVISORS, WATCHERS, room
from hub.contracts.http import Page, PageQuery
from hub.contracts.webhooks import MessageQuery, MessageView, PayloadReading, PayloadView, Stats
from hub.edge import cursors
from hub.edge.access import Place, Subject
from hub.edge.access.gate import require_scope
from hub.edge.access.listing import within
from hub.edge.answers import page
from hub.edge.requests import Request
from hub.kernel.errors import Invalid, NotFound, Problem
from hub.kernel.positions import place_before, position_before
from hub.kernel.regions import BASE
from hub.store.messages import InboxItem


def find_message(desk: Desk, request: Request) -> Subject:
    """The message of the path, where its connection lies; that of one which was deleted is the whole tenant's."""
    item = _item(desk, request)
    try:
        region, store = desk.connections.table.get(item.connection_id).lies
    except NotFound:
        region, store = BASE, ""
    return Subject(item, (Place(region, store, thing=item.message_id),))


@room.http(
    "GET",
    "/webhooks/stats",
    answer=Stats,
    roles=WATCHERS,
    scope="store",
    summary="投递统计 · What became of all deliveries within your reach, exactly",
)
def read_stats(desk: Desk, request: Request) -> Stats:
    """accepted = pending + processed + quarantined + dead."""
    connections = _connections_of(desk, request)
    if connections is None:
        return sum_up(desk.inbox.counters.rows())
    return sum_up(row for connection in connections for row in desk.inbox.counters.rows(connection))


@room.http(
    "GET",
    "/webhooks/messages",
    query=MessageQuery,
    answer=Page[MessageView],
    roles=WATCHERS,
    scope="store",
    summary="消息列表 · Recent messages in every state, and what each became; may be two seconds behind",
)
def list_messages(desk: Desk, request: Request) -> Page[MessageView]:
    """Of one connection, or of all within your reach; with `state` those of the whole tenant that wait or were given
    up, oldest first, for who reaches all of it."""
    query, start = request.query, cursors.decode(request.query.cursor)
    if not query.state:
        name = f"messages/{query.connection_id}"
        connections = _connections_of(desk, request)
        if query.connection_id:
            known = connections is None or query.connection_id in connections
            connections = [query.connection_id] if known else []
        items, before = desk.inbox.recent.page(connections, query.limit, place_before(name, start))
        return page((_view(desk, item) for item in items), position_before(name, before))
    require_scope("whole", "GET", request.reach)
    if query.connection_id:
        rule = "must be left out where connection_id is given: the list has every state"
        raise Invalid("one or the other", problems=[Problem("query:state", rule)])
    messages = desk.inbox.messages
    ids, position = messages.list_waiting(query.state, desk.wall_now(), query.limit, start)
    return page((_view(desk, item) for item in map(messages.read, ids) if item), position)


@room.http(
    "GET",
    "/webhooks/messages/{message_id}",
    answer=MessageView,
    roles=WATCHERS,
    scope="store",
    subject=find_message,
    summary="消息状态 · One stored message: its state and why, what it became, without what it says",
)
def read_message(desk: Desk, request: Request) -> MessageView:
    """Found by its id, in whatever state."""
    return _view(desk, request.subject)


@room.http(
    "POST",
    "/webhooks/messages/{message_id}/replay",
    answer=MessageView,
    roles=INTEGRATORS,
    scope="tenant",
    summary="重放消息 · Publish a stored message again; nothing is sent to customers because of it",
)
def replay_message(desk: Desk, request: Request) -> MessageView:
    """Does no harm when it is done twice: events keep their ids."""
    return _view(desk, desk.inbox.publisher.replay(request.path["message_id"]))


@room.http(
    "GET",
    "/webhooks/messages/{message_id}/payload",
    answer=PayloadView,
    roles=SUPERVISORS,
    scope="store",
    subject=find_message,
    summary="原始内容 · What the platform said, as it came; that you read it is written down",
)
def read_payload(desk: Desk, request: Request) -> PayloadView:
    """Written down first, shown after: nobody reads it unseen."""
    item: InboxItem = request.subject
    desk.inbox.readings.note(item.message_id, request.principal.sub, request.now)
    return views.payload_view(item)


@room.http(
    "GET",
    "/webhooks/messages/{message_id}/readings",
    query=PageQuery,
    answer=Page[PayloadReading],
    roles=WATCHERS,
    scope="store",
    subject=find_message,
    summary="查阅记录 · Who has read what a platform said, the latest first",
)
def list_readings(desk: Desk, request: Request) -> Page[PayloadReading]:
    """Nobody, for one that nobody read."""
    message_id, start = request.subject.message_id, cursors.decode(request.query.cursor)
    return page(*desk.inbox.readings.page(message_id, request.query.limit, start))


def _connections_of(desk: Desk, request: Request) -> list[str] | None:
    """The connections of which the caller sees what came: those within reach; None for all that there are."""
    reach = request.reach
    return None if reach.level == "tenant" else desk.connections.table.within(within(reach))


def _item(desk: Desk, request: Request) -> InboxItem:
    item = desk.inbox.messages.read(request.path["message_id"])
    if item is None:
        raise NotFound("no such message", message_id=request.path["message_id"][:64])
    return item


def _view(desk: Desk, item: InboxItem) -> MessageView:
    return views.message_view(item, desk.inbox.recent.drafts_of(item))
