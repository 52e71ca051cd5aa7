"""Hearing (消息): what the bus tells, and which notice rules it concerns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from functions.notifications.desk import Desk
from functions.notifications.handlers.due import tell_again, tell_later
from functions.notifications.handlers.telling import send_now, tell
from functions.notifications.rules.facts import ASKABLE, facts_of
from functions.notifications.rules.rule_kind import NOTICE_RULES, Rule
from functions.notifications.sends.delivery import Send
from functions.notifications.sends.wording import ACK
from hub.contracts import events
from hub.contracts.events import Event
from hub.kernel.errors import Retry
from hub.rules import holds

RECEIPTS = {"notice_delivered": True, "notice_failed": False}
SEND = "snd_"
"""How the hub's own ids of sends begin."""


def keep(desk: Desk, event: Event) -> None:
    """Keep what happened for a month, for rehearsals of what is yet to be a rule."""
    if _is_news(event):
        desk.journal.keep(event)


def keep_all(desk: Desk, events: Sequence[Event]) -> None:
    """The same for a batch, at once."""
    desk.journal.keep_all(list(filter(_is_news, events)))


def hear(desk: Desk, event: Event) -> None:
    """Tell whom the rules mean, and take back what they say is not wanted any more. Old news tells nobody. Raises the
    last Retry, after all."""
    if not _is_news(event):
        return
    rules = {key: reading.value for key, reading in desk.documents.all(NOTICE_RULES).items()}
    _take_back(desk, rules, event)
    passing: Retry | None = None
    for key, rule in rules.items():
        if rule.document.enabled and rule.document.event == _type(event) and holds(rule.when, facts_of(event)):
            try:
                _apply(desk, key, rule, event)
            except Retry as error:
                passing = error
    if passing is not None:
        raise passing


def take_tap(desk: Desk, event: events.CardTapped) -> None:
    """已收到 on a card: only whom it was sent to can say so."""
    word, _, send_id = event.task_id.partition("@")
    if word != ACK or event.key != ACK:
        return
    send = desk.sends.read(send_id)
    if send is not None and desk.people.userid(send.notice.recipient) == event.member_id:
        acknowledge(desk, send, send.notice.recipient)


def acknowledge(desk: Desk, send: Send, by: str) -> Send:
    """Somebody heard: nobody is told of it again, by whichever channel. The first word stays."""
    now = desk.now()
    desk.waiting.acknowledge(send.notice.rule, send.notice.event_id, by, now)
    if send.acknowledged_at is not None:
        return send
    return desk.sends.write(replace(send, acknowledged_at=now)) or desk.sends.read(send.notice.id) or send


def take_receipt(desk: Desk, event: events.TouchpointCaptured | events.NoticeReceipted) -> None:
    """What a platform says of a notice that it took: it arrived, or did not, and the next channel goes."""
    channel, number, delivered = _receipt(event)
    if delivered is None or not number:
        return
    send_id = number if number.startswith(SEND) else desk.waiting.send_of_receipt(channel, number)
    send = desk.sends.read(send_id) if send_id else None
    if send is None or send.notice.channel != channel or send.state != "sent" or send.delivered_at is not None:
        return
    if delivered:
        desk.sends.write(replace(send, delivered_at=event.at))
    elif desk.sends.write(replace(send, state="failed", reason="not-delivered")):
        send_now(desk, send.notice, desk.now())


def _receipt(event: events.TouchpointCaptured | events.NoticeReceipted) -> tuple[str, str, bool | None]:
    """(the channel by which a notice went, its number there, whether it arrived); None for what is no receipt."""
    if isinstance(event, events.NoticeReceipted):
        return event.notice_channel, event.number, event.state == "delivered"
    return event.channel, event.object_id, RECEIPTS.get(event.kind)


def _apply(desk: Desk, key: str, rule: Rule, event: Event) -> None:
    now = desk.now()
    due = event.at + timedelta(seconds=rule.document.delay_seconds)
    if rule.document.delay_seconds and due > now:
        tell_later(desk, key, event, due)
        return
    tell(desk, key, rule, event, now)
    tell_again(desk, key, rule, event, 1)


def _take_back(desk: Desk, rules: dict[str, Rule], event: Event) -> None:
    """Mark what no rule shall tell of any more: whatever waits is asked again before it leaves."""
    facts = facts_of(event)
    marks = {
        (key, str(getattr(event, cancel.same, "")))
        for key, rule in rules.items()
        for cancel in rule.cancels
        if cancel.event == _type(event) and holds(cancel.when, facts)
    }
    for key, value in sorted(marks):
        if value:
            desk.waiting.cancel(key, value, event.at)


def _is_news(event: Event) -> bool:
    return not event.replay and _type(event) in ASKABLE


def _type(event: Event) -> str:
    return str(getattr(event, "type", ""))
