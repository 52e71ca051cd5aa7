"""The envelope of WeChat's callbacks (WeCom, official accounts, stores): its ciphertext, and a message's identity.

Nothing is parsed before it verifies: of the envelope only the ciphertext is cut out, and the signature covers it.
"""

from __future__ import annotations

import hashlib
import re

from hub.channels.base import NotUnderstood, Rejected
from hub.channels.parsing import parse_json
from hub.channels.wechat.document import is_json, read_fields

_CIPHERTEXT = re.compile(rb"<Encrypt\s*>(?:\s*<!\[CDATA\[([^\]<]*)\]\]>\s*|([^<]*))</Encrypt\s*>", re.IGNORECASE)
_USUAL_START, _USUAL_END = b"<Encrypt><![CDATA[", b"]]></Encrypt>"
_DECLARATION = re.compile(rb"<!(?!\[CDATA\[|--)")
_MESSAGE_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_SENDER = re.compile(r"[!-9;-~]{0,128}")


def cut_ciphertext(body: bytes) -> str:
    """The ciphertext of an XML or JSON envelope, tolerant of case, order, blanks and missing CDATA. Raises Rejected."""
    return _cut_json(body) if is_json(body) else _cut_xml(body)


def _cut_xml(body: bytes) -> str:
    """The text of Encrypt, wherever it stands. What is cut wrongly can't verify.

    An official account in compatible mode has the plain message beside it, so a customer's words are looked at only
    where they do no harm: a DTD can stand only before the first CDATA, and the last Encrypt is the platform's own.
    """
    cdata = body.find(b"<![CDATA[")
    if _DECLARATION.search(body, 0, len(body) if cdata < 0 else cdata):
        raise Rejected("dtd")
    start = body.rfind(_USUAL_START) + len(_USUAL_START)
    end = body.find(_USUAL_END, start)
    if len(_USUAL_START) <= start <= end:
        return body[start:end].strip().decode("ascii", "replace")
    match = _CIPHERTEXT.search(body)
    if not match:
        raise Rejected("bad-form")
    return (match[1] if match[1] is not None else match[2]).strip().decode("ascii", "replace")


def _cut_json(body: bytes) -> str:
    try:
        envelope = parse_json(body)  # in compatible mode a customer's words stand beside the ciphertext
    except (ValueError, RecursionError):
        raise Rejected("bad-form") from None
    values = [value for key, value in envelope.items() if key.lower() == "encrypt"]
    if len(values) != 1 or not isinstance(values[0], str):
        raise Rejected("bad-form")
    return values[0].strip()


def message_key(plaintext: bytes) -> str:
    """`<sender>:<MsgId>`, the MsgId alone where nobody is named; in any doubt the hash of the plaintext.

    A MsgId is not known to be the account's own: two followers have been seen with one in the same second. Events have
    no id that can be trusted: two of one second may agree in every field that WeCom names for it.
    """
    sender, message_id = _identity_json(plaintext) if is_json(plaintext) else _identity_xml(plaintext)
    if _SENDER.fullmatch(sender) and _MESSAGE_ID.fullmatch(message_id):
        return f"{sender}:{message_id}" if sender else message_id
    return hashlib.sha256(plaintext).hexdigest()


def _identity_xml(plaintext: bytes) -> tuple[str, str]:
    """Sender and MsgId, cut out, not parsed. The platform writes the sender before what people wrote, the id behind."""
    if b"<Event>" in plaintext:
        return "", ""
    sender = _cut(plaintext, b"FromUserName", plaintext.find(b"<FromUserName>"))
    return sender, _cut(plaintext, b"MsgId", plaintext.rfind(b"<MsgId>"))


def _cut(plaintext: bytes, name: bytes, at: int) -> str:
    """The text of the element that begins there; never from inside CDATA, where a customer could have written it."""
    opened = plaintext.rfind(b"<![CDATA[", 0, max(at, 0))
    in_cdata = opened >= 0 and plaintext.find(b"]]>", opened, at) < 0
    if at < 0 or in_cdata:
        return ""
    value, closed, _ = plaintext[at + len(name) + 2 :].partition(b"</" + name + b">")
    if not closed:
        return ""
    return value.removeprefix(b"<![CDATA[").removesuffix(b"]]>").strip().decode("utf-8", "replace")


def _identity_json(plaintext: bytes) -> tuple[str, str]:
    try:
        fields = read_fields(plaintext)
    except NotUnderstood:
        return "", ""
    if fields.get("msgtype") == "event":
        return "", ""
    return str(fields.get("fromusername", "")).strip(), str(fields.get("msgid", "")).strip()
