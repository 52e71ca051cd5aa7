"""What a notice says: a card for one ticket, a text for a night's worth. Chinese with English beside it.

Only the ticket's id, type and priority, and a link: never a name, a phone or what a customer wrote. Who may see
those sees them behind the link.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from functions.notifications.gateways.message import Message
from functions.notifications.sends.notices import UNREACHED, Notice
from hub.channels.wecom.cards import TEXT_LIMIT_BYTES, Card

ASSIGNED = "ticket.assigned"
GLASS, ENDPOINT = "glass.broken", "endpoint.disabled"
_TAG = re.compile(r'<a href="[^"]*">([^<]*)</a>')
ACCEPT = "accept"
"""The key that comes back when the button 接单 is tapped."""
ACK = "ack"
"""And 已收到: the send's id stands behind it in the card's task."""


def message_of(notice: Notice, page: str) -> Message:
    """The hub's own words for a notice: a card, and the same in a line for channels without cards."""
    card = card_of(notice, page)
    rows = (f"{name}：{value}" for name, value in card.fields)
    text = "；".join(filter(None, (card.description, *rows)))
    return Message(card.title, text, card.url, card=card)


def digest_message(notices: Sequence[Notice], titles: Mapping[str, str], page: str) -> Message:
    """One message for all that waited. titles: of notices with words of their own, by id."""
    text = digest_of(notices, page, titles)
    plain = _TAG.sub(r"\1", text)
    title = _both("words", "digest", len(_by_subject(notices)))
    return Message(title, plain, markup=text)


def card_of(notice: Notice, page: str) -> Card:
    """The card for one notice; with a button to accept when a visit waits for its recipient."""
    if notice.connection_id:
        return _platform_card(notice, page)
    if notice.kind in (GLASS, ENDPOINT):
        return _operators_card(notice, page)
    if notice.asks_ack:
        return replace(_ticket_card(notice, page), buttons=((_both("words", ACK), ACK),), task_id=_ack_task(notice))
    return _ticket_card(notice, page)


def ack_card(notice: Notice, message: Message) -> Card:
    """A card for words of a rule's own that somebody has to acknowledge."""
    words = (_both("words", ACK), ACK)
    return Card(message.title, _ack_task(notice), message.url, description=message.text, buttons=(words,))


def _ack_task(notice: Notice) -> str:
    return f"{ACK}@{notice.id}"


def _ticket_card(notice: Notice, page: str) -> Card:
    return Card(
        title=_title(notice),
        description=f"{_both('priorities', notice.priority)} · {_both('types', notice.ticket_type)}",
        task_id=f"{notice.ticket_id}@{notice.visit_id or notice.id}",
        url=subject_url(page, notice),
        fields=(
            (_both("words", "ticket"), notice.ticket_id),
            (_both("words", "type"), _both("types", notice.ticket_type)),
            (_both("words", "priority"), _both("priorities", notice.priority)),
            *(((_both("words", "unreached"), notice.about),) if notice.kind == UNREACHED else ()),
        ),
        buttons=((_both("words", "accept"), ACCEPT),) if notice.visit_id and notice.kind == ASSIGNED else (),
    )


def _platform_card(notice: Notice, page: str) -> Card:
    channel, kind, status = notice.about.split("/", 2)
    return Card(
        title=_title(notice),
        description=f"{_both('platforms', kind)} · {status}",
        task_id=f"{notice.connection_id}@{notice.id}",
        url=subject_url(page, notice),
        fields=((_both("words", "channel"), channel), (_both("words", "connection"), notice.connection_id)),
        buttons=(),
    )


def _operators_card(notice: Notice, page: str) -> Card:
    """Of broken glass who looked at what; of an endpoint why it was switched off."""
    first, second = notice.about.split("/", 1)
    words = ("person", "thing") if notice.kind == GLASS else ("endpoint", "cause")
    return Card(
        title=_title(notice),
        description=_both("priorities", notice.priority),
        task_id=f"{notice.kind.partition('.')[0]}@{notice.id}",
        url=subject_url(page, notice),
        fields=((_both("words", words[0]), first), (_both("words", words[1]), second)),
        buttons=(),
    )


def digest_of(notices: Sequence[Notice], page: str, titles: Mapping[str, str] | None = None) -> str:
    """One text for all that waited: a line a subject, most urgent first, within WeCom's 2048 bytes."""
    order = list(_templates()["priorities"])
    subjects = sorted(_by_subject(notices), key=lambda n: (-order.index(n.priority), n.ticket_id))
    lines = [_both("words", "digest", len(subjects)), *(_line(notice, page, titles or {}) for notice in subjects)]
    return _fit(lines)


def _by_subject(notices: Sequence[Notice]) -> list[Notice]:
    """Of each ticket, or other thing, the first notice."""
    return list({notice.ticket_id or notice.id: notice for notice in reversed(notices)}.values())


def subject_url(page: str, notice: Notice) -> str:
    """Where the ticket, the connection, the endpoint, or what was looked at is shown. page: an address with `{id}` in
    it: a browser has no token, so never one of the API's own."""
    if notice.kind == GLASS:
        thing = notice.about.split("/", 1)[1]
    elif notice.kind == ENDPOINT:
        thing = notice.about.partition("/")[0]
    else:
        thing = notice.connection_id or notice.ticket_id
    return page.replace("{id}", quote(thing, safe=""))


def _line(notice: Notice, page: str, titles: Mapping[str, str]) -> str:
    title = titles.get(notice.id, "")
    about = f"{_both('priorities', notice.priority)} {_safe(title) or _subject(notice)}"
    if notice.notification_id and not (notice.ticket_id or notice.connection_id or notice.kind in (GLASS, ENDPOINT)):
        return about
    label = notice.ticket_id or notice.connection_id or _title(notice)
    return f'<a href="{subject_url(page, notice)}">{label}</a> {about}'


def _safe(text: str) -> str:
    """Words with a customer's in them, in a text in which links are tags."""
    return text.replace("<", "＜")


def _subject(notice: Notice) -> str:
    """What it is about, in few words."""
    ticket_type = _both("types", notice.ticket_type)
    if notice.kind == UNREACHED:
        return f"{ticket_type} · {_both('words', 'unreached')} {notice.about}"
    return notice.about or ticket_type


def _fit(lines: Sequence[str]) -> str:
    """As many whole lines as fit, and how many tickets were left out."""
    for kept in range(len(lines), 1, -1):
        rest = [_both("words", "more", len(lines) - kept)] if kept < len(lines) else []
        text = "\n".join([*lines[:kept], *rest])
        if len(text.encode()) <= TEXT_LIMIT_BYTES:
            return text
    return lines[0]


def _title(notice: Notice) -> str:
    templates = _templates()
    special = templates["titles"].get("fallback" if notice.fallback else notice.priority, {})
    zh, en = special.get(notice.kind) or templates["kinds"].get(notice.kind, (notice.kind, ""))
    return f"{zh} {en}".strip()


def _both(group: str, key: str, count: int = 0) -> str:
    """The words for a key in both languages; a type that a tenant made up speaks for itself."""
    zh, en = _templates()[group].get(key) or (key, "")
    return f"{zh} {en}".strip().replace("{count}", str(count))


@lru_cache(maxsize=1)
def _templates() -> dict[str, Any]:
    text = (Path(__file__).parent / "templates.json").read_text(encoding="utf-8")
    templates: dict[str, Any] = json.loads(text)
    return templates
