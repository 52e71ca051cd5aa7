"""Three-way merge (三方合并): an overlay that was written over one content, laid over a newer one. Pure.

Where only one of the two has changed a place, that change holds. Where both have, and not to the same, the overlay's
holds and the place is reported with what was, what the overlay says and what the newer content says: nothing is lost.
An item or a part that the overlay changes and the newer content has removed comes back whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.documents.overlay import ABSENT, AFTER, VALUE, address, apply, difference, literal, part_of, pointer, same
from hub.kernel.dataclass import dataclass

Json = Any


@dataclass(frozen=True, slots=True)
class Clash:
    """One place that both have changed. Values are ABSENT where there is nothing."""

    pointer: str
    was: Json
    ours: Json
    theirs: Json


@dataclass(frozen=True, slots=True)
class Merged:
    """An overlay that fits the newer content, and where the two disagreed."""

    overlay: Json
    clashes: tuple[Clash, ...] = ()


def merge(old: Json, overlay: Json, new: Json) -> Merged:
    """Rebase `overlay`, written over `old`, onto `new`: `apply(new, merged.overlay)` is the merged content."""
    clashes: list[Clash] = []
    merged = _merge(old, overlay, difference(old, new), (), clashes)
    return Merged(merged, tuple(clashes))


def _merge(old: Json, ours: Json, theirs: Json, place: tuple[str, ...], clashes: list[Clash]) -> Json:
    if _both_inside(old, ours, theirs):
        entries = {
            name: _merge(part_of(old, name), entry, theirs[name], (*place, name), clashes) if name in theirs else entry
            for name, entry in ours.items()
        }
        return _anchored(old, entries, theirs) if address(old) else entries
    mine, other = _outcome(old, ours), _outcome(old, theirs)
    if same(mine, other):
        return ours
    clashes.append(Clash(pointer(place), old, mine, other))
    return None if mine is ABSENT else literal(mine, over=other)


def _both_inside(old: Json, ours: Json, theirs: Json) -> bool:
    """Whether both change parts of what is there, rather than replace it."""
    overlays = isinstance(ours, dict) and isinstance(theirs, dict) and VALUE not in ours and VALUE not in theirs
    return overlays and (isinstance(old, dict) or bool(address(old)))


def _outcome(old: Json, overlay: Json) -> Json:
    if overlay is None:
        return ABSENT
    inside = isinstance(overlay, dict)
    return apply(old, {name: part for name, part in overlay.items() if name != AFTER} if inside else overlay)


def _anchored(old: list[Json], entries: dict[str, Json], theirs: Mapping[str, Json]) -> dict[str, Json]:
    """Entries of an addressed list with an anchor that is still there: in place of a removed one, the nearest before it
    that is. An item that comes back stands where it stood."""
    field = address(old)
    order = [item[field] for item in old]
    gone = {name for name, entry in theirs.items() if entry is None} - {n for n, e in entries.items() if e is not None}
    placed = {}
    for name, entry in entries.items():
        if isinstance(entry, dict) and theirs.get(name, ABSENT) is None and AFTER not in entry and VALUE not in entry:
            entry = {**entry, AFTER: _nearest(order, name, gone | {name})}
        if isinstance(entry, dict) and entry.get(AFTER) in gone:
            entry = {**entry, AFTER: _nearest(order, entry[AFTER], gone)}
        placed[name] = entry
    return placed


def _nearest(order: list[str], name: str, gone: set[str]) -> str:
    """The last name before `name` that isn't gone, "" where there is none."""
    before = order[: order.index(name)]
    return next((other for other in reversed(before) if other not in gone), "")
