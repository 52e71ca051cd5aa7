"""The record of notices (通知记录): who was told what, when, how far it got; and that somebody heard."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from functions.notifications.desk import Desk
from functions.notifications.handlers.hearing import acknowledge
from functions.notifications.room import room
from functions.notifications.sends.delivery import Send
from functions.notifications.sends.notices import Notice
from functions.notifications.sends.sends_table import LIST, Rows, ticket_list
from hub.contracts.http import Page
from hub.contracts.notifications import SendQuery, SendView
from hub.edge import cursors
from hub.edge.access import Place, Subject
from hub.edge.access.listing import within
from hub.edge.answers import page
from hub.edge.requests import Request
from hub.kernel.errors import NotFound
from hub.kernel.positions import Read, read_shown
from hub.store.lists import ListQuery, Within

FILTER_PAGES, PAGE = 5, 100
"""A list of things that are partly out of reach looks at so many pages of so many for what may be shown."""
READERS = ("supervisor", "agent", "engineer", "store_manager", "viewer", "integrator")


def find_send(desk: Desk, request: Request) -> Subject:
    """The notice of the path: its recipient's, and theirs who oversee them."""
    send = desk.sends.read(request.path["send_id"])
    if send is None:
        raise NotFound("no such notice")
    return Subject(send, (_place(send.notice),))


@room.http("GET", "/notifications", summary="通知记录 · List notices", query=SendQuery,
           answer=Page[SendView], roles=READERS, scope="own")  # fmt: skip
def list_sends(desk: Desk, request: Request) -> Page[SendView]:
    """What the caller was told, newest first; a supervisor's also what those within their reach were told. Of one
    recipient or ticket where the query names one."""
    query, reach = request.query, request.reach
    if query.recipient and not reach.covers(_place_of(desk, query.recipient)):
        return page(())

    def is_near(send: Send) -> bool:
        return reach.covers(_place(send.notice))

    def is_asked(send: Send) -> bool:
        return query.recipient in ("", send.notice.recipient)

    name, read = _list_of(desk, request)
    start = cursors.decode(query.cursor)
    sends, position = read_shown(name, read, is_near, is_asked, query.limit, start, size=PAGE, pages=FILTER_PAGES)
    return page(map(show_send, sends), position)


@room.http("GET", "/notifications/{send_id}", summary="通知详情 · Show a notice", answer=SendView, roles=READERS,
           scope="own", subject=find_send)  # fmt: skip
def read_send(desk: Desk, request: Request) -> SendView:
    """One notice, and how far it got."""
    return show_send(request.subject)


@room.http("POST", "/notifications/{send_id}/ack", summary="确认收到 · Say that one heard", answer=SendView,
           roles=READERS, scope="own", subject=find_send)  # fmt: skip
def acknowledge_send(desk: Desk, request: Request) -> SendView:
    """Somebody heard of it: what is told until somebody does is told no more, on no channel."""
    return show_send(acknowledge(desk, request.subject, request.principal.sub))


def show_send(send: Send) -> SendView:
    """A send as staff see it."""
    return SendView.model_validate(
        {
            **{name: getattr(send.notice, name) for name in _OF_NOTICE},
            **{name: getattr(send, name) for name in _OF_SEND},
        }
    )


_OF_NOTICE = (
    *("id", "notification_id", "kind", "rule", "audience", "recipient", "channel", "fallback_of", "event_id"),
    *("ticket_id", "ticket_type", "priority", "rung", "fallback", "connection_id", "about"),
)
_OF_SEND = (
    *("state", "reason", "attempt", "created_at", "release_at", "sent_at", "delivered_at", "acknowledged_at"),
    *("digest_id", "platform_id", "cost"),
)


def _list_of(desk: Desk, request: Request) -> tuple[str, Read[Send]]:
    """The narrowest list that holds what is asked for, and how it is read."""
    query: SendQuery = request.query
    if query.ticket:
        return ticket_list(query.ticket), partial(desk.sends.of_ticket, query.ticket)
    scope = Within(people=(query.recipient,)) if query.recipient else within(request.reach)

    def read(limit: int, position: Mapping[str, Any] | None) -> Rows:
        return desk.sends.newest(ListQuery(desk.tenant, LIST, scope, request.now, limit, position=position))

    return LIST, read


def _place(notice: Notice) -> Place:
    return Place(notice.region, notice.store, (notice.recipient,), thing=notice.id)


def _place_of(desk: Desk, person_id: str) -> Place:
    address = desk.people.address(person_id)
    return Place(address.region, address.store, (person_id,))
