"""The door that WeChat's products share (WeCom, customer service, official accounts, stores): open, echo, seal.

https://developer.work.weixin.qq.com/document/path/90930 (read 2024-07). Whom callbacks may be meant for
(`receive_ids`) is what the settings say; official accounts and stores have a door of their own (push.py) on this one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from hub.channels.base import Accepted, Answer, Delivery, Received, Rejected, Settings, generations
from hub.channels.door import Door, Stamp
from hub.channels.wechat.crypto import decrypt, encrypt, sign, verify_signature
from hub.channels.wechat.envelope import cut_ciphertext, message_key

ECHO_LIMIT_BYTES = 128

ReceiveIds = Callable[[Settings], Sequence[str]]
"""All that callbacks under these settings may be meant for."""
_SEALED_ECHO = re.compile(rb"[!-;=-z|}~]{1,%d}" % ECHO_LIMIT_BYTES)


class Sealed(NamedTuple):
    """A ciphertext, and the query (msg_signature, timestamp, nonce) that goes with it."""

    encrypted: str
    query: dict[str, str]


class CallbackDoor(Door):
    """One URL for two things: the GET that verifies it, and the POST that brings a message.

    Refused without a word: a forger learns nothing, and the console tells its administrator that the URL fails.
    """

    METHODS = ("GET", "POST")
    BODY_LIMIT_BYTES = 256 * 1024
    SUCCESS = Answer(200, b"success")
    REFUSAL = Answer(403)

    def open(self, delivery: Delivery, secrets: Settings) -> Accepted:
        """A verified message, or the echo that saves a URL."""
        return self.open_echo(delivery, secrets) if delivery.method == "GET" else self.open_message(delivery, secrets)

    def open_echo(self, delivery: Delivery, secrets: Settings) -> Accepted:
        """The GET: no message, and the answer that saves the URL."""
        raise NotImplementedError

    def open_message(self, delivery: Delivery, secrets: Settings) -> Accepted:
        """The POST."""
        raise NotImplementedError


class CorpDoor(CallbackDoor):
    """The door of WeCom's callbacks, customer service included: always encrypted.

    Suites (第三方应用) must hear `success`; self-built apps need 200 and take any text that is no reply.
    """

    def open_echo(self, delivery: Delivery, secrets: Settings) -> Accepted:
        """The decrypted echo, raw.

        Only what looks like an echo: a stolen message (XML or JSON), sent again as a GET, must not come back in clear.
        """
        echo, _ = open_sealed(delivery, delivery.query.get("echostr", ""), secrets, corp_receive_ids)
        if not _SEALED_ECHO.fullmatch(echo):
            raise Rejected("not-an-echo")
        return Accepted((), Answer(200, echo))

    def open_message(self, delivery: Delivery, secrets: Settings) -> Accepted:
        """One message, verified and opened. Its account is the receive id that it was meant for."""
        plaintext, account = open_sealed(delivery, cut_ciphertext(delivery.body), secrets, corp_receive_ids)
        express = b"welcomecode" in plaintext.lower()
        return Accepted((Received(message_key(plaintext), plaintext, account, express=express),), self.SUCCESS)

    def sample(self, settings: Settings, plaintext: bytes, stamp: Stamp) -> Delivery:
        """`plaintext` as it is posted, in XML, to the first receive id of these settings."""
        receive_id, agent_id = corp_receive_ids(settings)[0], str(settings.get("agent_id", ""))
        sealed = seal(settings, plaintext, receive_id, stamp)
        envelope = (
            f"<xml><ToUserName><![CDATA[{receive_id}]]></ToUserName>"
            f"<AgentID><![CDATA[{agent_id}]]></AgentID>"
            f"<Encrypt><![CDATA[{sealed.encrypted}]]></Encrypt></xml>"
        )
        return Delivery("POST", sealed.query, {"content-type": "text/xml"}, envelope.encode())

    def verification(self, settings: Settings, stamp: Stamp) -> tuple[Delivery, Answer]:
        """The GET by which WeCom tries a URL: the answer is the decrypted number and nothing around it."""
        echo = echo_of(stamp)
        sealed = seal(settings, echo, corp_receive_ids(settings)[0], stamp)
        return Delivery("GET", {**sealed.query, "echostr": sealed.encrypted}), Answer(200, echo)


def open_sealed(delivery: Delivery, encrypted: str, secrets: Settings, receive_ids: ReceiveIds) -> tuple[bytes, str]:
    """The plaintext and its receive id."""
    _, plaintext, receive_id = open_by_generation(delivery, encrypted, secrets, receive_ids)
    return plaintext, receive_id


def open_by_generation(
    delivery: Delivery, encrypted: str, secrets: Settings, receive_ids: ReceiveIds
) -> tuple[Settings, bytes, str]:
    """The first generation of `token` and `encoding_aes_key` that opens it, the plaintext and its receive id.

    Secrets have generations, permissions have none: whom callbacks may be meant for is what the current settings say.
    """
    query, failures = delivery.query, []
    signed = query.get("timestamp", ""), query.get("nonce", ""), encrypted
    for settings in generations(secrets):
        try:
            verify_signature(query.get("msg_signature", ""), token_of(settings), *signed)
            key = str(settings.get("encoding_aes_key", ""))
            return settings, *decrypt(key, encrypted, receive_ids(secrets))
        except Rejected as failure:
            failures.append(failure)
    raise max(failures, key=lambda failure: failure.reason != "bad-signature")


def seal(settings: Settings, plaintext: bytes, receive_id: str, stamp: Stamp) -> Sealed:
    """`plaintext` as the platform encrypts and signs it."""
    encrypted = encrypt(settings["encoding_aes_key"], plaintext, receive_id, stamp.randomness)
    signature = sign(settings["token"], stamp.timestamp, stamp.nonce, encrypted)
    query = {"msg_signature": signature, "timestamp": stamp.timestamp, "nonce": stamp.nonce}
    return Sealed(encrypted, query)


def sealed_reply(settings: Settings, plaintext: bytes, receive_id: str, stamp: Stamp) -> bytes:
    """A passive reply (被动回复) in the XML envelope that the platform opens."""
    sealed = seal(settings, plaintext, receive_id, stamp)
    return (
        f"<xml><Encrypt><![CDATA[{sealed.encrypted}]]></Encrypt>"
        f"<MsgSignature><![CDATA[{sealed.query['msg_signature']}]]></MsgSignature>"
        f"<TimeStamp>{stamp.timestamp}</TimeStamp><Nonce><![CDATA[{stamp.nonce}]]></Nonce></xml>"
    ).encode()


def echo_of(stamp: Stamp) -> bytes:
    """A number as the platforms echo it, made of random bytes."""
    return str(int.from_bytes(stamp.randomness[:8], "big")).encode()


def corp_receive_ids(settings: Settings) -> tuple[str, ...]:
    """WeCom's: `receive_ids` (a suite has several), else `receive_id`, else the corp id."""
    listed = settings.get("receive_ids")
    if isinstance(listed, list | tuple) and listed:
        return tuple(str(receive_id) for receive_id in listed)
    single = settings.get("receive_id", settings.get("corp_id"))
    return () if single is None else (str(single),)


def token_of(settings: Settings) -> str:
    """The token; without one nothing verifies."""
    token = settings.get("token")
    if not isinstance(token, str) or not token:
        raise Rejected("bad-settings", field="token")
    return token
