"""The door that WeChat's products share (WeCom, customer service, official accounts, stores): open, echo, seal.

https://developer.work.weixin.qq.com/document/path/90930 (read 2024-07). A codec says which receive ids its settings
allow (`receive_ids`) and which answer its platform wants; all else is here. Only `Rejected` is ever raised.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from hub.channels.base import Accepted, Answer, Delivery, Received, Rejected, Settings, generations
from hub.channels.wechat.crypto import decrypt, encrypt, sign, verify_signature
from hub.channels.wechat.envelope import cut_ciphertext, message_key

BODY_LIMIT_BYTES = 256 * 1024
ECHO_LIMIT_BYTES = 128
FORBIDDEN = Answer(403)
"""Refused without a word: a forger learns nothing, and the console tells its administrator that the URL fails."""

ReceiveIds = Callable[[Settings], Sequence[str]]
"""All that callbacks under these settings may be meant for."""
_SEALED_ECHO = re.compile(rb"[!-;=-z|}~]{1,%d}" % ECHO_LIMIT_BYTES)
_PLAIN_ECHO = re.compile(rf"[0-9A-Za-z_-]{{1,{ECHO_LIMIT_BYTES}}}", re.ASCII)


class Sealed(NamedTuple):
    """A ciphertext, and the query (msg_signature, timestamp, nonce) that goes with it."""

    encrypted: str
    query: dict[str, str]


def require_method(delivery: Delivery) -> None:
    """Raises Rejected: too-large for a body over BODY_LIMIT_BYTES, bad-method for all but GET and POST."""
    if len(delivery.body) > BODY_LIMIT_BYTES:
        raise Rejected("too-large", limit_bytes=BODY_LIMIT_BYTES)
    if delivery.method not in ("GET", "POST"):
        raise Rejected("bad-method")


def accept_message(delivery: Delivery, secrets: Settings, receive_ids: ReceiveIds, success: Answer) -> Accepted:
    """The POST: one message, verified and opened. Its account is the receive id that it was meant for."""
    plaintext, account = open_sealed(delivery, cut_ciphertext(delivery.body), secrets, receive_ids)
    express = b"welcomecode" in plaintext.lower()
    return Accepted((Received(message_key(plaintext), plaintext, account, express=express),), success)


def accept_sealed_echo(delivery: Delivery, secrets: Settings, receive_ids: ReceiveIds) -> Accepted:
    """WeCom's GET: the decrypted echo, raw.

    Only what looks like an echo: a stolen message (XML or JSON), sent again as a GET, must not come back in clear.
    """
    echo, _ = open_sealed(delivery, delivery.query.get("echostr", ""), secrets, receive_ids)
    if not _SEALED_ECHO.fullmatch(echo):
        raise Rejected("not-an-echo")
    return Accepted((), Answer(200, echo))


def accept_plain_echo(delivery: Delivery, secrets: Settings) -> Accepted:
    """The GET of official accounts and stores: `signature` covers token, timestamp and nonce; the echo is plain."""
    verify_plain(delivery, secrets)
    echo = delivery.query.get("echostr", "")
    if not _PLAIN_ECHO.fullmatch(echo):
        raise Rejected("not-an-echo")
    return Accepted((), Answer(200, echo.encode()))


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
            verify_signature(query.get("msg_signature", ""), _token(settings), *signed)
            key = str(settings.get("encoding_aes_key", ""))
            return settings, *decrypt(key, encrypted, receive_ids(secrets))
        except Rejected as failure:
            failures.append(failure)
    raise max(failures, key=lambda failure: failure.reason != "bad-signature")


def seal(
    settings: Settings, plaintext: bytes, receive_id: str, *, timestamp: str, nonce: str, randomness: bytes
) -> Sealed:
    """`plaintext` as the platform encrypts and signs it. randomness: 16 bytes or more, never used twice."""
    encrypted = encrypt(settings["encoding_aes_key"], plaintext, receive_id, randomness)
    signature = sign(settings["token"], timestamp, nonce, encrypted)
    return Sealed(encrypted, {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce})


def sealed_post(
    settings: Settings,
    plaintext: bytes,
    receive_id: str,
    *,
    timestamp: str,
    nonce: str,
    randomness: bytes,
    agent_id: str = "",
) -> Delivery:
    """`plaintext` as WeCom posts it, in XML."""
    sealed = seal(settings, plaintext, receive_id, timestamp=timestamp, nonce=nonce, randomness=randomness)
    envelope = (
        f"<xml><ToUserName><![CDATA[{receive_id}]]></ToUserName>"
        f"<AgentID><![CDATA[{agent_id}]]></AgentID>"
        f"<Encrypt><![CDATA[{sealed.encrypted}]]></Encrypt></xml>"
    )
    return Delivery("POST", sealed.query, {"content-type": "text/xml"}, envelope.encode())


def sealed_echo(
    settings: Settings, receive_id: str, *, timestamp: str, nonce: str, randomness: bytes
) -> tuple[Delivery, Answer]:
    """The GET by which WeCom tries a URL: the answer is the decrypted number and nothing around it."""
    echo = echo_of(randomness)
    sealed = seal(settings, echo, receive_id, timestamp=timestamp, nonce=nonce, randomness=randomness)
    return Delivery("GET", {**sealed.query, "echostr": sealed.encrypted}), Answer(200, echo)


def plain_echo(settings: Settings, *, timestamp: str, nonce: str, randomness: bytes) -> tuple[Delivery, Answer]:
    """The GET by which an official account or a store tries a URL: the answer is `echostr` as it came."""
    echo = echo_of(randomness)
    query = {"signature": plain_signature(settings, timestamp, nonce), "timestamp": timestamp, "nonce": nonce}
    return Delivery("GET", {**query, "echostr": echo.decode()}), Answer(200, echo)


def plain_signature(settings: Settings, timestamp: str, nonce: str) -> str:
    """The `signature` of official accounts and stores: over token, timestamp and nonce alone."""
    return sign(settings["token"], timestamp, nonce, "")


def sealed_reply(
    settings: Settings, plaintext: bytes, receive_id: str, *, timestamp: str, nonce: str, randomness: bytes
) -> bytes:
    """A passive reply (被动回复) in the XML envelope that the platform opens."""
    sealed = seal(settings, plaintext, receive_id, timestamp=timestamp, nonce=nonce, randomness=randomness)
    return (
        f"<xml><Encrypt><![CDATA[{sealed.encrypted}]]></Encrypt>"
        f"<MsgSignature><![CDATA[{sealed.query['msg_signature']}]]></MsgSignature>"
        f"<TimeStamp>{timestamp}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
    ).encode()


def echo_of(randomness: bytes) -> bytes:
    """A number as the platforms echo it, made of random bytes."""
    return str(int.from_bytes(randomness[:8], "big")).encode()


def corp_receive_ids(settings: Settings) -> tuple[str, ...]:
    """WeCom's: `receive_ids` (a suite has several), else `receive_id`, else the corp id."""
    listed = settings.get("receive_ids")
    if isinstance(listed, list | tuple) and listed:
        return tuple(str(one) for one in listed)
    single = settings.get("receive_id", settings.get("corp_id"))
    return () if single is None else (str(single),)


def verify_plain(delivery: Delivery, secrets: Settings) -> Settings:
    """The generation of secrets whose `token` signed the query's `signature`; it does not cover the body.

    Raises Rejected: bad-signature, bad-settings.
    """
    query, failures = delivery.query, []
    for settings in generations(secrets):
        try:
            signed = _token(settings), query.get("timestamp", ""), query.get("nonce", ""), ""
            verify_signature(query.get("signature", ""), *signed)
            return settings
        except Rejected as failure:
            failures.append(failure)
    raise failures[0]


def _token(settings: Settings) -> str:
    """The token; without one nothing verifies."""
    token = settings.get("token")
    if not isinstance(token, str) or not token:
        raise Rejected("bad-settings", field="token")
    return token
