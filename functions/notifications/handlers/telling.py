"""Telling (通知): from an event and a rule to notices, and each of them out by its line, now or later.

Every step is the same again for the same event: an event that comes twice tells nobody twice.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4
from zoneinfo import ZoneInfo

from functions.notifications.desk import Desk
from functions.notifications.gateways.carrier import Posted
from functions.notifications.gateways.message import Address, Message
from functions.notifications.rules.audience import MUST_REACH, actor, customer_of, named
from functions.notifications.rules.filling import fill_words, message_of_words
from functions.notifications.rules.rule_kind import NOTICE_SETTINGS, SETTINGS_KEY, Rule
from functions.notifications.sends.caps import CAPPED, place_at
from functions.notifications.sends.costs import cost_of
from functions.notifications.sends.delivery import Claim, Outcome, Send, delay
from functions.notifications.sends.lines import send_line
from functions.notifications.sends.notices import (
    WECOM,
    Notice,
    facts_of,
    notification_id,
    send_id,
    unreached_notices,
)
from functions.notifications.sends.quiet import release_at
from functions.notifications.sends.wording import ack_card, message_of
from hub.contracts import events
from hub.contracts.base import Priority
from hub.contracts.events import Event
from hub.contracts.notifications import NoticeSettings
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.errors import Retry

RUNG = "rung.fired"
SURVEY_BYTES = 18
GROUP = "group:"
"""Before the id of a group chat: no person's id begins so."""
IN_GROUPS = (("wecom_group", "dingtalk", "feishu"),)
FRESH = timedelta(minutes=1)
"""What happened so lately may be heard of before the customer is."""
RECEIPTED = ("official_account", "sms", "phone")
"""Channels whose platform says later what became of a message, by its number."""


def settings_of(desk: Desk) -> NoticeSettings:
    """How the tenant's notices go out."""
    settings: NoticeSettings = desk.documents.current(NOTICE_SETTINGS, SETTINGS_KEY).value
    return settings


def tell(desk: Desk, key: str, rule: Rule, event: Event, now: datetime, round_number: int = 0) -> None:
    """Tell everybody whom a rule means of an event; one whom the platform makes wait holds up none of the others.
    Raises the last Retry."""
    passing: Retry | None = None
    for notice in notices_of(desk, key, rule, event, now, round_number):
        try:
            send_notice(desk, notice, now)
        except Retry as error:
            passing = error
    if passing is not None:
        raise passing


def notices_of(
    desk: Desk, key: str, rule: Rule, event: Event, now: datetime, round_number: int = 0
) -> Iterator[Notice]:
    """The notices that a rule asks for, one a person and line. Who is on duty is looked up now."""
    settings = settings_of(desk)
    for recipient, address, is_fallback in _audience(desk, rule, event, now):
        notice = _notice(desk, key, rule, event, recipient, address)
        notice = replace(notice, fallback=notice.fallback or is_fallback, round=round_number)
        yield from by_lines(desk, notice, _first_by(event, _lines(rule, notice.priority, settings)), address)


def by_lines(desk: Desk, notice: Notice, lines: Sequence[Sequence[str]], address: Address) -> Iterator[Notice]:
    """The notice once a line, by the channels that the tenant has and that reach its recipient; no channel is first in
    two lines. Where nothing reaches them, once by the first channel: it fails, and says why."""
    first: set[str] = set()
    for line in lines:
        usable = [channel for channel in desk.carrier.usable(line, address) if channel not in first]
        if usable:
            first.add(usable[0])
            yield _on(notice, usable)
    if not first:
        yield _on(notice, [lines[0][0] if lines else WECOM])


def send_notice(desk: Desk, notice: Notice, now: datetime) -> Send | None:
    """At once, or when quiet hours and caps let it. What was decided when the event first came holds when it comes
    again. Raises Retry."""
    known = desk.sends.read(notice.id)
    if known is None:
        release = release_of(desk, notice, now)
        known = delay(desk.sends, notice, now, release) if release > now else None
    if known is not None and known.state in ("delayed", "bundled"):
        desk.waiting.join_slot(notice.recipient, notice.id, known.release_at or now)
        return known
    return send_now(desk, known.notice if known else notice, now)


def send_now(desk: Desk, notice: Notice, now: datetime) -> Send | None:
    """By the first channel of its line that can; who runs the hub hears of a rung that reached nobody. Raises Retry."""
    send = send_line(desk.sends, notice, now, partial(_post, desk), uuid4().hex)
    if send is not None:
        tell_unreached(desk, send, now)
    return send


def tell_unreached(desk: Desk, send: Send, now: datetime) -> None:
    """Who runs the hub hears of a rung that reached nobody, by itself or inside a digest; again changes nothing. Raises
    Retry."""
    notice = send.notice
    if send.state != "failed" or notice.kind != RUNG:
        return
    for fallback in unreached_notices(notice, parse_rfc3339(notice.since), desk.people.operators()):
        address = desk.people.address(fallback.recipient)
        placed = replace(fallback, region=address.region, store=address.store)
        lines = settings_of(desk).mix.high
        for line in [*by_lines(desk, placed, lines, address)][:1]:
            send_notice(desk, replace(line, id=fallback.id), now)


def address_of(desk: Desk, notice: Notice) -> Address:
    """How a notice's recipient is reached now."""
    if notice.recipient.startswith(GROUP):
        return Address({"wecom_group": notice.recipient.removeprefix(GROUP)})
    if notice.audience != "customer":
        return desk.people.address(notice.recipient)
    known = desk.people.customer(notice.recipient)
    return known[1] if known else Address(active=False, is_staff=False)


def post(desk: Desk, notice: Notice, message: Message, address: Address, claim: Claim) -> Outcome:
    """One message by the notice's channel."""
    if not address.active:
        return Posted(refused="inactive")
    if address.refuses & {notice.channel, "all"}:
        return Posted(refused="not-wanted")
    posted = desk.carrier.send(notice.channel, address, message, notice.id, claim)
    if notice.channel in RECEIPTED and posted.platform_id not in ("", notice.id):
        desk.waiting.note_receipt(notice.channel, posted.platform_id, notice.id)
    return replace(posted, cost=cost_of(notice.channel, message, settings_of(desk).costs))


def message_for(desk: Desk, notice: Notice) -> Message:
    """What a notice says."""
    if not notice.words:
        return message_of(notice, desk.page)
    message = message_of_words(json.loads(desk.sealer.unseal(notice.words, notice.notification_id)))
    return replace(message, card=ack_card(notice, message)) if notice.asks_ack else message


def zone_of(desk: Desk, address: Address) -> ZoneInfo:
    """Whose wall clock is theirs."""
    return ZoneInfo(address.zone) if address.zone else desk.zone


def _post(desk: Desk, notice: Notice, claim: Claim) -> Outcome:
    return post(desk, notice, message_for(desk, notice), address_of(desk, notice), claim)


def _audience(desk: Desk, rule: Rule, event: Event, now: datetime) -> Iterator[tuple[str, Address, bool]]:
    """Each person once, how they are reached, and whether they hear of it for want of anybody else."""
    audience = rule.document.audience
    if audience.who == "customer":
        record_id = customer_of(event)
        known = desk.people.customer(record_id) if record_id else None
        if known is not None:
            yield (*known, False)
        elif record_id and now - event.at < FRESH:
            raise Retry("the customer is not known here yet", after_seconds=2, customer=record_id)
        return
    if audience.who == "group":
        yield f"{GROUP}{audience.group}", Address({"wecom_group": audience.group} if audience.group else {}), False
        return
    people, is_fallback = _people(desk, rule, event, now)
    for person in people:
        if person != actor(event):
            yield person, desk.people.address(person), is_fallback


def _people(desk: Desk, rule: Rule, event: Event, now: datetime) -> tuple[tuple[str, ...], bool]:
    audience = rule.document.audience
    people: tuple[str, ...] = audience.people
    if audience.who == "duty":
        people = desk.people.on_duty(audience.team, now)
    elif audience.who == "operators":
        return desk.people.operators(), False
    elif audience.who == "named":
        people = named(event)
    nobody = not people and (audience.who == "duty" or rule.document.event in MUST_REACH)
    return (desk.people.operators(), True) if nobody else (people, False)


def _notice(desk: Desk, key: str, rule: Rule, event: Event, recipient: str, address: Address) -> Notice:
    document = rule.document
    number = notification_id(event, key, recipient)
    priority: Priority = getattr(event, "priority", "normal") if document.priority == "event" else document.priority
    is_customer = document.audience.who == "customer"
    own_place = (getattr(event, "region", "base"), getattr(event, "store_id", ""))
    region, store = own_place if is_customer else (address.region, address.store)
    return Notice(
        id="",
        kind=document.event,
        event_id=event.id,
        recipient=recipient,
        channel="",
        priority=priority,
        region=region,
        store=store,
        notification_id=number,
        rule=key,
        audience="customer" if is_customer else "staff",
        since=rfc3339(event.at),
        cancels=tuple(f"{key}#{value}" for value in _same_values(rule, event)),
        words=_sealed_words(desk, key, rule, event, recipient, address),
        asks_ack=document.until_ack is not None,
        **facts_of(event),
    )


def _same_values(rule: Rule, event: Event) -> list[str]:
    values = (str(getattr(event, cancel.same, "")) for cancel in rule.cancels)
    return [value for value in dict.fromkeys(values) if value]


def _sealed_words(desk: Desk, key: str, rule: Rule, event: Event, recipient: str, address: Address) -> str:
    if rule.document.words is None:
        return ""
    number = notification_id(event, key, recipient)
    more = {"url": _url(desk, event, is_staff=address.is_staff)}
    if rule.document.survey:
        token = desk.waiting.survey_token(number, secrets.token_urlsafe(SURVEY_BYTES))
        more["survey_url"] = more["url"] = f"{desk.base_url.rstrip('/')}/notifications/surveys/{token}"
        desk.waiting.ask(token, _survey(event, recipient))
    filled = fill_words(rule, event, address, desk.policy(), more)
    return desk.sealer.seal(json.dumps(filled, ensure_ascii=False), number)


def _survey(event: Event, customer_id: str) -> dict[str, str]:
    """What an answered survey is about."""
    names = ("ticket_id", "ticket_type", "region", "store_id", "identity_id", "assignee")
    return {"customer_id": customer_id, **{name: str(getattr(event, name, "")) for name in names}}


def _url(desk: Desk, event: Event, *, is_staff: bool) -> str:
    """Where staff see what it is about; customers have no business there."""
    ticket_id = getattr(event, "ticket_id", "")
    return desk.page.replace("{id}", ticket_id) if ticket_id and is_staff else ""


def _lines(rule: Rule, priority: str, settings: NoticeSettings) -> Sequence[Sequence[str]]:
    if rule.document.channels:
        return rule.document.channels
    if rule.document.audience.who == "group":
        return IN_GROUPS
    mix = "customer" if rule.document.audience.who == "customer" else priority
    lines: Sequence[Sequence[str]] = getattr(settings.mix, mix)
    return lines


def _first_by(event: Event, lines: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
    """A rung with a channel of its own goes by that first, and then as the rule says."""
    own = event.channel if isinstance(event, events.RungFired) else ""
    if not own or not lines:
        return lines
    first, *others = lines
    return [[own, *(channel for channel in first if channel != own)], *others]


def _on(notice: Notice, channels: Sequence[str]) -> Notice:
    first, *rest = channels
    number = send_id(parse_rfc3339(notice.since), notice.notification_id, first, notice.round)
    return replace(notice, id=number, channel=first, rest=tuple(rest))


def release_of(desk: Desk, notice: Notice, now: datetime) -> datetime:
    """When it may go out: after quiet hours by its recipient's wall clock, and when there is a place under their cap.
    What is urgent, and for whoever is on duty, goes at once."""
    if notice.priority == "urgent":
        return now
    settings, is_customer = settings_of(desk), notice.audience == "customer"
    quiet = settings.customer_quiet if is_customer else settings.quiet
    zone = zone_of(desk, address_of(desk, notice))
    release = release_at(now, zone, notice.priority, on_duty=False, hours=quiet)
    if release > now and not is_customer and desk.people.is_on_duty(notice.recipient, now):
        release = now
    if release > now or not (is_customer or notice.priority in CAPPED):
        return release
    cap = settings.customer_cap if is_customer else settings.staff_cap
    place = desk.waiting.claim_place(
        notice.recipient, notice.notification_id, now, lambda moments: place_at(moments, now, cap)
    )
    return release_at(place, zone, notice.priority, on_duty=False, hours=quiet) if place > now else now
