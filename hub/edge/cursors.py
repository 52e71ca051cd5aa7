"""Opaque cursors: where a list goes on. A cursor that we did not make is refused, not guessed at."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from hub.kernel.errors import Invalid, Problem

Position = dict[str, Any]
"""DynamoDB's last evaluated key: typed values, strings only."""
LENGTH_LIMIT = 2048


def encode(position: Mapping[str, Any] | None) -> str:
    """A cursor for where a page ended (text values, plain or as DynamoDB types them); "" when there is no more."""
    if not position:
        return ""
    return base64.urlsafe_b64encode(json.dumps(position, separators=(",", ":")).encode()).decode().rstrip("=")


def decode(cursor: str) -> Position | None:
    """The position in a cursor, None for "". Raises Invalid for text that is no cursor of ours."""
    if not cursor:
        return None
    try:
        if len(cursor) > LENGTH_LIMIT:
            raise ValueError
        position = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(position, dict) or not position or not all(map(_is_text, position.values())):
            raise ValueError
    except (ValueError, binascii.Error):
        rule = "must be the next_cursor of an earlier page"
        raise Invalid("no such cursor", problems=[Problem("query:cursor", rule)]) from None
    return position


def _is_text(value: object) -> bool:
    """Whether this is a string, plain or as DynamoDB types it: all our keys are."""
    return isinstance(value, str) or (isinstance(value, dict) and [*value] == ["S"] and isinstance(value["S"], str))
