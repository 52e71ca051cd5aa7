"""What a channel is, to the rooms: a door (door.py), events behind it, and the words both sides use.

The front door's function starts cold in front of a platform that waits one second, so nothing here imports more than
the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Problem, Refuse

if TYPE_CHECKING:
    from hub.channels.facts import AfterSaleFacts, OrderFacts
    from hub.contracts.events import Event

MESSAGE_LIMIT_BYTES = 192 * 1024
"""What a WeCom body at the limit decrypts to; and its content, were every character escaped in JSON, still fits into an
item of DynamoDB's 400 KB. Of a larger push its hint is kept (hub.channels.hints), so nothing needs S3."""
Settings = Mapping[str, Any]
"""A connection's settings, secrets included. While a secret is being rotated, `previous` holds the older values."""


@dataclass(frozen=True)
class Delivery:
    """One HTTP request of a platform. query: decoded once; headers: lower-case names; body: the raw bytes.

    at: real time of receipt, epoch seconds, for protocols that bound a delivery's age. entropy: 16 fresh random bytes,
    for answers that must be encrypted. path: of the URL that was called, for platforms that sign it.
    """

    method: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    at: float = 0.0
    entropy: bytes = field(default=bytes(16), repr=False)
    path: str = ""


@dataclass(frozen=True)
class Received:
    """One verified message. dedupe_key: the platform's message id, else the sha256 (hex) of the plaintext.
    account: who was written to, as the platform names it (a receive id, a shop).
    channel: whose message it is where one URL brings those of several channels (a relay); "" is the URL's own.
    express: it brings a greeting's code, which dies within seconds."""

    dedupe_key: str
    plaintext: bytes
    account: str
    channel: str = ""
    express: bool = False


@dataclass(frozen=True)
class Answer:
    """What the platform wants to hear."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain"


@dataclass(frozen=True)
class Accepted:
    """A delivery that verified: `answer` may be given once all `messages` are stored (none: a check of the URL).
    unspoken: instead of it where the connection is disabled, if `answer` speaks to a customer. refused: of a batch, why
    each message that is not among `messages` was refused; the answer says so too."""

    messages: tuple[Received, ...]
    answer: Answer
    unspoken: Answer | None = None
    refused: tuple[str, ...] = ()


class Rejected(Refuse):
    """A delivery that does not verify, or is none of this channel's. Nothing of it is kept.

    reason: a kebab-case word: bad-signature, wrong-receive-id, bad-ciphertext, bad-form, bad-method, bad-settings,
    bad-encoding, dtd, too-large, too-many, wrong-channel, not-an-echo. The facts hold no secret.
    """

    code = "delivery-rejected"

    def __init__(self, reason: str, **facts: object) -> None:
        super().__init__(reason, **facts)
        self.reason = reason


class NotUnderstood(Refuse):
    """A message that verified and is stored, but means nothing to us (yet): quarantined, and replayed later."""

    code = "not-understood"

    def __init__(self, reason: str, **facts: object) -> None:
        super().__init__(reason, **{name: str(value)[:64] for name, value in facts.items()})
        self.reason = reason


@dataclass(frozen=True)
class StoredMessage:
    """A message of the inbox. received_at: business time of receipt, a fact that never changes."""

    tenant: str
    message_id: str
    connection_id: str
    channel: str
    account: str
    plaintext: bytes
    received_at: datetime
    replay: bool = False


@dataclass(frozen=True)
class Draft:
    """What a message says. event: to emit; content: what a person wrote, to put into the content store where the
    event's `content_ref` says. facts: the order or after-sale itself, where the message holds the truth and no API
    does."""

    event: Event | None = None
    content: dict[str, Any] | None = None
    facts: OrderFacts | AfterSaleFacts | None = None


class Inbound(Protocol):
    """The `inbound` module of each channel."""

    def events(self, message: StoredMessage) -> list[Draft]:
        """What the message says, in our words; empty when it is understood and says nothing to us.

        Raises NotUnderstood.
        """


def generations(secrets: Settings) -> Iterator[Settings]:
    """The current settings, then, while a rotation lasts, the previous ones (fields they lack are the current ones)."""
    yield secrets
    previous = secrets.get("previous")
    if isinstance(previous, Mapping) and previous:
        yield {**secrets, **previous}


def check_fields(fields: Sequence[Mapping[str, Any]], settings: Settings) -> list[Problem]:
    """`settings` against a channel document's `settings` list: what is missing, and what breaks its pattern."""
    return [problem for field_ in fields for problem in _field_problems(field_, settings.get(field_["name"]))]


def _field_problems(field_: Mapping[str, Any], value: object) -> Iterator[Problem]:
    pointer = f"/{field_['name']}"
    if value is None or value in ("", []):
        if field_.get("required"):
            yield Problem(pointer, "must be given")
        return
    if field_.get("type") == "list" and not isinstance(value, list):
        yield Problem(pointer, "must be a list of texts")
        return
    if field_.get("type") != "list" and isinstance(value, list):
        yield Problem(pointer, "must be one text, not a list")
        return
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, str) or not re.fullmatch(field_["pattern"], item):
            yield Problem(pointer, field_["rule"])
