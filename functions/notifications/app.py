"""Notifications (通知): who hears what, when. Events ask; quiet hours and the duty roster decide; WeCom carries it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import uuid4

from functions.notifications.bundling import sweep_due
from functions.notifications.delivery import Claim, Outcome, Send, delay, deliver
from functions.notifications.desk import Desk, build_desk
from functions.notifications.notices import Notice, notices_of, operator_notices, unreached_notices
from functions.notifications.quiet import is_on_duty, quiet_until, release_at
from functions.notifications.sends_table import LIST, Rows, ticket_list
from functions.notifications.wecom import Posted
from functions.notifications.wording import card_of, digest_of
from hub.contracts.events import (
    EndpointDisabled,
    Event,
    GlassBroken,
    PersonChanged,
    PlatformNoticed,
    RosterChanged,
    RungFired,
    TicketAssigned,
    TicketStranded,
)
from hub.contracts.http import Page
from hub.contracts.notifications import SendQuery, SendView
from hub.edge import cursors
from hub.edge.access import Place, Subject
from hub.edge.access.listing import within
from hub.edge.answers import page
from hub.edge.requests import Request
from hub.edge.room import Room
from hub.kernel.errors import NotFound, Retry
from hub.kernel.positions import Read, read_shown
from hub.store.lists import ListQuery, Within

RUNG = "rung.fired"
FILTER_PAGES, PAGE = 5, 100
"""A list of things that are partly out of reach looks at so many pages of so many for what may be shown."""
READERS = ("supervisor", "agent", "engineer", "store_manager", "viewer", "integrator")

room = Room("notifications", paths=("/notifications",), make_desk=build_desk)


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
        return Page(data=())

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
    region, store = desk.people.place(person_id)
    return Place(region, store, (person_id,))


@room.events(
    *("ticket.assigned", "ticket.stranded", "rung.fired", "platform.noticed", "person.changed", "roster.changed"),
    *("glass.broken", "endpoint.disabled"),
)
def on_event(desk: Desk, event: Event) -> None:
    """The same event again changes nothing and tells nobody twice."""
    match event:
        case PersonChanged():
            desk.people.save_person(event)
        case RosterChanged():
            desk.people.save_roster(event)
        case TicketAssigned():
            _notify_all(desk, notices_of(event), desk.now())
        case RungFired() | TicketStranded():
            operators = () if event.recipients else desk.people.operators()
            _notify_all(desk, notices_of(event, operators=operators), desk.now())
        case GlassBroken() | EndpointDisabled():
            _notify_all(desk, operator_notices(event, desk.people.operators()), desk.now())
        case PlatformNoticed() if event.urgent:
            _notify_all(desk, operator_notices(event, desk.people.operators()), desk.now())


@room.schedule("rate(1 minute)", name="sweep")
def sweep(desk: Desk, now: datetime) -> datetime | None:
    """Send what waited for the end of quiet hours, one digest a person. Answers when the next is due."""
    waiting = sweep_due(desk.sends, now, partial(_post_digest, desk), uuid4().hex)
    if waiting:
        desk.logger.warning("digests wait for the next sweep", extra={"waiting": waiting})
    return None if waiting else desk.sends.next_due()


def show_send(send: Send) -> SendView:
    """A send as staff see it."""
    return SendView.model_validate(
        {
            **{name: getattr(send.notice, name) for name in _OF_NOTICE},
            **{name: getattr(send, name) for name in _OF_SEND},
        }
    )


_OF_NOTICE = (
    *("id", "kind", "recipient", "channel", "event_id", "ticket_id", "ticket_type", "priority", "rung"),
    *("fallback", "connection_id", "about"),
)
_OF_SEND = (
    "state",
    "reason",
    "attempt",
    "created_at",
    "release_at",
    "sent_at",
    "digest_id",
    "platform_id",
)


def _notify_all(desk: Desk, notices: Sequence[Notice], now: datetime) -> None:
    """Tell each recipient; one whom the platform makes wait holds up none of the others. Raises the last Retry."""
    passing: Retry | None = None
    for notice in notices:
        try:
            _notify_placed(desk, notice, now)
            _tell_unreached(desk, notice, now)
        except Retry as error:
            passing = error
    if passing is not None:
        raise passing


def _notify_placed(desk: Desk, notice: Notice, now: datetime) -> None:
    region, store = desk.people.place(notice.recipient)
    _notify(desk, replace(notice, region=region, store=store), now)


def _tell_unreached(desk: Desk, notice: Notice, now: datetime) -> None:
    """Tell those who run the hub of a rung that did not reach its recipient; the same again tells nobody twice."""
    send = desk.sends.read(notice.id) if notice.kind == RUNG else None
    if send is None or send.state != "failed":
        return
    for fallback in unreached_notices(notice, send.created_at, desk.people.operators()):
        _notify_placed(desk, fallback, now)


def _notify(desk: Desk, notice: Notice, now: datetime) -> None:
    """At once, or after quiet hours. What was decided when the event first came holds when it comes again."""
    known = desk.sends.read(notice.id)
    if known is None:
        release = _release(desk, notice, now)
        known = delay(desk.sends, notice, now, release) if release > now else None
    if known is not None and known.state == "delayed":
        desk.sends.put_due(known)
        return
    deliver(desk.sends, notice, now, partial(_post_card, desk, notice), uuid4().hex)


def _release(desk: Desk, notice: Notice, now: datetime) -> datetime:
    if quiet_until(now, desk.zone) is None:
        return now
    on_duty = is_on_duty(notice.recipient, desk.people.shifts(notice.recipient), now)
    return release_at(now, desk.zone, notice.priority, on_duty)


def _post_card(desk: Desk, notice: Notice, claim: Claim) -> Outcome:
    active, userid = desk.people.person(notice.recipient)
    if not active:
        return Posted(refused="inactive")
    return desk.wecom.send_card(userid, card_of(notice, desk.page), claim)


def _post_digest(desk: Desk, digest: Notice, notices: Sequence[Notice], claim: Claim) -> Outcome:
    active, userid = desk.people.person(digest.recipient)
    if not active:
        return Posted(refused="inactive")
    return desk.wecom.send_text(userid, digest_of(notices, desk.page), claim)
