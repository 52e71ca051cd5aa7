"""The door of the open channel: Standard Webhooks, https://www.standardwebhooks.com (specification 1.0.0, read 2026).

A sender signs `<webhook-id>.<webhook-timestamp>.<raw body>` with HMAC-SHA256, keyed with the bytes that the secret
`whsec_<base64>` stands for; `webhook-signature` lists one or several `v1,<base64>`, parted by blanks. A retry keeps its
id and gets a fresh timestamp. What the body says is looked at only after that, and only far enough to know a ping.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re

from hub.channels.base import (
    MESSAGE_LIMIT_BYTES,
    Accepted,
    Answer,
    Delivery,
    Received,
    Rejected,
    Settings,
    generations,
)
from hub.channels.door import Door, Stamp
from hub.channels.parsing import parse_json
from hub.kernel.errors import Problem

TOLERANCE_SECONDS = 300
SECRET_BYTES = range(24, 65)
SIGNATURES_LIMIT = 8
STALE = Answer(401, b'{"error":"stale-timestamp"}', "application/json")
UNREADABLE = Answer(415, b'{"error":"content-encoding must be identity, gzip or deflate"}', "application/json")

_ID = re.compile(r"[A-Za-z0-9_:-]{1,128}", re.ASCII)
_ID_LIMIT = 256
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)
_PREFIX = "whsec_"
_SECRET_RULE = "must be whsec_ and the base64 of 24 to 64 random bytes"  # noqa: S105 - a rule, no secret


class OpenDoor(Door):
    """401, alike for all that does not verify; only a clock that is off, and a body packed in an odd way,
    are named: no sender finds that otherwise."""

    BODY_LIMIT_BYTES = MESSAGE_LIMIT_BYTES
    SUCCESS = Answer(200, b'{"ok":true}', "application/json")
    REFUSAL = Answer(401, b'{"error":"not-verified"}', "application/json")

    def open(self, delivery: Delivery, secrets: Settings) -> Accepted:
        """The one message of a signed delivery, or none where it is a ping. Raises Rejected only: bad-form, stale,
        bad-settings, bad-signature."""
        message_id, timestamp = _header(delivery, "webhook-id"), _header(delivery, "webhook-timestamp")
        _verify_age(timestamp, delivery.at)
        _verify_signature(delivery, secrets, message_id, timestamp)
        if _is_ping(delivery.body):
            return Accepted((), self.SUCCESS)
        account = secrets.get("account")
        key = _key(message_id, delivery.body)
        return Accepted((Received(key, delivery.body, account if isinstance(account, str) else ""),), self.SUCCESS)

    def refuse(self, rejected: Rejected) -> Answer:
        """STALE where the clock is off, UNREADABLE where the body is packed in a way that nobody here unpacks, else
        REFUSAL."""
        return {"stale": STALE, "bad-encoding": UNREADABLE}.get(rejected.reason, self.REFUSAL)

    def sample(self, settings: Settings, plaintext: bytes, stamp: Stamp) -> Delivery:
        """`plaintext` as an integrator would post it. The id follows from the body, so a repeat has the same one."""
        message_id = f"msg_{hashlib.sha256(plaintext).hexdigest()[:32]}"
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": stamp.timestamp,
            "webhook-signature": sign(str(settings["secret"]), message_id, stamp.timestamp, plaintext),
        }
        return Delivery("POST", {}, headers, plaintext, at=float(stamp.timestamp))

    def ping(self, settings: Settings, stamp: Stamp) -> bytes:
        """That by which an integrator tries the URL and the secret."""
        return b'{"type":"ping"}'

    def check_settings(self, settings: Settings) -> list[Problem]:
        """A secret is decoded, since too short a one could be guessed."""
        return [] if _key_bytes(settings.get("secret")) else [Problem("/secret", _SECRET_RULE)]


DOOR = OpenDoor()


def sign(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """The `v1,…` signature of a message. Raises Rejected (bad-settings) for a secret that is none."""
    key = _key_bytes(secret)
    if key is None:
        raise Rejected("bad-settings", field="secret")
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _header(delivery: Delivery, header: str) -> str:
    value = delivery.headers.get(header, "")
    if not 0 < len(value) <= _ID_LIMIT or not value.isascii() or not value.isprintable():
        raise Rejected("bad-form", header=header)
    return value


def _verify_age(timestamp: str, at: float) -> None:
    if not _SECONDS.fullmatch(timestamp):
        raise Rejected("bad-form", header="webhook-timestamp")
    if abs(int(timestamp) - at) > TOLERANCE_SECONDS:
        raise Rejected("stale", tolerance_seconds=TOLERANCE_SECONDS)


def _verify_signature(delivery: Delivery, secrets: Settings, message_id: str, timestamp: str) -> None:
    """Every secret is tried on every signature: both sides may be rotating at once."""
    signatures = delivery.headers.get("webhook-signature", "").split(" ", SIGNATURES_LIMIT)[:SIGNATURES_LIMIT]
    for settings in generations(secrets):
        expected = sign(settings.get("secret", ""), message_id, timestamp, delivery.body).encode()
        if any(hmac.compare_digest(expected, signature.encode("utf-8", "replace")) for signature in signatures):
            return
    raise Rejected("bad-signature")


def _key_bytes(secret: object) -> bytes | None:
    if not isinstance(secret, str) or not secret.startswith(_PREFIX):
        return None
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) in SECRET_BYTES else None


def _key(message_id: str, body: bytes) -> str:
    """The sender's id where it has an id's form. Any other (one with a dot could be cut in two ways) is hashed with
    the body."""
    if _ID.fullmatch(message_id):
        return message_id
    return hashlib.sha256(f"{message_id}.".encode() + body).hexdigest()


def _is_ping(body: bytes) -> bool:
    try:
        document = parse_json(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("type") == "ping"
