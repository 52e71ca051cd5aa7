"""The door for WeCom callbacks (回调): the GET that verifies a URL, and the POST that brings a message.

https://developer.work.weixin.qq.com/document/path/90930 (read 2024-07). Nothing is parsed before it verifies: of the
envelope only the ciphertext is cut out, and the signature covers it.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from hub.channels.base import (
    Accepted,
    Answer,
    Delivery,
    NotUnderstood,
    Received,
    Rejected,
    Settings,
    check_fields,
    generations,
)
from hub.channels.wecom.crypto import decrypt, encrypt, sign, verify_signature
from hub.channels.wecom.document import read_fields
from hub.kernel.errors import Problem

name = "wecom"
BODY_LIMIT_BYTES = 1 << 20
ECHO_LIMIT_BYTES = 128
SUCCESS = Answer(200)

_CIPHERTEXT = re.compile(rb"<Encrypt\s*>(?:\s*<!\[CDATA\[([^\]<]*)\]\]>\s*|([^<]*))</Encrypt\s*>", re.IGNORECASE)
_USUAL_START, _USUAL_END = b"<Encrypt><![CDATA[", b"]]></Encrypt>"
_DECLARATION = re.compile(rb"<!(?!\[CDATA\[|--)")
_MESSAGE_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


def accept(delivery: Delivery, secrets: Settings) -> Accepted:
    """A verified message, or the echo that saves a URL. Raises Rejected only."""
    if len(delivery.body) > BODY_LIMIT_BYTES:
        raise Rejected("too-large", limit_bytes=BODY_LIMIT_BYTES)
    if delivery.method == "GET":
        return _accept_echo(delivery, secrets)
    if delivery.method != "POST":
        raise Rejected("bad-method")
    plaintext, account = _open(delivery, _cut_ciphertext(delivery.body), secrets)
    return Accepted((Received(_dedupe_key(plaintext), plaintext, account),), SUCCESS)


def refuse(rejected: Rejected) -> Answer:
    """403 without a word: a forger learns nothing, and WeCom tells its administrator that the URL does not pass."""
    del rejected
    return Answer(403)


def sample(settings: Settings, plaintext: bytes, *, timestamp: str, nonce: str, randomness: bytes) -> Delivery:
    """`plaintext` as WeCom would post it, to the first receive id of these settings."""
    encrypted, query = _seal(settings, plaintext, timestamp, nonce, randomness)
    receive_id = _receive_ids(settings)[0]
    envelope = (
        f"<xml><ToUserName><![CDATA[{receive_id}]]></ToUserName>"
        f"<AgentID><![CDATA[{settings.get('agent_id', '')}]]></AgentID>"
        f"<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    )
    return Delivery("POST", query, {"content-type": "text/xml"}, envelope.encode())


def verification(settings: Settings, *, timestamp: str, nonce: str, randomness: bytes) -> tuple[Delivery, Answer]:
    """The GET by which WeCom tries a URL: the answer is the decrypted number and nothing around it."""
    echo = str(int.from_bytes(randomness[:8], "big")).encode()
    encrypted, query = _seal(settings, echo, timestamp, nonce, randomness)
    return Delivery("GET", {**query, "echostr": encrypted}), Answer(200, echo)


def encrypt_reply(settings: Settings, plaintext: bytes, *, timestamp: str, nonce: str, randomness: bytes) -> bytes:
    """A passive reply (被动回复) in the envelope that WeCom opens."""
    encrypted, query = _seal(settings, plaintext, timestamp, nonce, randomness)
    return (
        f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt>"
        f"<MsgSignature><![CDATA[{query['msg_signature']}]]></MsgSignature>"
        f"<TimeStamp>{timestamp}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
    ).encode()


def check_settings(settings: Settings) -> list[Problem]:
    """What WeCom's console would make one get wrong: a cut or padded key, a blank, no receive id."""
    document = json.loads(Path(__file__).with_name("channel.json").read_text(encoding="utf-8"))
    problems = check_fields(document["settings"], settings)
    if not _receive_ids(settings):
        problems.append(Problem("/receive_ids", "must name the corp id (企业ID) or suite id that callbacks carry"))
    return problems


def _accept_echo(delivery: Delivery, secrets: Settings) -> Accepted:
    """Echo only what looks like an echo: a stolen message, sent again as a GET, must not come back in clear."""
    echo, _ = _open(delivery, delivery.query.get("echostr", ""), secrets)
    if len(echo) > ECHO_LIMIT_BYTES or echo.lstrip()[:1] in (b"<", b"{"):
        raise Rejected("not-an-echo")
    return Accepted((), Answer(200, echo))


def _open(delivery: Delivery, encrypted: str, secrets: Settings) -> tuple[bytes, str]:
    """The plaintext and its receive id, by the first generation of secrets that opens it."""
    query, failures = delivery.query, []
    signed = query.get("timestamp", ""), query.get("nonce", ""), encrypted
    for settings in generations(secrets):
        try:
            verify_signature(query.get("msg_signature", ""), str(settings.get("token", "")), *signed)
            return decrypt(str(settings.get("encoding_aes_key", "")), encrypted, _receive_ids(settings))
        except Rejected as failure:
            failures.append(failure)
    raise max(failures, key=lambda failure: failure.reason != "bad-signature")


def _cut_ciphertext(body: bytes) -> str:
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return _cut_json(body) if start == b"{" else _cut_xml(body)


def _cut_xml(body: bytes) -> str:
    """The text of Encrypt, wherever it stands. What is cut wrongly can't verify."""
    if _DECLARATION.search(body):
        raise Rejected("dtd")
    start, end = body.find(_USUAL_START) + len(_USUAL_START), body.find(_USUAL_END)
    if len(_USUAL_START) <= start <= end:
        return body[start:end].strip().decode("ascii", "replace")
    found = _CIPHERTEXT.search(body)
    if not found:
        raise Rejected("bad-form")
    return (found[1] if found[1] is not None else found[2]).strip().decode("ascii", "replace")


def _cut_json(body: bytes) -> str:
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError):
        raise Rejected("bad-form") from None
    found = [value for key, value in envelope.items() if key.lower() == "encrypt"]
    if len(found) != 1 or not isinstance(found[0], str):
        raise Rejected("bad-form")
    return found[0].strip()


def _dedupe_key(plaintext: bytes) -> str:
    """MsgId where there is one, else, and in any doubt, the hash of the plaintext.

    Events have no id that can be trusted: two of one second may agree in every field that WeCom names for it.
    """
    message_id = _message_id_json(plaintext) if plaintext[:1] == b"{" else _message_id_xml(plaintext)
    return message_id if _MESSAGE_ID.fullmatch(message_id) else hashlib.sha256(plaintext).hexdigest()


def _message_id_xml(plaintext: bytes) -> str:
    """Cut out, not parsed; but never taken from inside CDATA, where a customer could have written it."""
    tag = plaintext.rfind(b"<MsgId>")
    opened = plaintext.rfind(b"<![CDATA[", 0, tag)
    in_cdata = opened >= 0 and plaintext.find(b"]]>", opened, tag) < 0
    if tag < 0 or in_cdata or b"<Event>" in plaintext:
        return ""
    value, closed, _ = plaintext[tag + len(b"<MsgId>") :].partition(b"</MsgId>")
    if not closed:
        return ""
    return value.removeprefix(b"<![CDATA[").removesuffix(b"]]>").strip().decode("ascii", "replace")


def _message_id_json(plaintext: bytes) -> str:
    try:
        fields = read_fields(plaintext)
    except NotUnderstood:
        return ""
    return str(fields.get("msgid", "")) if fields.get("msgtype") != "event" else ""


def _seal(
    settings: Settings, plaintext: bytes, timestamp: str, nonce: str, randomness: bytes
) -> tuple[str, dict[str, str]]:
    encrypted = encrypt(settings["encoding_aes_key"], plaintext, _receive_ids(settings)[0], randomness)
    signature = sign(settings["token"], timestamp, nonce, encrypted)
    return encrypted, {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce}


def _receive_ids(settings: Settings) -> tuple[str, ...]:
    """All that callbacks may be meant for: `receive_ids`, else `receive_id`, else the corp id."""
    listed = settings.get("receive_ids")
    if isinstance(listed, list | tuple) and listed:
        return tuple(str(one) for one in listed)
    single = settings.get("receive_id", settings.get("corp_id"))
    return () if single is None else (str(single),)
