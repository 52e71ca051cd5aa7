"""Comparing two documents (版本对比): what was added, changed, moved and removed, each with its place. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from hub.documents.overlay import ABSENT, AFTER, VALUE, address, apply, difference, part_of, pointer
from hub.kernel.dataclass import dataclass

Json = Any
CHANGES_LIMIT = 500
"""So many changes are told of two documents."""


@dataclass(frozen=True, slots=True)
class Change:
    """One place that differs; an item of an addressed list is named by its id. Values are ABSENT where nothing is."""

    pointer: str
    what: Literal["added", "changed", "moved", "removed"]
    was: Json = ABSENT
    now: Json = ABSENT


def changes(old: Json, new: Json) -> tuple[Change, ...]:
    """What makes `new` of `old`, as few places as there are; the first CHANGES_LIMIT."""
    return tuple(change for _, change in zip(range(CHANGES_LIMIT), _walk(old, difference(old, new), ()), strict=False))


def _walk(old: Json, overlay: Json, place: tuple[str, ...]) -> Iterator[Change]:
    if overlay is None:
        yield Change(pointer(place), "removed", was=old)
        return
    inside = isinstance(overlay, dict) and VALUE not in overlay
    if not inside or not (isinstance(old, dict) or address(old)):
        bare = {name: part for name, part in overlay.items() if name != AFTER} if inside else overlay
        now = apply(old, bare)
        yield Change(pointer(place), "added", now=now) if old is ABSENT else Change(pointer(place), "changed", old, now)
        return
    for name, entry in overlay.items():
        if name == AFTER:
            yield Change(pointer(place), "moved")
        else:
            yield from _walk(part_of(old, name), entry, (*place, name))
