"""Signed words (签名串): a few facts that the hub gives away and knows again, for one purpose and until one moment.

A state of a sign-in, a refresh token and a link are all `<facts>.<mac>`: JSON in base64url and its HMAC-SHA256 by the
stack's signing key. The purpose is the first fact, so that what was given for one opens nothing else. Nothing in it is
secret: who holds it can read it, and nobody but the hub can write it. Pure.
"""

from __future__ import annotations

import base64
import hmac
import json
from datetime import datetime
from hashlib import sha256
from typing import Literal

from hub.kernel.errors import Unauthenticated

Purpose = Literal["sign_in_state", "refresh", "sign_in_link", "file"]
LENGTH_LIMIT = 2048


def sign(keys: str, purpose: Purpose, ends_at: datetime, *facts: str) -> str:
    """The words for these facts, good until `ends_at` (excluded). keys: the stack's, one a line; the first signs."""
    text = json.dumps([purpose, int(ends_at.timestamp()), *facts], ensure_ascii=True, separators=(",", ":"))
    body = _encode(text.encode())
    return f"{body}.{_mac(keys.split()[0], body)}"


def read_signed(keys: str, purpose: Purpose, words: str, now: datetime) -> tuple[str, ...]:
    """The facts of words that were signed for this purpose. Raises Unauthenticated for others, and for those whose time
    is over."""
    body, _, mac = words.partition(".")
    if len(words) > LENGTH_LIMIT or not words.isascii():
        raise Unauthenticated("this link does not hold")
    if not any(hmac.compare_digest(mac, _mac(key, body)) for key in keys.split()):
        raise Unauthenticated("this link does not hold")
    written, ends_at, *facts = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    if written != purpose:
        raise Unauthenticated("this link does not hold")
    if now.timestamp() >= ends_at:
        raise Unauthenticated("this link is over: ask for a new one")
    return tuple(map(str, facts))


def _mac(key: str, body: str) -> str:
    return _encode(hmac.digest(key.encode(), b"signed\0" + body.encode(), sha256))


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
