"""The door for Youzan's message push (消息推送): one POST, a JSON object, a signature over its raw bytes.

https://doc.youzanyun.com/resource/doc/7634 (as public integrations quote it, 2026-09).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from typing import Any
from urllib.parse import unquote

from hub.channels.base import Accepted, Answer, Delivery, Received, Rejected, Settings, generations
from hub.channels.door import Door, Stamp
from hub.channels.parsing import parse_json

_CHANGES_WHEN_SENT_AGAIN = frozenset({"sendCount", "sign", "msg_id"})
_HINTS = ("trade_", "youzan_trade_")
_PART = re.compile(r"[0-9A-Za-z_.:-]{1,96}")


class YouzanDoor(Door):
    """What does not verify hears 401, without a word; Youzan sends it again."""

    SUCCESS = Answer(200, b'{"code":0,"msg":"success"}', "application/json")

    def open(self, delivery: Delivery, secrets: Settings) -> Accepted:
        """The one message of a push; none of a test (`test: true`).

        A body that verifies and is no object is kept whole, and quarantined when it is read.
        """
        signature = delivery.headers.get("event-sign", "")
        if signature:
            _verify(delivery.body, signature, secrets)
        push = _object(delivery.body)
        if not signature:
            _verify_old_form(push, secrets)
        if push.get("test") is True:
            return Accepted((), self.SUCCESS)
        message = Received(_key(push, delivery.body), delivery.body, _part(push, "kdt_id"))
        return Accepted((message,), self.SUCCESS)

    def sample(self, settings: Settings, plaintext: bytes, stamp: Stamp) -> Delivery:
        """One push, as Youzan would deliver it today (Event-Sign)."""
        headers = {
            "content-type": "application/json",
            "client-id": str(settings["client_id"]),
            "event-type": _part(_object(plaintext), "type"),
            "event-sign": sign(str(settings["client_id"]), plaintext, str(settings["client_secret"])),
        }
        return Delivery("POST", {}, headers, plaintext)

    def ping(self, settings: Settings, stamp: Stamp) -> bytes:
        """The test push of the console."""
        push = {"test": True, "client_id": settings["client_id"], "version": int(stamp.timestamp)}
        return json.dumps(push).encode()


DOOR = YouzanDoor()


def sign(client_id: str, signed: bytes, client_secret: str) -> str:
    """Lower-case hex MD5 over id, what is signed (the raw body; once the `msg` in it) and secret."""
    return hashlib.md5(client_id.encode() + signed + client_secret.encode(), usedforsecurity=False).hexdigest()


def _verify(signed: bytes, signature: str, secrets: Settings) -> None:
    raw_signature = signature.lower().encode("utf-8", "surrogatepass")
    for settings in generations(secrets):
        client_id, secret = settings.get("client_id"), settings.get("client_secret")
        if not client_id or not secret:
            raise Rejected("bad-settings", field="client_id, client_secret")
        if hmac.compare_digest(sign(str(client_id), signed, str(secret)).encode(), raw_signature):
            return
    raise Rejected("bad-signature")


def _verify_old_form(push: dict[str, Any], secrets: Settings) -> None:
    """`sign` in the body covers `msg` alone, as sent or decoded (the manuals disagree): good enough for a hint about an
    order or a refund, which is read again, and for nothing else. Only for pushes without an Event-Sign."""
    signature, message, kind = push.get("sign"), push.get("msg"), push.get("type")
    if not isinstance(signature, str) or not isinstance(message, str) or not str(kind).startswith(_HINTS):
        raise Rejected("bad-signature")
    try:
        _verify(message.encode("utf-8", "surrogatepass"), signature, secrets)
    except Rejected:
        _verify(unquote(message).encode("utf-8", "surrogatepass"), signature, secrets)


def _object(body: bytes) -> dict[str, Any]:
    """The push; {} where the body is none."""
    try:
        document = parse_json(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _key(push: dict[str, Any], body: bytes) -> str:
    """Shop, type, id, version, and the message's own id; where it has none, what it says (one second may bring two
    changes of one thing). Only `sendCount` tells a repetition from the first."""
    if not push:
        return hashlib.sha256(body).hexdigest()
    parts = [_part(push, field) for field in ("kdt_id", "type", "id", "version")]
    fields = {field: value for field, value in push.items() if field not in _CHANGES_WHEN_SENT_AGAIN}
    try:
        identity = json.dumps(fields, sort_keys=True).encode()
    except RecursionError:
        identity = body
    return ":".join([*parts, _part(push, "msg_id") or hashlib.sha256(identity).hexdigest()[:32]])


def _part(push: dict[str, Any], field: str) -> str:
    text = str(push.get(field, ""))
    return text if _PART.fullmatch(text) else ""
