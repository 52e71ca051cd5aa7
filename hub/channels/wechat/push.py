"""Message push (消息推送) of WeChat's own products, official accounts and stores: one door for its three modes.

https://developers.weixin.qq.com/doc/service/guide/dev/push/encryption.html (read 2024-04). `encrypt_type=aes` in the
query (compatible and secure mode): `msg_signature` covers the ciphertext, and only the decrypted copy is trusted, never
the plain fields that compatible mode puts beside it. Plaintext mode: `signature` does not cover the body.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from hub.channels.base import Answer, Delivery, Received, Rejected, Settings
from hub.channels.wechat import door
from hub.channels.wechat.document import is_json
from hub.channels.wechat.envelope import cut_ciphertext, message_key

SUCCESS = Answer(200, b"success")
PLAINTEXT_SETTING = "plaintext_allowed"
"""An opt-in ("yes"): anyone who saw one signed query could replay any body under it."""
_ORIGINAL_ID = "gh_0123456789ab"


class Opened(NamedTuple):
    """One verified message, the generation of settings that opened it, and whether it came encrypted."""

    received: Received
    settings: Settings
    sealed: bool


def app_receive_ids(settings: Settings) -> tuple[str, ...]:
    """The AppID, never the original id (gh_…); and `receive_ids`, where an open platform's component sends too."""
    listed = settings.get("receive_ids")
    more = listed if isinstance(listed, list | tuple) else ()
    return tuple(str(one) for one in (settings.get("app_id"), *more) if one)


def open_push(delivery: Delivery, secrets: Settings) -> Opened:
    """The message in a POST, in whichever mode it came. Raises Rejected.

    A query that claims nothing of encryption is taken for plaintext mode, so stripping `encrypt_type` gains nothing.
    """
    query = delivery.query
    if query.get("encrypt_type") == "aes" or "msg_signature" in query:
        encrypted = cut_ciphertext(delivery.body)
        settings, plaintext, account = door.open_by_generation(delivery, encrypted, secrets, app_receive_ids)
        return Opened(_received(plaintext, account), settings, sealed=True)
    settings = door.verify_plain(delivery, secrets)
    if secrets.get(PLAINTEXT_SETTING) != "yes":
        raise Rejected("bad-settings", field=PLAINTEXT_SETTING)
    if not delivery.body.strip():
        raise Rejected("bad-form")
    account = next(iter(app_receive_ids(secrets)), "")
    return Opened(_received(delivery.body, account), settings, sealed=False)


def sealed_push(settings: Settings, plaintext: bytes, *, timestamp: str, nonce: str, randomness: bytes) -> Delivery:
    """`plaintext` as it is posted in secure mode; a JSON text in the JSON envelope, all else in XML."""
    stamp = {"timestamp": timestamp, "nonce": nonce}
    sealed = door.seal(settings, plaintext, app_receive_ids(settings)[0], randomness=randomness, **stamp)
    signature = door.plain_signature(settings, timestamp, nonce)
    query = {"signature": signature, **sealed.query, "encrypt_type": "aes"}
    if is_json(plaintext):
        body = json.dumps({"ToUserName": _ORIGINAL_ID, "Encrypt": sealed.encrypted})
        return Delivery("POST", query, {"content-type": "application/json"}, body.encode())
    to = f"<ToUserName><![CDATA[{_ORIGINAL_ID}]]></ToUserName>"
    body = f"<xml>{to}<Encrypt><![CDATA[{sealed.encrypted}]]></Encrypt></xml>"
    return Delivery("POST", query, {"content-type": "text/xml"}, body.encode())


def _received(plaintext: bytes, account: str) -> Received:
    return Received(message_key(plaintext), plaintext, account)
