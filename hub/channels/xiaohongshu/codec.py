"""The door for Xiaohongshu's message push (消息推送): one POST, a JSON array, headers app-key, timestamp and sign.

How `sign` is made is unconfirmed, and as far as known it does not cover the body: a push is taken for a hint, never for
a truth. The setting `push_signature` says whether it must hold: `required`, unless somebody chose `off`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from typing import Any

from hub.channels.base import Accepted, Answer, Delivery, Received, Rejected, Settings, generations
from hub.channels.batch import split_array
from hub.channels.door import Door, Stamp
from hub.channels.parsing import parse_json
from hub.channels.xiaohongshu.signing import sign_push
from hub.kernel.errors import Problem

SIGNATURE_OFF = "off"
SAMPLE_PATH = "/webhooks/xiaohongshu"

_SHOP = re.compile(r"[0-9A-Za-z_-]{1,64}")


class XiaohongshuDoor(Door):
    """A push that verifies is answered with a code; all else with 401, without a word."""

    SUCCESS = Answer(200, b'{"success":true,"error_code":0,"error_msg":""}', "application/json")

    def open(self, delivery: Delivery, secrets: Settings) -> Accepted:
        """The messages of one push, each with its own exact text.

        A body that is no array is one message, whole: it is kept, and quarantined when it is read.
        """
        _verify(delivery, secrets)
        try:
            messages = tuple(_received(item, text.encode()) for item, text in split_array(delivery.body))
        except (ValueError, RecursionError):
            messages = (Received(_sha256(delivery.body), delivery.body, ""),)
        return Accepted(messages, self.SUCCESS)

    def sample(self, settings: Settings, plaintext: bytes, stamp: Stamp) -> Delivery:
        """One message (`{"msgTag":…,"sellerId":…,"data":…}`), or an array of them, as Xiaohongshu would push it.

        The path is signed: give the setting `push_path` when the delivery shall go to a real URL.
        """
        key, secret = str(settings["app_key"]), str(settings["app_secret"])
        path = str(settings.get("push_path") or SAMPLE_PATH)
        signature = sign_push(key, secret, path=path, query={}, timestamp=stamp.timestamp)
        headers = {
            "content-type": "application/json",
            "app-key": key,
            "timestamp": stamp.timestamp,
            "sign": signature,
        }
        body = plaintext if plaintext.lstrip()[:1] == b"[" else b"[" + plaintext + b"]"
        return Delivery("POST", {}, headers, body, path=path)

    def ping(self, settings: Settings, stamp: Stamp) -> bytes:
        """A push of nothing: what the platform sends when a URL is saved is not documented."""
        return b"[]"

    def check_settings(self, settings: Settings) -> list[Problem]:
        """An authorisation is a refresh token or a code."""
        if settings.get("refresh_token") or settings.get("code"):
            return []
        return [Problem("/refresh_token", "must be given, unless a code is")]


DOOR = XiaohongshuDoor()


def _verify(delivery: Delivery, secrets: Settings) -> None:
    """app-key always; the signature unless it was turned off. Raises Rejected."""
    for settings in generations(secrets):
        key, secret = settings.get("app_key"), settings.get("app_secret")
        if not isinstance(key, str) or not isinstance(secret, str) or not key or not secret:
            raise Rejected("bad-settings", field="app_key, app_secret")
        off = secrets.get("push_signature") == SIGNATURE_OFF
        path = str(settings.get("push_path") or delivery.path)
        if _same(delivery, "app-key", key) and (off or _same(delivery, "sign", _expected(delivery, key, secret, path))):
            return
    raise Rejected("bad-signature")


def _expected(delivery: Delivery, key: str, secret: str, path: str) -> str:
    timestamp = delivery.headers.get("timestamp", "")
    return sign_push(key, secret, path=path, query=delivery.query, timestamp=timestamp)


def _same(delivery: Delivery, header: str, expected: str) -> bool:
    value = delivery.headers.get(header, "").strip().encode("utf-8", "surrogatepass")
    return hmac.compare_digest(value, expected.encode("utf-8", "surrogatepass"))


def _received(item: Any, plaintext: bytes) -> Received:
    """There is no message id: shop, tag, entity, update time and status are its identity, else its own text."""
    push = item if isinstance(item, dict) else {}
    data, shop = _data(push), _text(push, "sellerId")
    entity, updated = _text(data, "returnsId") or _text(data, "orderId"), _text(data, "updateTime")
    status = _text(data, "orderStatus") or _text(data, "returnType")
    identity = json.dumps([shop, _text(push, "msgTag"), entity, updated, status]).encode()
    key = _sha256(identity if entity and updated else plaintext)
    return Received(key, plaintext, shop if _SHOP.fullmatch(shop) else "")


def _text(fields: dict[str, Any], name: str) -> str:
    """A text, or a whole number as text; "" for all else."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _data(push: dict[str, Any]) -> dict[str, Any]:
    """`data`, a text that holds JSON once more; {} where it does not."""
    try:
        data = parse_json(push["data"]) if isinstance(push.get("data"), str) else push.get("data")
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _sha256(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()
