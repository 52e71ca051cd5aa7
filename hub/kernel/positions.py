"""Where a list goes on: a position is good for the list that gave it, and for no other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.kernel.errors import Invalid, Problem


def no_such_cursor() -> Invalid:
    """What is answered to a cursor that this list did not give."""
    rule = "must be the next_cursor of an earlier page of this list"
    return Invalid("no such cursor", problems=[Problem("query:cursor", rule)])


def position_before(name: str, place: str) -> dict[str, str] | None:
    """The position before this place of the list of that name; None for no place: it has no more."""
    return {"list": name, "before": place} if place else None


def place_before(name: str, position: Mapping[str, Any] | None) -> str:
    """The place at which a page of the list of that name ends, "" for the first page. Raises Invalid for a position of
    another list."""
    if position is None:
        return ""
    place = position.get("before")
    if position.get("list") != name or not isinstance(place, str) or not place:
        raise no_such_cursor()
    return place
