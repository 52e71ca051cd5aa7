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
from dataclasses import dataclass
from typing import Any

from hub.channels.base import Accepted, Answer, Delivery, Received, Rejected, Settings, generations

AGE_LIMIT_SECONDS = 300
BODY_LIMIT_BYTES = 900 * 1024
MESSAGES_LIMIT = 200
"""What is more in one batch is rejected message by message: the relay sends it again."""
MESSAGE_LIMIT_BYTES = 192 * 1024
"""With its escapes, a longer one would not fit into an item of the inbox."""
RELAY = "relay"
"""The channel of what is no batch: whatever it says, it is nobody's message."""
PULLED = "pulled"
"""What marks a row that we read from a platform ourselves. A relay that says it would pass its own word off as that."""
PINDUODUO = "pdd-pmc"
SOURCES: Mapping[str, str] = {"taobao-tmc": "taobao", PINDUODUO: "pinduoduo", "jd-jmq": "jd"}
"""The sources that a channel of ours reads in this form. Any other belongs to the relay, which quarantines it."""
UNAUTHORIZED = Answer(401)

_DECODER = json.JSONDecoder(parse_int=str)  # Python refuses to read a number of 4300 digits, and the batch with it
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


def accept(delivery: Delivery, secrets: Settings, source: str = "") -> Accepted:
    """The messages of one batch, each with its own exact text. Raises Rejected only.

    source: whose URL it is; "" where one URL serves many, and each batch says its own. What verifies and is no batch is
    one message of the relay's, whole: it is kept, and quarantined when it is read.
    """
    if delivery.method != "POST":
        raise Rejected("bad-method")
    if len(delivery.body) > BODY_LIMIT_BYTES:
        raise Rejected("too-large", limit_bytes=BODY_LIMIT_BYTES)
    _verify(delivery, secrets)
    try:
        told, items = _read(delivery.body.decode())
    except (ValueError, RecursionError):
        return Accepted((Received(_sha256(delivery.body), delivery.body, "", RELAY),), _answer([], []))
    if not source:
        _require_allowed(told, secrets)
    return _sort(source or told, items, own=bool(source))


def refuse(rejected: Rejected) -> Answer:
    """401 without a word; the connection's counters say why."""
    del rejected
    return UNAUTHORIZED


def post(settings: Settings, plaintext: bytes, *, source: str, timestamp: str) -> Delivery:
    """One message, or several with commas between, as a relay would post them; b"" is an empty batch."""
    body = b'{"source":' + json.dumps(source).encode() + b',"messages":[' + plaintext + b"]}"
    headers = {"content-type": "application/json", "x-hub-timestamp": timestamp}
    headers["x-hub-signature"] = sign(str(settings["relay_secret"]), timestamp, body)
    if settings.get("relay_key_id"):
        headers["x-hub-key-id"] = str(settings["relay_key_id"])
    return Delivery("POST", {}, headers, body, at=float(timestamp))


def greet(settings: Settings, *, source: str, timestamp: str) -> tuple[Delivery, Answer]:
    """The empty batch by which a relay tries its URL, and the answer to it."""
    return post(settings, b"", source=source, timestamp=timestamp), _answer([], [])


@dataclass(frozen=True)
class Door:
    """The door of a channel whose messages a relay brings to its own URL: without a `relay_secret` it takes nothing."""

    source: str

    def accept(self, delivery: Delivery, secrets: Settings) -> Accepted:
        """The messages of one signed batch. Raises Rejected only."""
        return accept(delivery, secrets, self.source)

    def sample(
        self, settings: Settings, plaintext: bytes, *, timestamp: str, nonce: str, randomness: bytes
    ) -> Delivery:
        """One relayed message as a relay would post it."""
        del nonce, randomness  # the protocol has neither
        return post(settings, plaintext, source=self.source, timestamp=timestamp)

    def verification(
        self, settings: Settings, *, timestamp: str, nonce: str, randomness: bytes
    ) -> tuple[Delivery, Answer]:
        """The empty batch by which a relay tries the URL."""
        del nonce, randomness
        return greet(settings, source=self.source, timestamp=timestamp)


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
    given = headers.get("x-hub-signature", "").encode("utf-8", "surrogatepass")
    if not any(_signs(settings, headers, timestamp, delivery.body, given) for settings in generations(secrets)):
        raise Rejected("bad-signature")
    if abs(delivery.at - int(timestamp)) > AGE_LIMIT_SECONDS:
        raise Rejected("stale", limit_seconds=AGE_LIMIT_SECONDS)


def _signs(settings: Settings, headers: Mapping[str, str], timestamp: str, body: bytes, given: bytes) -> bool:
    """Whether this generation of secrets made the signature. A connection without a secret takes nothing."""
    secret, key_id = settings.get("relay_secret"), settings.get("relay_key_id")
    if not isinstance(secret, str) or not secret:
        raise Rejected("bad-settings", field="relay_secret")
    if not _STAMP.fullmatch(timestamp) or (key_id and headers.get("x-hub-key-id", key_id) != key_id):
        return False
    return hmac.compare_digest(sign(secret, timestamp, body).encode(), given)


def _require_allowed(source: str, secrets: Settings) -> None:
    allowed = secrets.get("sources")
    if isinstance(allowed, list) and allowed and source not in allowed:
        raise Rejected("unknown-source", source=source[:64])


def _read(text: str) -> tuple[str, list[tuple[Any, str]]]:
    """The source and the messages, each with the text that it was parsed from. Raises ValueError, RecursionError."""
    if not isinstance(json.loads(text, parse_int=str), dict):
        raise ValueError("no object")
    members = {name: (value, told) for name, value, told in _parts(text.strip(" \t\r\n"), named=True)}
    source, (messages, told) = members.get("source", ("", ""))[0], members.get("messages", (None, ""))
    if not isinstance(messages, list):
        raise ValueError("no messages")
    return _word(source), [(value, item) for _, value, item in _parts(told, named=False)]


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
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def _sort(source: str, items: list[tuple[Any, str]], *, own: bool) -> Accepted:
    """The messages to keep, and the answer that says which."""
    channel = "" if own else SOURCES.get(source, "")
    kept: list[Received] = []
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
        kept.append(Received(identity(source, message, plaintext), plaintext, account, channel))
        accepted.append(message_id)
    return Accepted(tuple(kept), _answer(accepted, rejected))


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
    return "too-large" if len(plaintext) > MESSAGE_LIMIT_BYTES else ""


def _pinduoduo_fact(message: Mapping[str, Any]) -> str:
    """What the message is about and as of when: refund_id or tid, then modified, else when it was published."""
    content = message.get("content")
    if isinstance(content, str):
        try:
            content = json.loads(content, parse_int=str)
        except (ValueError, RecursionError):
            content = None
    told = content if isinstance(content, dict) else {}
    about = _word(told.get("refund_id")) or _word(told.get("tid"))
    published = _word(str(message.get("pub_time") or "").replace(" ", "T"))
    when = _word(told.get("modified")) or published
    return f"{about}@{when}" if about and when else _word(message.get("id"))


def _word(value: object) -> str:
    """An id or a name as text; "" where there is none, or what is there can be none."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return text if _WORD.fullmatch(text) else ""


def _answer(accepted: list[str], rejected: list[dict[str, str]]) -> Answer:
    said = json.dumps({"accepted": accepted, "rejected": rejected}, separators=(",", ":"))
    return Answer(200, said.encode(), "application/json")


def _sha256(plaintext: bytes) -> str:
    return hashlib.sha256(plaintext).hexdigest()
