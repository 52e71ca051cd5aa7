"""What a WeCom callback says, in contract events. Pure.

Messages: https://developer.work.weixin.qq.com/document/path/90239, events: path/90240, customers: path/92130
(read 2024-07). Its CreateTime is kept as `source_time`; an event's `at` is the business time of receipt.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Literal

from hub.channels.base import Draft, NotUnderstood, StoredMessage
from hub.channels.wecom.document import Fields, read_fields
from hub.contracts.events import CardTapped, ContactChanged, MessageReceived
from hub.kernel.ids import derived_id

CONTENT_FIELDS: dict[str, dict[str, str]] = {
    "text": {"content": "text"},
    "image": {"picurl": "pic_url", "mediaid": "media_id"},
    "voice": {"mediaid": "media_id", "format": "format"},
    "video": {"mediaid": "media_id", "thumbmediaid": "thumb_media_id"},
    "location": {"location_x": "latitude", "location_y": "longitude", "scale": "scale", "label": "label"},
    "link": {"title": "title", "description": "description", "url": "url", "picurl": "pic_url"},
    "file": {"mediaid": "media_id", "title": "title", "filename": "file_name"},
}
"""Per kind of message: the platform's field (lower case) → the content's."""

Change = Literal["added", "half_added", "edited", "deleted_by_member", "deleted_by_customer"]
CHANGES: dict[str, Change] = {
    "add_external_contact": "added",
    "add_half_external_contact": "half_added",
    "edit_external_contact": "edited",
    "del_external_contact": "deleted_by_member",
    "del_follow_user": "deleted_by_customer",
}
NAME_LIMIT_BYTES = 512
"""Ids and keys are shorter in every manual, and become keys of ours: DynamoDB takes 2048 bytes."""
_SECONDS = re.compile(r"[0-9]{1,10}", re.ASCII)
SAYS_NOTHING = frozenset({"subscribe", "unsubscribe", "enter_agent", "location", "click", "view"})
"""Events that are understood, and that no room asks for."""


def events(message: StoredMessage) -> list[Draft]:
    """The one event in a callback, or none when it says nothing to us.

    Raises NotUnderstood: suite-callback, unmapped-message, unmapped-event, unmapped-change, missing-field, and what
    reading can raise (dtd, bad-xml, bad-json, too-deep, empty).
    """
    fields = read_fields(message.plaintext)
    if "infotype" in fields:
        raise NotUnderstood("suite-callback", info_type=fields["infotype"])
    kind = _text(fields, "msgtype")
    return _from_event(message, fields) if kind == "event" else [_received(message, fields, kind)]


def _from_event(message: StoredMessage, fields: Fields) -> list[Draft]:
    event = _text(fields, "event").lower()
    if event in SAYS_NOTHING:
        return []
    if event == "change_external_contact":
        return [_contact_changed(message, fields)]
    if event == "template_card_event":
        return [_card_tapped(message, fields)]
    raise NotUnderstood("unmapped-event", event=event)


def _received(message: StoredMessage, fields: Fields, kind: str) -> Draft:
    names = CONTENT_FIELDS.get(kind)
    if names is None:
        raise NotUnderstood("unmapped-message", kind=kind)
    told = {ours: fields[theirs] for theirs, ours in names.items() if isinstance(fields.get(theirs), str)}
    content = {"schema": 1, "kind": kind, **told}
    content |= {"source_time": _optional(fields, "createtime"), "agent_id": _optional(fields, "agentid")}
    event = MessageReceived(
        id=_event_id(message, "message.received"),
        tenant=message.tenant,
        at=message.received_at,
        replay=message.replay,
        message_id=message.message_id,
        connection_id=message.connection_id,
        channel=message.channel,
        account=message.account,
        sender_id=_text(fields, "fromusername"),
        kind=kind,
        content_ref=message.message_id,
    )
    return Draft(event, content)


def _contact_changed(message: StoredMessage, fields: Fields) -> Draft:
    change = _text(fields, "changetype")
    if change not in CHANGES:
        raise NotUnderstood("unmapped-change", change=change)
    event = ContactChanged(
        id=_event_id(message, "contact.changed"),
        tenant=message.tenant,
        at=message.received_at,
        replay=message.replay,
        connection_id=message.connection_id,
        channel=message.channel,
        account=message.account,
        change=CHANGES[change],
        member_id=_text(fields, "userid"),
        contact_id=_text(fields, "externaluserid"),
        state=_optional(fields, "state"),
        source_at=_source_at(fields),
    )
    return Draft(event)


def _card_tapped(message: StoredMessage, fields: Fields) -> Draft:
    event = CardTapped(
        id=_event_id(message, "card.tapped"),
        tenant=message.tenant,
        at=message.received_at,
        replay=message.replay,
        connection_id=message.connection_id,
        channel=message.channel,
        member_id=_text(fields, "fromusername"),
        task_id=_text(fields, "taskid"),
        key=_text(fields, "eventkey"),
    )
    return Draft(event)


def _source_at(fields: Fields) -> datetime | None:
    """CreateTime, seconds of WeCom's clock; None where it is none."""
    seconds = _optional(fields, "createtime")
    return datetime.fromtimestamp(int(seconds), UTC) if _SECONDS.fullmatch(seconds) else None


def _event_id(message: StoredMessage, kind: str) -> str:
    return derived_id("evt", message.received_at, message.message_id, kind, "0")


def _text(fields: Fields, name: str) -> str:
    value = _optional(fields, name).strip()
    if not 0 < len(value.encode()) <= NAME_LIMIT_BYTES:
        raise NotUnderstood("missing-field", field=name)
    return value


def _optional(fields: Fields, name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
