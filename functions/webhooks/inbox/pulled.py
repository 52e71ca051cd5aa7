"""A row that we pulled (拉取的行), as the inbox keeps it: `{"pulled": <entity>, "row": …}`. Pure."""

from __future__ import annotations

import json
from typing import Any

from hub.channels.base import MESSAGE_LIMIT_BYTES

WORD_LIMIT_CHARS = 512


def pulled_text(entity: str, row: Any) -> bytes:
    """A row as one message. One that no item holds, such as a long chat that a customer passed on, would hold up all
    behind it: it is kept without its content, which is `cut` then."""
    try:
        text = _text(entity, row)
    except RecursionError:
        text = b""
    return text if 0 < len(text) <= MESSAGE_LIMIT_BYTES else _text(entity, _cut(row))


def _cut(row: Any) -> dict[str, Any]:
    words = {name: value for name, value in row.items() if _is_word(value)} if isinstance(row, dict) else {}
    kind = words.get("msgtype")
    return {**words, **({str(kind): {"cut": True}} if kind else {"cut": True})}


def _text(entity: str, row: Any) -> bytes:
    return json.dumps({"pulled": entity, "row": row}, ensure_ascii=False).encode(errors="replace")


def _is_word(value: object) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and len(value) <= WORD_LIMIT_CHARS)
