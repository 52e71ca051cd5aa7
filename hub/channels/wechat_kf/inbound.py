"""What customer service says, in contract events: a callback that there is something, and the rows fetched then. Pure.

Callback: https://developer.work.weixin.qq.com/document/path/94670, rows (kf/sync_msg): path/94670 (read 2024-12). A
row is stored as `{"pulled":"message","row":{…}}`; its identity is `row_key`. Customers are external contacts of the
corp, so events name the corp as the account; the customer-service account (open_kfid) stands in content and object_id.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal

from hub.channels.base import Draft, NotUnderstood, StoredMessage
from hub.channels.reading import envelope
from hub.channels.wechat.callback import Callback, accounts_changed, read_callback
from hub.channels.wechat.document import read_fields
from hub.contracts.envelope import AttributionKey
from hub.contracts.events import FeedTouched, MessageReceived, TouchpointCaptured

FROM_CUSTOMER, FROM_SYSTEM, FROM_STAFF = "3", "4", "5"
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "text": "text",
        "image": "image",
        "voice": "voice",
        "video": "video",
        "file": "file",
        "location": "location",
        "link": "link",
        "business_card": "card",
        "miniprogram": "miniprogram",
        "msgmenu": "menu",
        "channels_shop_product": "product",
        "channels_shop_order": "order",
        "merged_msg": "merged",
        "channels": "channels",
        "meeting": "meeting",
        "schedule": "schedule",
        "note": "note",
    }
)
"""msgtype → the kind of message, as all channels call it."""
RENAMED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"text": {"content": "text"}, "location": {"name": "label"}, "link": {"desc": "description"}}
)
"""Content that other channels have too, under their names; the rest keeps the platform's."""

Touch = Literal[
    "session_started",
    "session_transferred",
    "session_ended",
    "message_recalled",
    "notice_failed",
]
SESSION_CHANGES: Mapping[str, Touch] = MappingProxyType(
    {"1": "session_started", "2": "session_transferred", "3": "session_ended", "4": "session_started"}
)
"""change_type: taken from the pool, handed over, ended, taken up again."""
SAYS_NOTHING = frozenset({"servicer_status_change", "servicer_recall_msg", "reject_customer_msg_switch_change"})
"""Of staff alone. The last one is a member of ours who stops hearing a customer: no word of the customer's."""


def events(message: StoredMessage) -> list[Draft]:
    """What a callback or a fetched row says; none for what our own staff wrote or did.

    Raises NotUnderstood: unmapped-event, unmapped-message, unmapped-origin, unmapped-change, unmapped-pull,
    missing-field, and what reading can raise (dtd, bad-xml, bad-json, too-deep, empty).
    """
    callback = read_callback(message)
    if "pulled" in callback.fields:
        if callback.required("pulled") != "message":
            raise NotUnderstood("unmapped-pull", pulled=callback.required("pulled"))
        return _from_row(callback.below("row"))
    event = callback.required("infotype" if "infotype" in callback.fields else "event").lower()
    if event == "kf_account_auth_change":
        return accounts_changed(callback)
    if event != "kf_msg_or_event":
        raise NotUnderstood("unmapped-event", event=event)
    feed, facts = callback.required("openkfid"), envelope(message, "feed.touched")
    return [Draft(FeedTouched(**facts, feed=feed, message_id=message.message_id))]


def row_key(row: Any) -> str:
    """A fetched row's identity, its dedupe key: `<open_kfid>:<external_userid>:<msgid>`; the hash of a row that has no
    such id."""
    if isinstance(row, Mapping):
        parts = (_text_of(row, "open_kfid"), _text_of(row, "external_userid"), row.get("msgid"))
        if isinstance(parts[-1], str) and parts[-1] and parts[0]:
            return ":".join(part for part in parts if part)
    return hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()


def welcome_code_of(row: Any) -> str:
    """The code that lets us greet whom this row says to have come, within 20 seconds, once; "" when there is none."""
    event = row.get("event") if isinstance(row, Mapping) else None
    if not isinstance(event, Mapping) or event.get("event_type") != "enter_session":
        return ""
    code = event.get("welcome_code")
    return code if isinstance(code, str) else ""


def callback_token(plaintext: bytes) -> str:
    """The Token of a callback, with which rows may be fetched without a strict limit for 10 minutes; "" without one."""
    try:
        token = read_fields(plaintext).get("token")
    except NotUnderstood:
        return ""
    return token if isinstance(token, str) else ""


def _text_of(row: Mapping[str, Any], name: str) -> str:
    """A row's text, which events have one level below."""
    event = row.get("event")
    inner = event.get(name) if isinstance(event, Mapping) else None
    value = row.get(name) or inner
    return value if isinstance(value, str) else ""


def _from_row(row: Callback) -> list[Draft]:
    origin, kind = row.required("origin"), row.required("msgtype")
    if origin == FROM_STAFF:
        return []
    if kind == "event":
        inner = row.below("event").fields
        return _from_event(Callback(row.message, {**row.fields, **inner}, row.account))
    if origin != FROM_CUSTOMER:
        raise NotUnderstood("unmapped-origin", origin=origin)
    if kind not in KINDS:
        raise NotUnderstood("unmapped-message", kind=kind)
    return [_received(row, kind)]


def _received(row: Callback, kind: str) -> Draft:
    message, names = row.message, RENAMED.get(kind, {})
    content = {names.get(name, name): value for name, value in row.below(kind).fields.items()}
    content |= {"schema": 1, "kind": KINDS[kind]}
    content |= {"source_time": row.words("send_time"), "open_kfid": row.required("open_kfid")}
    event = MessageReceived(
        **envelope(message, "message.received"),
        message_id=message.message_id,
        account=row.account,
        sender_id=row.required("external_userid"),
        kind=KINDS[kind],
        content_ref=message.message_id,
    )
    return Draft(event, content)


def _from_event(event: Callback) -> list[Draft]:
    kind = event.required("event_type")
    if kind in SAYS_NOTHING:
        return []
    if kind not in READERS:
        raise NotUnderstood("unmapped-event", event=kind)
    return [READERS[kind](event)]


def _entered(event: Callback) -> Draft:
    """enter_session: which link (scene), with which parameter of ours, or from whose channel (视频号) or its shop."""
    channels = event.below("wechat_channels")
    sources: dict[AttributionKey, str] = {
        "scene": event.optional("scene"),
        "code": event.optional("scene_param"),
        "influencer": channels.optional("nickname"),
        "store": channels.optional("shop_nickname"),
    }
    attribution = {name: value for name, value in sources.items() if value}
    return _touched(event, "session_started", event.required("open_kfid"), attribution)


def _session_changed(event: Callback) -> Draft:
    change = event.required("change_type")
    if change not in SESSION_CHANGES:
        raise NotUnderstood("unmapped-change", change=change)
    return _touched(event, SESSION_CHANGES[change], event.required("open_kfid"))


def _recalled(event: Callback) -> Draft:
    return _touched(event, "message_recalled", event.required("recall_msgid"))


def _send_failed(event: Callback) -> Draft:
    """msg_send_fail: what we sent did not arrive, though the call had said ok. Our own msgid names it."""
    return _touched(event, "notice_failed", event.required("fail_msgid"))


def _touched(
    event: Callback, kind: Touch, object_id: str, attribution: Mapping[AttributionKey, str] = MappingProxyType({})
) -> Draft:
    touched = TouchpointCaptured(
        **event.platform_facts("touchpoint.captured"),
        person_id=event.required("external_userid"),
        kind=kind,
        object_id=object_id,
        attribution=dict(attribution),
    )
    return Draft(touched)


READERS: Mapping[str, Callable[[Callback], Draft]] = MappingProxyType(
    {
        "enter_session": _entered,
        "session_status_change": _session_changed,
        "user_recall_msg": _recalled,
        "msg_send_fail": _send_failed,
    }
)
"""Per event_type: how it is read."""
