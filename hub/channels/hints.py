"""Hints (提示): what is kept of a message that is too large to be stored whole. Pure.

A platform's push says that something changed and which; what it is now is read by API. So of a product with 500
variants, or an order with a thousand lines, the ids, states and times are kept, and long lists and texts go. That a
message is larger than usual is no reason to refuse it: platforms end a subscription after enough refusals.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, unquote

from hub.channels.base import MESSAGE_LIMIT_BYTES

TEXT_LIMIT_CHARS = 512
LIST_LIMITS = (50, 5, 0)
"""So many items of each list are kept: fewer where that is too much still."""
TEXT_FORMS: tuple[tuple[Callable[[str], str], Callable[[str], str]], ...] = (
    (str, str),
    (unquote, quote),  # Youzan's
)
"""How a text may hold JSON once more: what reads it, and what writes it."""


def fit(plaintext: bytes, limit_bytes: int = MESSAGE_LIMIT_BYTES) -> bytes | None:
    """A message within the limit: itself where it is, else a JSON document's hint; None where there is none."""
    if len(plaintext) <= limit_bytes:
        return plaintext
    try:
        document = _read(plaintext.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    hints = (_written(_shorter(document, limit)) for limit in LIST_LIMITS)
    return next((hint for hint in hints if len(hint) <= limit_bytes), None)


def _read(text: str) -> Any:
    """Numbers as the texts that they are: ids exceed 2^53, and Python would refuse one of 5,000 digits."""
    return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)


def _shorter(value: Any, limit: int) -> Any:
    match value:
        case dict():
            return {name: _shorter(part, limit) for name, part in value.items()}
        case list():
            return [_shorter(part, limit) for part in value[:limit]]
        case str() if len(value) > TEXT_LIMIT_CHARS:
            return _shorter_text(value, limit)
        case _:
            return value


def _shorter_text(text: str, limit: int) -> str:
    for read, write in TEXT_FORMS:
        try:
            document = _read(read(text))
        except (ValueError, RecursionError):
            continue
        if isinstance(document, Mapping | list):
            return write(json.dumps(_shorter(document, limit), ensure_ascii=False, separators=(",", ":")))
    return text[:TEXT_LIMIT_CHARS]


def _written(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
