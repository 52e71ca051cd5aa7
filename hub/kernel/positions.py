"""Where a list goes on: a position is good for the list that gave it, and for no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from hub.kernel.errors import Invalid, Problem

Row = TypeVar("Row")
Read = Callable[[int, Mapping[str, Any] | None], tuple[Sequence[tuple[str, Row]], Mapping[str, Any] | None]]
"""(how many, position) → rows, each with its place, and where the next ones start."""


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


def read_shown(
    name: str,
    read: Read[Row],
    shows: Callable[[Row], bool],
    limit: int,
    position: Mapping[str, Any] | None,
    *,
    size: int,
    pages: int,
) -> tuple[list[Row], dict[str, str] | None]:
    """A page of the rows that may be shown, of a list that holds others too, and where the next one starts: behind the
    last that was shown, so that nothing tells of what lies between. Where `pages` of `size` show none, it ends."""
    shown: list[tuple[str, Row]] = []
    for _ in range(pages):
        rows, position = read(max(size, limit + 1), position)
        shown += [(place, row) for place, row in rows if shows(row)]
        if len(shown) > limit or position is None:
            break
    last = shown[:limit][-1][0] if shown and (position is not None or len(shown) > limit) else ""
    return [row for _, row in shown[:limit]], position_before(name, last)
