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
    reaches: Callable[[Row], bool],
    fits: Callable[[Row], bool],
    limit: int,
    position: Mapping[str, Any] | None,
    *,
    size: int,
    pages: int,
    mark: str = "before",
) -> tuple[list[Row], dict[str, str] | None]:
    """A page of the rows that are asked for (`fits`), of a list that holds some out of reach too, and where the next
    one starts: always behind a row within reach, so that nothing tells of the others. A page may be short, after
    `pages` of `size`; where none of those rows is within reach, the list ends. mark: what the list's positions call
    the place: "after" where it is read soonest first."""
    shown: list[tuple[str, Row]] = []
    last = ""
    for _ in range(pages):
        rows, position = read(max(size, limit + 1), position)
        within = [(place, row) for place, row in rows if reaches(row)]
        last = within[-1][0] if within else last
        shown += [(place, row) for place, row in within if fits(row)]
        if len(shown) > limit:
            return [row for _, row in shown[:limit]], {"list": name, mark: shown[limit - 1][0]}
        if position is None:
            return [row for _, row in shown], None
    return [row for _, row in shown], {"list": name, mark: last} if last else None
