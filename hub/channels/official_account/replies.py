"""What a follower hears at once (被动回复): the answer to the very request that brought their message. Pure and lean.

https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Passive_user_reply_message.html (reported).
Settings: `subscribe_reply` greets who follows, `auto_reply` answers a message, `hand_over` = "yes" gives messages to
the account's human desk (transfer_customer_service) instead.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from hub.channels.base import NotUnderstood, Settings
from hub.channels.door import Stamp
from hub.channels.wechat.document import Fields, read_fields
from hub.channels.wechat.door import seal, sealed_reply

SETTINGS = ("subscribe_reply", "auto_reply", "hand_over")
HAND_OVER = "transfer_customer_service"


class Reply(NamedTuple):
    """A reply, the people in it already swapped. content: '' for a kind that has none."""

    to_user: str
    from_user: str
    kind: str
    content: str = ""


def reply_to(plaintext: bytes, settings: Settings) -> Reply | None:
    """The reply that these settings have for a message; None where it is answered with `success`."""
    if not any(settings.get(name) for name in SETTINGS):
        return None
    try:
        fields = read_fields(plaintext)
    except NotUnderstood:
        return None
    people = _text(fields, "fromusername"), _text(fields, "tousername")
    words = _words(fields, settings)
    return Reply(*people, *words) if all(people) and words else None


def render(reply: Reply, created_at: int, *, as_json: bool) -> bytes:
    """The reply in plain, in the format that the message came in. created_at: epoch seconds."""
    return _json(reply, created_at) if as_json else _xml(reply, created_at)


def sealed(settings: Settings, plaintext: bytes, receive_id: str, stamp: Stamp) -> bytes:
    """A reply in plain, encrypted and signed, in the envelope of its own format."""
    if plaintext[:1] != b"{":
        return sealed_reply(settings, plaintext, receive_id, stamp)
    envelope = seal(settings, plaintext, receive_id, stamp)
    fields = {"Encrypt": envelope.encrypted, "MsgSignature": envelope.query["msg_signature"]}
    return json.dumps(fields | {"TimeStamp": int(stamp.timestamp), "Nonce": stamp.nonce}).encode()


def _words(fields: Fields, settings: Settings) -> tuple[str, str] | None:
    if _text(fields, "msgtype") == "event":
        greeting = settings.get("subscribe_reply")
        return ("text", str(greeting)) if greeting and _text(fields, "event").lower() == "subscribe" else None
    if not _text(fields, "msgtype"):
        return None
    if settings.get("hand_over") == "yes":
        return HAND_OVER, ""
    words = settings.get("auto_reply")
    return ("text", str(words)) if words else None


def _xml(reply: Reply, created_at: int) -> bytes:
    content = f"<Content>{cdata(reply.content)}</Content>" if reply.content else ""
    people = (
        f"<ToUserName>{cdata(reply.to_user)}</ToUserName><FromUserName>{cdata(reply.from_user)}</FromUserName>"
        f"<CreateTime>{created_at}</CreateTime><MsgType>{cdata(reply.kind)}</MsgType>"
    )
    return f"<xml>{people}{content}</xml>".encode()


def _json(reply: Reply, created_at: int) -> bytes:
    fields = {"ToUserName": reply.to_user, "FromUserName": reply.from_user, "CreateTime": created_at}
    fields |= {"MsgType": reply.kind} | ({"Content": reply.content} if reply.content else {})
    return json.dumps(fields, ensure_ascii=False).encode()


def cdata(text: str) -> str:
    """`text` as CDATA; the one thing that would end it is split between two."""
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    return value.strip() if isinstance(value, str) else ""
