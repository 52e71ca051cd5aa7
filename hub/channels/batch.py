"""A delivery that brings several messages as one JSON array, cut into the exact text of each. Standard library only."""

from __future__ import annotations

import json
from typing import Any

from hub.channels.parsing import decode, escape_lone

_BLANKS = " \t\r\n"
_DECODER = json.JSONDecoder(parse_int=str, strict=False)


def split_array(body: bytes) -> list[tuple[Any, str]]:
    """The items of a JSON array, whole numbers as text, each with the very text that it was parsed from.

    Raises ValueError and RecursionError: the body is no such array.
    """
    text = decode(body).strip(_BLANKS)
    try:
        return _split(text)
    except ValueError:
        return _split(escape_lone(text))


def _split(text: str) -> list[tuple[Any, str]]:
    if text[:1] != "[" or text[-1:] != "]":
        raise ValueError("no array")
    items: list[tuple[Any, str]] = []
    at, last = _skip(text, 1), len(text) - 1
    while at != last:
        item, end = _DECODER.raw_decode(text, at)
        items.append((item, text[at:end]))
        at = _skip(text, end)
        if at == last:
            break
        if text[at : at + 1] != ",":  # "" where an item ended with what looked like the array's own bracket
            raise ValueError("no comma")
        at = _skip(text, at + 1)
        if at == last:
            raise ValueError("a comma, and nothing after it")
    return items


def _skip(text: str, at: int) -> int:
    while text[at : at + 1] and text[at] in _BLANKS:
        at += 1
    return at
