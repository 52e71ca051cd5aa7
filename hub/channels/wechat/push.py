"""Message push (消息推送) of WeChat's own products, official accounts and stores: one door for its three modes.

https://developers.weixin.qq.com/doc/service/guide/dev/push/encryption.html (read 2024-04). `encrypt_type=aes` in the
query (compatible and secure mode): `msg_signature` covers the ciphertext, and only the decrypted copy is trusted, never
the plain fields that compatible mode puts beside it. Plaintext mode: `signature` does not cover the body.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from hub.channels.base import Accepted, Answer, Delivery, Received, Rejected, Settings, generations
from hub.channels.door import Stamp
from hub.channels.wechat.crypto import sign, verify_signature
from hub.channels.wechat.document import is_json
from hub.channels.wechat.door import ECHO_LIMIT_BYTES, CallbackDoor, echo_of, open_by_generation, seal, token_of
from hub.channels.wechat.envelope import cut_ciphertext, message_key

PLAINTEXT_SETTING = "plaintext_allowed"
"""An opt-in ("yes"): anyone who saw one signed query could replay any body under it."""
_ORIGINAL_ID = "gh_0123456789ab"
_PLAIN_ECHO = re.compile(rf"[0-9A-Za-z_-]{{1,{ECHO_LIMIT_BYTES}}}", re.ASCII)


class Opened(NamedTuple):
    """One verified message, the generation of settings that opened it, and whether it came encrypted."""

    received: Received
    settings: Settings
    sealed: bool


class PushDoor(CallbackDoor):
    """The door of official accounts and stores: the echo that saves a URL is plain."""

    def open_echo(self, delivery: Delivery, secrets: Settings) -> Accepted:
        """`signature` covers token, timestamp and nonce; the answer is `echostr` as it came."""
        verify_plain(delivery, secrets)
        echo = delivery.query.get("echostr", "")
        if not _PLAIN_ECHO.fullmatch(echo):
            raise Rejected("not-an-echo")
        return Accepted((), Answer(200, echo.encode()))

    def open_message(self, delivery: Delivery, secrets: Settings) -> Accepted:
        """One message or event, in whichever mode it came."""
        return Accepted((open_push(delivery, secrets).received,), self.SUCCESS)

    def sample(self, settings: Settings, plaintext: bytes, stamp: Stamp) -> Delivery:
        """`plaintext` as it is posted in secure mode; a JSON text in the JSON envelope, all else in XML."""
        sealed = seal(settings, plaintext, app_receive_ids(settings)[0], stamp)
        query = {"signature": _plain_signature(settings, stamp), **sealed.query, "encrypt_type": "aes"}
        if is_json(plaintext):
            body = json.dumps({"ToUserName": _ORIGINAL_ID, "Encrypt": sealed.encrypted})
            return Delivery("POST", query, {"content-type": "application/json"}, body.encode())
        to = f"<ToUserName><![CDATA[{_ORIGINAL_ID}]]></ToUserName>"
        body = f"<xml>{to}<Encrypt><![CDATA[{sealed.encrypted}]]></Encrypt></xml>"
        return Delivery("POST", query, {"content-type": "text/xml"}, body.encode())

    def verification(self, settings: Settings, stamp: Stamp) -> tuple[Delivery, Answer]:
        """The GET by which the platform tries a URL."""
        echo = echo_of(stamp)
        query = {
            "signature": _plain_signature(settings, stamp),
            "timestamp": stamp.timestamp,
            "nonce": stamp.nonce,
            "echostr": echo.decode(),
        }
        return Delivery("GET", query), Answer(200, echo)


def app_receive_ids(settings: Settings) -> tuple[str, ...]:
    """The AppID, never the original id (gh_…); and `receive_ids`, where an open platform's component sends too."""
    listed = settings.get("receive_ids")
    more = listed if isinstance(listed, list | tuple) else ()
    return tuple(str(receive_id) for receive_id in (settings.get("app_id"), *more) if receive_id)


def open_push(delivery: Delivery, secrets: Settings) -> Opened:
    """The message in a POST, in whichever mode it came. Raises Rejected.

    A query that claims nothing of encryption is taken for plaintext mode, so stripping `encrypt_type` gains nothing.
    """
    query = delivery.query
    if query.get("encrypt_type") == "aes" or "msg_signature" in query:
        encrypted = cut_ciphertext(delivery.body)
        settings, plaintext, account = open_by_generation(delivery, encrypted, secrets, app_receive_ids)
        return Opened(_received(plaintext, account), settings, sealed=True)
    settings = verify_plain(delivery, secrets)
    if secrets.get(PLAINTEXT_SETTING) != "yes":
        raise Rejected("bad-settings", field=PLAINTEXT_SETTING)
    if not delivery.body.strip():
        raise Rejected("bad-form")
    account = next(iter(app_receive_ids(secrets)), "")
    return Opened(_received(delivery.body, account), settings, sealed=False)


def verify_plain(delivery: Delivery, secrets: Settings) -> Settings:
    """The generation of secrets whose `token` signed the query's `signature`; it does not cover the body.

    Raises Rejected: bad-signature, bad-settings.
    """
    query, failures = delivery.query, []
    for settings in generations(secrets):
        try:
            signed = token_of(settings), query.get("timestamp", ""), query.get("nonce", ""), ""
            verify_signature(query.get("signature", ""), *signed)
            return settings
        except Rejected as failure:
            failures.append(failure)
    raise failures[0]


def _plain_signature(settings: Settings, stamp: Stamp) -> str:
    """The `signature` of official accounts and stores: over token, timestamp and nonce alone."""
    return sign(settings["token"], stamp.timestamp, stamp.nonce, "")


def _received(plaintext: bytes, account: str) -> Received:
    return Received(message_key(plaintext), plaintext, account)
