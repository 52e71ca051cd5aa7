"""Prefixed ULIDs (`tkt_01J…`): sortable by time, readable by people, strings everywhere.

Two ways to make one: `fresh_id` from a moment and random bytes, `derived_id` from a moment and the facts that must
lead to the same id each time (an idempotency key, a message id, a run and a node).
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

SYSTEM = "system"
"""Who did it, wherever a trail or a record names an actor and it was nobody of ours but the hub itself."""

_ID = re.compile(r"[a-z]{2,5}_[0-9A-HJKMNP-TV-Z]{26}")
EPOCH_PART = 6  # bytes of milliseconds in a ULID; the other ten are random or derived
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U."""
_SHIFTS = range(125, -1, -5)


def fresh_id(prefix: str, at: datetime, randomness: bytes) -> str:
    """`prefix_` and a ULID of `at` and the first ten bytes of `randomness`. Of some moments the milliseconds are one
    less than they are, as in the library that wrote ids before: what was derived once has to be derived again."""
    milliseconds = int(at.timestamp() * 1000)
    return f"{prefix}_{_ulid(milliseconds.to_bytes(EPOCH_PART, 'big') + randomness[:10])}"


def derived_id(prefix: str, at: datetime, *facts: str) -> str:
    """The same id for the same moment and facts, for ever: creation by it is idempotent.

    `at` must itself be a fact (a message's own time), not the time of this call, or retries would differ.
    """
    return fresh_id(prefix, at, digest(*facts))


def hashed_id(prefix: str, *facts: str) -> str:
    """The same id for the same facts, where no moment is a fact: not sortable by time."""
    return f"{prefix}_{_ulid(digest(*facts)[:16])}"


def review_id(tenant: str, channel: str, account: str, review_no: str) -> str:
    """A review's id for ever: whoever hears of the review knows under which id it can be read."""
    return hashed_id("rev", tenant, channel, account, review_no)


def _ulid(content: bytes) -> str:
    """Sixteen bytes as a ULID is written (github.com/ulid/spec): 26 digits of five bits. The library that does the same
    looks up its own version when it is imported, a tenth of the front door's cold start."""
    number = int.from_bytes(content, "big")
    return "".join([_DIGITS[number >> shift & 31] for shift in _SHIFTS])


def digest(*facts: str) -> bytes:
    """sha256 over the facts with their lengths, so that ("ab","c") and ("a","bc") differ."""
    state = hashlib.sha256()
    for fact in facts:
        raw = fact.encode()
        state.update(len(raw).to_bytes(4, "big") + raw)
    return state.digest()


def contacts_context(person_id: str) -> str:
    """What somebody's sealed contacts are bound to, wherever a room keeps them."""
    return f"{person_id}/contacts"


def is_id(text: str, prefix: str) -> bool:
    """Whether `text` has the form of an id with this prefix."""
    return text.startswith(f"{prefix}_") and bool(_ID.fullmatch(text))
