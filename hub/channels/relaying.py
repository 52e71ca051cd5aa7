"""The relay protocol (中继): a process that may hold a platform's websocket posts what it hears, signed, in batches.

    POST, JSON: {"source": "taobao-tmc", "messages": [{"id", "topic", "shop_id", "pub_time", "content"}]}
    X-Hub-Timestamp: epoch seconds        X-Hub-Key-Id: which secret, where there are several
    X-Hub-Signature: v1=<hex HMAC-SHA256 of timestamp + "." + raw body, keyed with the shared secret>
    answer: 200 {"accepted": [ids], "rejected": [{"id", "reason"}]}

The relay acknowledges to its platform the accepted ids and no others. It signs a repeat anew, so a timestamp says how
old a delivery is and nothing more: what is a repeat, the dedupe key decides. This stands in the cold path: the standard
library alone.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from hub.channels.base import (
    Accepted,
    Answer,
    Delivery,
    Received,
    Rejected,
    Settings,
    generations,
)
from hub.channels.door import Door, Stamp
from hub.channels.hints import fit
from hub.channels.parsing import decode, escape_lone, parse_json

AGE_LIMIT_SECONDS = 300
MESSAGES_LIMIT = 200
"""What is more in one batch is rejected message by message: the relay sends it again."""
RELAY = "relay"
"""The channel of what is no batch: whatever it says, it is nobody's message."""
PULLED = "pulled"
"""What marks a row that we read from a platform ourselves. A relay that says it would pass its own word off as that."""
PINDUODUO = "pdd-pmc"
SOURCES: Mapping[str, str] = {"taobao-tmc": "taobao", PINDUODUO: "pinduoduo", "jd-jmq": "jd"}
"""The sources that a channel of ours reads in this form. Any other belongs to the relay, which quarantines it."""

_DECODER = json.JSONDecoder(
    parse_int=str, strict=False
)  # Python refuses to read a number of 4300 digits, and the batch with it
_BLANKS = re.compile(r"[ \t\r\n]*")
_STAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
_WORD = re.compile(r"[!-~]{1,128}")
_KEY = re.compile(r"[!-~]{1,256}")


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The X-Hub-Signature of a body."""
    return (
        "v1="
        + hmac.new(secret.encode("utf-8", "replace"), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    )


class RelayedDoor(Door):
    """The door of a channel whose messages a relay brings to its own URL: without a `relay_secret` it takes nothing.

    source: whose URL it is; "" where one URL serves many, and each batch says its own. What does not verify hears 401
    without a word; the connection's counters say why.
    """

    BODY_LIMIT_BYTES = 900 * 1024
    SUCCESS = Answer(200, b'{"accepted":[],"rejected":[]}', "application/json")
    SIGNED_BY = ("relay_secret",)

    def __init__(self, source: str) -> None:
        self.source = source

    def open(self, delivery: Delivery, secrets: Settings) -> Accepted:
        """The messages of one batch, each with its own exact text.

        What verifies and is no batch is one message of the relay's, whole: it is kept, and quarantined when it is read.
        """
        _verify(delivery, secrets)
        try:
            source, items = _read(decode(delivery.body))
        except (ValueError, RecursionError):
            return Accepted((Received(_sha256(delivery.body), delivery.body, "", RELAY),), self.SUCCESS)
        if not self.source:
            _require_allowed(source, secrets)
        return _sort(self.source or source, items, own=bool(self.source))

    def sample(self, settings: Settings, plaintext: bytes, stamp: Stamp) -> Delivery:
        """One relayed message as a relay would post it."""
        return post(settings, plaintext, source=self.source, timestamp=stamp.timestamp)

    def ping(self, settings: Settings, stamp: Stamp) -> bytes:
        """The empty batch by which a relay tries the URL."""
        return b""


def post(settings: Settings, plaintext: bytes, *, source: str, timestamp: str) -> Delivery:
    """One message, or several with commas between, as a relay would post them; b"" is an empty batch."""
    body = b'{"source":' + json.dumps(source).encode() + b',"messages":[' + plaintext + b"]}"
    headers = {"content-type": "application/json", "x-hub-timestamp": timestamp}
    headers["x-hub-signature"] = sign(str(settings["relay_secret"]), timestamp, body)
    if settings.get("relay_key_id"):
        headers["x-hub-key-id"] = str(settings["relay_key_id"])
    return Delivery("POST", {}, headers, body, at=float(timestamp))


def identity(source: str, message: Mapping[str, Any], plaintext: bytes) -> str:
    """The dedupe key: source, shop, topic and the platform's message id.

    Pinduoduo may send one message again under another id, so there the order or after-sale and its time stand for it.
    In any doubt: the sha256 of the message's own text.
    """
    last = _pinduoduo_fact(message) if source == PINDUODUO else _word(message.get("id"))
    parts = (source, _word(message.get("shop_id")), _word(message.get("topic")), last)
    key = ":".join(parts)
    return key if last and _KEY.fullmatch(key) else _sha256(plaintext)


def _verify(delivery: Delivery, secrets: Settings) -> None:
    headers = delivery.headers
    timestamp = headers.get("x-hub-timestamp", "")
    signature = headers.get("x-hub-signature", "").encode("utf-8", "surrogatepass")
    if not any(_signs(settings, headers, timestamp, delivery.body, signature) for settings in generations(secrets)):
        raise Rejected("bad-signature")
    if abs(delivery.at - int(timestamp)) > AGE_LIMIT_SECONDS:
        raise Rejected("stale", limit_seconds=AGE_LIMIT_SECONDS)


def _signs(settings: Settings, headers: Mapping[str, str], timestamp: str, body: bytes, signature: bytes) -> bool:
    """Whether this generation of secrets made the signature. A connection without a secret takes nothing."""
    secret, key_id = settings.get("relay_secret"), settings.get("relay_key_id")
    if not isinstance(secret, str) or not secret:
        raise Rejected("bad-settings", field="relay_secret")
    if not _STAMP.fullmatch(timestamp) or (key_id and headers.get("x-hub-key-id", key_id) != key_id):
        return False
    return hmac.compare_digest(sign(secret, timestamp, body).encode(), signature)


def _require_allowed(source: str, secrets: Settings) -> None:
    allowed = secrets.get("sources")
    if isinstance(allowed, list) and allowed and source not in allowed:
        raise Rejected("unknown-source", source=source[:64])


def _read(text: str) -> tuple[str, list[tuple[Any, str]]]:
    """The source and the messages, each with the text that it was parsed from. Raises ValueError, RecursionError."""
    try:
        whole = _DECODER.decode(text)
    except ValueError:
        text = escape_lone(text)
        whole = _DECODER.decode(text)
    if not isinstance(whole, dict):
        raise ValueError("no object")
    members = {name: (value, part) for name, value, part in _parts(text.strip(" \t\r\n"), named=True)}
    source, (messages, array) = members.get("source", ("", ""))[0], members.get("messages", (None, ""))
    if not isinstance(messages, list):
        raise ValueError("no messages")
    return _word(source), [(value, part) for _, value, part in _parts(array, named=False)]


def _parts(text: str, *, named: bool) -> Iterator[tuple[str, Any, str]]:
    """What stands in an object (named) or a list: its name, itself, its text. text: known to be JSON."""
    at, name = _skip(text, 1), ""
    while text[at] not in "]}":
        if named:
            name, end = _DECODER.raw_decode(text, at)
            at = _skip(text, _skip(text, end) + 1)
        value, end = _DECODER.raw_decode(text, at)
        yield name, value, text[at:end]
        at = _skip(text, end)
        at = _skip(text, at + 1) if text[at] == "," else at


def _skip(text: str, at: int) -> int:
    blanks = _BLANKS.match(text, at)
    return blanks.end() if blanks else at


def _sort(source: str, items: list[tuple[Any, str]], *, own: bool) -> Accepted:
    """The messages to keep, and the answer that says which."""
    channel = "" if own else SOURCES.get(source, "")
    received: list[Received] = []
    accepted: list[str] = []
    rejected: list[dict[str, str]] = []
    for nth, (message, text) in enumerate(items):
        plaintext = text.encode("utf-8", "replace")
        message_id = _word(message.get("id")) if isinstance(message, dict) else ""
        reason = "too-many" if nth >= MESSAGES_LIMIT else _fault(message, message_id, plaintext)
        if reason:
            rejected.append({"id": message_id, "reason": reason})
            continue
        account = _word(message.get("shop_id")) if own or channel else source
        received.append(Received(identity(source, message, plaintext), plaintext, account, channel))
        accepted.append(message_id)
    refused = tuple(each["reason"] for each in rejected)
    return Accepted(tuple(received), _answer(accepted, rejected), refused=refused)


def _fault(message: Any, message_id: str, plaintext: bytes) -> str:
    """Why a message can't be kept, "" when it can."""
    if not isinstance(message, dict):
        return "no-object"
    if not message_id:
        return "no-id"
    if not _word(message.get("topic")):
        return "no-topic"
    if PULLED in message:
        return "reserved"
    return "too-large" if fit(plaintext) is None else ""


def _pinduoduo_fact(message: Mapping[str, Any]) -> str:
    """What the message is about and as of when: refund_id or tid, then modified, else when it was published."""
    content = message.get("content")
    if isinstance(content, str):
        try:
            content = parse_json(content)
        except (ValueError, RecursionError):
            content = None
    fields = content if isinstance(content, dict) else {}
    number = _word(fields.get("refund_id")) or _word(fields.get("tid"))
    published = _word(str(message.get("pub_time") or "").replace(" ", "T"))
    modified = _word(fields.get("modified")) or published
    return f"{number}@{modified}" if number and modified else _word(message.get("id"))


def _word(value: object) -> str:
    """An id or a name as text; "" where there is none, or what is there can be none."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return text if _WORD.fullmatch(text) else ""


def _answer(accepted: list[str], rejected: list[dict[str, str]]) -> Answer:
    text = json.dumps({"accepted": accepted, "rejected": rejected}, separators=(",", ":"))
    return Answer(200, text.encode(), "application/json")


def _sha256(plaintext: bytes) -> str:
    return hashlib.sha256(plaintext).hexdigest()
