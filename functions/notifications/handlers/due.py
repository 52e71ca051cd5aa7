"""What has come due: notices that waited, events that are told later or again, shifts that begin.

The sweep reads by a key what is due, in good health nothing. A few are done at once; many are shared out over the
room's queue, so that a morning's 3,000 digests leave side by side. Whoever takes one holds it for a while: a sender
that is killed leaves it due again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from functions.notifications.desk import Desk
from functions.notifications.gateways.message import Message
from functions.notifications.handlers.telling import (
    GROUP,
    IN_GROUPS,
    RUNG,
    address_of,
    message_for,
    post,
    release_of,
    send_now,
    settings_of,
    tell,
    tell_unreached,
)
from functions.notifications.rules.rule_kind import NOTICE_RULES, Rule
from functions.notifications.sends.bundling import FINAL, send_together
from functions.notifications.sends.delivery import Claim, Outcome, Send
from functions.notifications.sends.lines import Post
from functions.notifications.sends.notices import Notice
from functions.notifications.sends.wording import digest_message
from hub.contracts import events
from hub.contracts.events import Event, parse_event
from hub.kernel.clock import parse_rfc3339
from hub.kernel.errors import HubError, Retry
from hub.kernel.ids import derived_id
from hub.kernel.rosters import named_in, on_duty
from hub.store.table import Key

QUEUE = "due"
FEW = 20
"""So many are done by the sweep itself; more are shared out."""
HELD = timedelta(seconds=90)
"""Longer than a function runs."""


def sweep_due(desk: Desk, now: datetime) -> datetime:
    """Do what is due, or have it done; answers when something will be next, as things stand."""
    keys = desk.waiting.due(now)
    if len(keys) > FEW:
        desk.share(QUEUE, *({"pk": pk, "sk": sk} for pk, sk in keys))
    else:
        for key in keys:
            try:
                do_due(desk, key, now)
            except HubError as error:  # one that can't be helped now holds up no other
                desk.logger.warning(error.code, extra={"due": key[0], "detail": error.detail})
    return desk.waiting.next_due()


def do_due(desk: Desk, key: Key, now: datetime) -> None:
    """Do one thing that is due. What is not due any more, or is held by somebody, is left alone. Where the platform
    asks for patience it is due again then."""
    if key[1] == "roster":
        _begin_shift(desk, key, now)
        return
    item = desk.waiting.take(key, now, now + HELD)
    if item is None:
        return
    try:
        if key[1] == "slot":
            _send_slot(desk, key, item, now)
        else:
            _tell_pending(desk, key, item, now)
    except Retry as error:
        desk.waiting.hold(key, now + timedelta(seconds=max(error.after_seconds, 1)))
        raise


def _send_slot(desk: Desk, key: Key, item: dict[str, Any], now: datetime) -> None:
    """What one person waited for: each notice is asked again whether it is wanted, and what is goes as one digest. A
    customer's are templates, so they go one by one, as their cap lets them."""
    ids = desk.waiting.members(key)
    known = desk.sends.read_many(ids)
    sends = [send for send in known if not _taken_back(desk, send)]
    left: Sequence[Send] = ()
    if sends and sends[0].notice.audience == "customer":
        _send_apart(desk, sends, now)
    elif sends:
        line, write = partial(_by_line, desk), partial(_write, desk)
        left = send_together(desk.sends, sends, now, owner=uuid4().hex, line=line, write=write)
        _count(desk, str(item["recipient"]), key, now)
    rungs = [send.notice.id for send in known if send.notice.kind == RUNG]
    for send in desk.sends.read_many(rungs) if rungs else ():
        tell_unreached(desk, send, now)
    if not left:
        desk.waiting.close_slot(key, int(item["version"]), ids)


def _taken_back(desk: Desk, send: Send) -> bool:
    """Whether a notice that waits is not wanted any more; then it says so. What joined a digest is on its way."""
    if send.state in FINAL:
        return True
    since = parse_rfc3339(send.notice.since) if send.notice.since else send.created_at
    if send.state != "delayed" or not desk.waiting.cancelled_after(send.notice.cancels, since):
        return False
    desk.sends.write(replace(send, state="cancelled", reason="taken-back"))
    return True


def _send_apart(desk: Desk, sends: Sequence[Send], now: datetime) -> None:
    """Each by itself; those for which there is no place yet wait for one, elsewhere."""
    for send in sends:
        release = release_of(desk, send.notice, now)
        if release > now:
            if desk.sends.write(replace(send, release_at=release)):
                desk.waiting.join_slot(send.notice.recipient, send.notice.id, release)
        else:
            send_now(desk, send.notice, now)


def _by_line(desk: Desk, digest: Notice) -> Notice:
    """A digest by the channels by which its recipient is reached now."""
    lines = IN_GROUPS if digest.recipient.startswith(GROUP) else settings_of(desk).mix.normal
    usable = desk.carrier.usable(lines[0], address_of(desk, digest)) if lines else ()
    first, *rest = usable or (digest.channel,)
    return replace(digest, channel=first, rest=tuple(rest))


def _write(desk: Desk, digest: Notice, notices: Sequence[Notice]) -> Post:
    """How a digest is posted: its words are made once."""
    titles = {notice.id: message_for(desk, notice).title for notice in notices if notice.words}
    message = digest_message(notices, titles, desk.page)
    return partial(_post_digest, desk, message)


def _post_digest(desk: Desk, message: Message, digest: Notice, claim: Claim) -> Outcome:
    return post(desk, digest, message, address_of(desk, digest), claim)


def _count(desk: Desk, recipient: str, key: Key, now: datetime) -> None:
    """A digest has a place under the cap as well."""
    desk.waiting.claim_place(recipient, key[0], now, lambda _: now)


def _tell_pending(desk: Desk, key: Key, item: dict[str, Any], now: datetime) -> None:
    """An event that a rule tells of later, unless it was taken back; or again, unless somebody heard."""
    event, rule_key, turn = parse_event(item["event"]), str(item["rule"]), int(item["round"])
    reading = desk.documents.find(NOTICE_RULES, rule_key)
    if reading is not None and reading.value.document.enabled and _still_wanted(desk, rule_key, reading.value, event):
        tell(desk, rule_key, reading.value, event, now, turn)
        tell_again(desk, rule_key, reading.value, event, turn + 1)
    desk.waiting.drop_pending(key)


def _still_wanted(desk: Desk, key: str, rule: Rule, event: Event) -> bool:
    marks = [f"{key}#{getattr(event, cancel.same, '')}" for cancel in rule.cancels]
    return not (
        desk.waiting.is_acknowledged(key, event.id) or desk.waiting.cancelled_after([*dict.fromkeys(marks)], event.at)
    )


def tell_later(desk: Desk, key: str, event: Event, at: datetime, turn: int = 0) -> None:
    """Let a rule tell of an event at this moment."""
    desk.waiting.put_pending(key, json.loads(event.model_dump_json()), at, turn)


def tell_again(desk: Desk, key: str, rule: Rule, event: Event, turn: int) -> None:
    """Let a rule that wants to be acknowledged tell of an event once more, after so many turns."""
    document = rule.document
    if document.until_ack is not None and turn <= document.until_ack.times:
        seconds = document.delay_seconds + turn * document.until_ack.every_seconds
        tell_later(desk, key, event, event.at + timedelta(seconds=seconds), turn)


def _begin_shift(desk: Desk, key: Key, now: datetime) -> None:
    """Say that a shift begins, and wait for the next one."""
    team = key[0].rpartition("#")[2]
    begun = desk.people.due_shift(team, now)
    if begun is None:
        return
    roster, at = begun
    desk.emit(
        events.ShiftStarted(
            id=derived_id("evt", at, "shift.started", team),
            tenant=desk.tenant,
            at=at,
            team=team,
            on_duty=on_duty(roster, max(at, now)),
            rostered=named_in(roster),
            hand_over=roster.hand_over,
        )
    )
    desk.people.await_shift(team, max(at, now))
