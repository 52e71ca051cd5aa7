"""Where in a JSON text a pointer leads: line and column, as editors count them. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

_SPACE = re.compile(r"[ \t\n\r]*")
_VALUE = json.JSONDecoder()


def line_and_column(text: str, pointer: str) -> tuple[int, int]:
    """Of the member or item that an RFC 6901 pointer names, counted from 1; where it is missing, of what should hold
    it. text: valid JSON."""
    places = offsets(text)
    while pointer not in places:
        pointer = pointer.rpartition("/")[0]
    offset = places[pointer]
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def offsets(text: str) -> Mapping[str, int]:
    """Where each place of a JSON text begins, by its pointer: a member at its name, an item at its value."""
    places: dict[str, int] = {"": _skip(text, 0)}
    _walk(text, places[""], "", places)
    return places


def _walk(text: str, at: int, pointer: str, places: dict[str, int]) -> int:
    """Note what lies in the value that begins here; where it ends."""
    if text[at] not in "{[":
        return _VALUE.raw_decode(text, at)[1]
    closing, at, number = "}" if text[at] == "{" else "]", _skip(text, at + 1), 0
    while text[at] != closing:
        name, value_at = (str(number), at) if closing == "]" else _member(text, at)
        place = f"{pointer}/{name}"
        places[place] = at
        at = _skip(text, _walk(text, value_at, place, places))
        at, number = _skip(text, at + 1) if text[at] == "," else at, number + 1
    return at + 1


def _member(text: str, at: int) -> tuple[str, int]:
    """A member's name as pointers have it, and where its value begins."""
    name, end = _VALUE.raw_decode(text, at)
    return str(name).replace("~", "~0").replace("/", "~1"), _skip(text, _skip(text, end) + 1)


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
