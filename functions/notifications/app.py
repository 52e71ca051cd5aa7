"""Notifications (通知): who hears what, when. Events ask; quiet hours and the duty roster decide; WeCom carries it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from functions.notifications.bundling import sweep_due
from functions.notifications.delivery import Outcome, Send, delay, deliver
from functions.notifications.notices import Notice, notices_of, operator_notices
from functions.notifications.quiet import is_on_duty, quiet_until, release_at
from functions.notifications.tables import NotificationTable
from functions.notifications.wecom_port import Posted, WecomPort
from functions.notifications.wording import card_of, digest_of
from hub.contracts.events import Event, PersonChanged, PlatformNoticed, RosterChanged, RungFired, TicketAssigned
from hub.contracts.http import Page
from hub.contracts.notifications import SendQuery, SendView
from hub.edge import aws, cursors
from hub.edge.requests import Request
from hub.edge.room import Room
from hub.kernel.errors import NotFound, Retry
from hub.store.secrets import ConnectionSecrets

READERS = ("supervisor", "agent", "engineer", "store_manager", "viewer", "integrator")

room = Room("notifications", paths=("/notifications",))


@lru_cache(maxsize=1)
def store() -> NotificationTable:
    """The room's table, connected at first use."""
    return NotificationTable(room.settings.tenant, room.settings.table)


@lru_cache(maxsize=1)
def wecom() -> WecomPort:
    """The way out, connected at first use."""
    settings = room.settings
    wall_now = room.clock.wall_now
    secrets = ConnectionSecrets(aws.client("ssm"), settings.tenant, wall_now)
    dynamodb = aws.client("dynamodb")
    return WecomPort(settings.tenant, settings.table, settings.platforms_url, wall_now, secrets, dynamodb)


@room.http("GET", "/notifications", summary="通知记录 · List notices", query=SendQuery,
           answer=Page[SendView], roles=READERS)  # fmt: skip
def list_sends(request: Request) -> Page[SendView]:
    """Who was told what, newest first; of one recipient or ticket where the query names one."""
    query: SendQuery = request.query
    found, position = store().newest(query.limit, cursors.decode(query.cursor), query.recipient, query.ticket)
    return Page(
        data=tuple(show_send(send) for send in found),
        next_cursor=cursors.encode(position),
        has_more=position is not None,
    )


@room.http("GET", "/notifications/{send_id}", summary="通知详情 · Show a notice", answer=SendView, roles=READERS)
def read_send(request: Request) -> SendView:
    """One notice, and how far it got."""
    send = store().read(request.path["send_id"])
    if send is None:
        raise NotFound("no such notice", send=request.path["send_id"])
    return show_send(send)


@room.events("ticket.assigned", "rung.fired", "platform.noticed", "person.changed", "roster.changed")
def on_event(event: Event) -> None:
    """The same event again changes nothing and tells nobody twice."""
    match event:
        case PersonChanged():
            store().save_person(event)
        case RosterChanged():
            store().save_roster(event)
        case TicketAssigned() | RungFired():
            _tell_all(notices_of(event), room.now())
        case PlatformNoticed() if event.urgent:
            _tell_all(operator_notices(event, store().operators()), room.now())


@room.schedule("rate(1 minute)", name="sweep")
def sweep(now: datetime) -> datetime | None:
    """Send what waited for the end of quiet hours, one digest a person. Answers when the next is due."""
    waiting = sweep_due(store(), now, _post_digest)
    if waiting:
        room.logger.warning("digests wait for the next sweep", extra={"waiting": waiting})
    return None if waiting else store().next_due()


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
    *("connection_id", "about"),
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


def _tell_all(notices: Sequence[Notice], now: datetime) -> None:
    """Tell each recipient; one whom the platform makes wait holds up none of the others. Raises the last Retry."""
    passing: Retry | None = None
    for notice in notices:
        try:
            _tell(notice, now)
        except Retry as error:
            passing = error
    if passing is not None:
        raise passing


def _tell(notice: Notice, now: datetime) -> None:
    """At once, or after quiet hours. What was decided when the event first came holds when it comes again."""
    known = store().read(notice.id)
    if known is None:
        release = _release(notice, now)
        known = delay(store(), notice, now, release) if release > now else None
    if known is not None and known.state == "delayed":
        store().put_due(known)
        return
    deliver(store(), notice, now, lambda: _post_card(notice))


def _release(notice: Notice, now: datetime) -> datetime:
    zone = ZoneInfo(room.settings.timezone)
    if quiet_until(now, zone) is None:
        return now
    on_duty = is_on_duty(notice.recipient, store().shifts(notice.recipient), now)
    return release_at(now, zone, notice.priority, on_duty)


def _post_card(notice: Notice) -> Outcome:
    active, userid = store().person(notice.recipient)
    if not active:
        return Posted(refused="inactive")
    return wecom().send_card(userid, card_of(notice, room.settings.base_url))


def _post_digest(digest: Notice, told: Sequence[Notice]) -> Outcome:
    active, userid = store().person(digest.recipient)
    if not active:
        return Posted(refused="inactive")
    return wecom().send_text(userid, digest_of(told, room.settings.base_url))
