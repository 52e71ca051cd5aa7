"""The door for Douyin shop's message push (消息推送): one POST, a JSON array, a signature over its raw bytes."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from typing import Any

from hub.channels.base import Accepted, Answer, Delivery, Received, Rejected, Settings, generations
from hub.channels.batch import split_array
from hub.channels.door import Door, Stamp
from hub.channels.douyin.signing import sign_push
from hub.channels.parsing import parse_json

URL_CHECK_TAG = "0"

_SHOP = re.compile(r"[0-9A-Za-z_-]{1,32}")
_IDENTITY = re.compile(r"[0-9A-Za-z_-]{0,32}:[0-9A-Za-z_-]{1,16}:(?!None$)[0-9A-Za-z_.:-]{1,128}")


class DouyinDoor(Door):
    """A push that verifies is answered with a code; all else with 401, without a word."""

    SUCCESS = Answer(200, b'{"code":0,"msg":"success"}', "application/json")

    def open(self, delivery: Delivery, secrets: Settings) -> Accepted:
        """The messages of one push, each with its own exact text.

        A body that verifies and is no array is one message, whole: it is kept, and quarantined when it is read.
        """
        _verify(delivery, secrets)
        try:
            messages = [_received(item, text) for item, text in split_array(delivery.body) if not _is_check(item)]
        except (ValueError, RecursionError):
            messages = [Received(_sha256(delivery.body), delivery.body, "")]
        return Accepted(tuple(messages), self.SUCCESS)

    def sample(self, settings: Settings, plaintext: bytes, stamp: Stamp) -> Delivery:
        """One message (`{"tag":…,"msg_id":…,"data":…}`), or an array of them, as Douyin would push it."""
        body = plaintext if plaintext.lstrip()[:1] == b"[" else b"[" + plaintext + b"]"
        signature = sign_push(settings["app_key"], settings["app_secret"], body)
        headers = {"content-type": "application/json", "app-id": settings["app_key"], "event-sign": signature}
        return Delivery("POST", {}, headers, body)

    def ping(self, settings: Settings, stamp: Stamp) -> bytes:
        """The push with tag 0 that comes when the URL is saved."""
        return json.dumps({"tag": URL_CHECK_TAG, "msg_id": "0", "data": stamp.timestamp}).encode()


DOOR = DouyinDoor()


def _verify(delivery: Delivery, secrets: Settings) -> None:
    signature = delivery.headers.get("event-sign", "").lower().encode("utf-8", "surrogatepass")
    for settings in generations(secrets):
        if not settings.get("app_key") or not settings.get("app_secret"):
            raise Rejected("bad-settings", field="app_key, app_secret")
        expected = sign_push(str(settings["app_key"]), str(settings["app_secret"]), delivery.body).encode()
        if hmac.compare_digest(expected, signature):
            return
    raise Rejected("bad-signature")


def _is_check(item: Any) -> bool:
    return isinstance(item, dict) and str(item.get("tag")) == URL_CHECK_TAG


def _received(item: Any, text: str) -> Received:
    """Shop, tag and message id together are a message's identity; where one has no id, its own text is."""
    plaintext, shop = text.encode(), _shop(item)
    key = f"{shop}:{item.get('tag')}:{item.get('msg_id')}" if isinstance(item, dict) else ""
    if not _IDENTITY.fullmatch(key):
        key = _sha256(plaintext)
    return Received(key, plaintext, shop)


def _shop(item: Any) -> str:
    """The shop in a message's data (a text that holds JSON once more), or ''."""
    try:
        data = parse_json(item["data"]) if isinstance(item["data"], str) else item["data"]
        shop = data["shop_id"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return ""
    return str(shop) if _SHOP.fullmatch(str(shop)) else ""


def _sha256(plaintext: bytes) -> str:
    return hashlib.sha256(plaintext).hexdigest()
