"""Overlays (局部覆盖): what a region's or a store's document changes of the one above it. Pure; JSON in, JSON out.

An overlay is a JSON object laid over content, part by part:

- an object's members are laid over its members of the same names; `null` takes a member away;
- a list whose items are objects with a text `id` (or else `key`) of their own is addressed by it, an empty one by what
  comes: the overlay holds an object of items by id. `null` takes an item away; an object with that id inside is a new
  item (or is laid over the one that is there); one without changes an item, and does nothing where there is none.
  `"$after": id` puts the item right behind another, "" in front of all; without it new items come last;
- everything else, other lists too, replaces what is there;
- `{"$value": …}` is exactly that value: for `null`, and for an object in place of an addressed list.

`difference` makes the smallest overlay between two contents, and `apply(old, difference(old, new)) == new`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Json = Any
VALUE, AFTER = "$value", "$after"
ADDRESSES = ("id", "key")
ABSENT: Any = object()
"""What stands where nothing does."""


def apply(content: Json, overlay: Json) -> Json:
    """The content with an overlay laid over it. Neither is changed; the result may share parts with both."""
    if not isinstance(overlay, dict):
        return overlay
    if VALUE in overlay:
        return overlay[VALUE]
    if field := address(content) or _address_of_new(content, overlay):
        return _apply_items(content, overlay, field)
    merged = dict(content) if isinstance(content, dict) else {}
    for name, part in overlay.items():
        if part is None:
            merged.pop(name, None)
        else:
            merged[name] = apply(merged.get(name, ABSENT), part)
    return merged


def difference(old: Json, new: Json) -> Json:
    """The smallest overlay that makes `new` of `old`; `{}` where they are the same."""
    change = _change(old, new)
    return {} if change is ABSENT else change


def literal(value: Json, over: Json = ABSENT) -> Json:
    """The overlay that makes exactly `value` of what is `over` it: of nothing, or of something that isn't like it."""
    if value is None or (isinstance(value, dict) and isinstance(over, dict | list)):
        return {VALUE: value}
    if isinstance(value, dict):
        return {name: literal(part) for name, part in value.items()}
    return value


def address(content: Json) -> str:
    """By which member the items of a list are addressed; "" where they are not, or where this is no list."""
    if not isinstance(content, list) or not content:
        return ""
    for field in ADDRESSES:
        names = [item.get(field) if isinstance(item, dict) else None for item in content]
        if all(isinstance(name, str) and name for name in names) and len(set(names)) == len(names):
            return field
    return ""


def part_of(content: Json, name: str) -> Json:
    """The member or the addressed item of this name; ABSENT where there is none."""
    if isinstance(content, dict):
        return content.get(name, ABSENT)
    field = address(content)
    return next((item for item in content if item[field] == name), ABSENT) if field else ABSENT


def pointer(place: Sequence[str]) -> str:
    """A place as a JSON pointer (RFC 6901); an item of an addressed list is named by its id."""
    return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in place)


def is_new_item(entry: Json, name: str) -> bool:
    """Whether an overlay's entry under an addressed list brings a whole item, rather than a change of one."""
    return isinstance(entry, dict) and (VALUE in entry or any(entry.get(field) == name for field in ADDRESSES))


def _address_of_new(content: Json, overlay: Mapping[str, Json]) -> str:
    """How an empty list is addressed once these are its items; "" where it is none, or they are none."""
    if content != [] or not overlay:
        return ""
    entries = {name: entry for name, entry in overlay.items() if entry is not None}
    by = [f for f in ADDRESSES if all(isinstance(e, dict) and e.get(f) == name for name, e in entries.items())]
    return by[0] if by else ""


def _apply_items(items: list[Json], overlay: Mapping[str, Json], field: str) -> list[Json]:
    held = {item[field]: item for item in items}
    anchors: dict[str, str] = {}
    for name, entry in overlay.items():
        if entry is None:
            held.pop(name, None)
        elif name in held or is_new_item(entry, name):
            changed = apply(held.get(name, ABSENT), {k: v for k, v in entry.items() if k != AFTER})
            held[name] = {field: name, **changed} if isinstance(changed, dict) else changed
            if AFTER in entry:
                anchors[name] = entry[AFTER]
    order = _ordered([name for name in held if name not in anchors], anchors)
    return [held[name] for name in order]


def _ordered(settled: list[str], anchors: Mapping[str, str]) -> list[str]:
    """The names with each anchored one right behind its anchor; one whose anchor is nowhere comes last."""
    order, waiting = list(settled), dict(anchors)
    while waiting:
        ready = sorted(name for name, anchor in waiting.items() if anchor not in waiting)
        for name in reversed(ready or sorted(waiting)):
            anchor = waiting.pop(name)
            order.insert(order.index(anchor) + 1 if anchor in order else 0 if anchor == "" else len(order), name)
    return order


def _change(old: Json, new: Json) -> Json:
    """The overlay that makes `new` of `old`, ABSENT where they are the same."""
    if old is new:
        return ABSENT
    if isinstance(old, dict) and isinstance(new, dict):
        return _members(old, new) or ABSENT
    field = address(old)
    if field and isinstance(new, list) and (address(new) == field or not new):
        return _items(old, new, field) or ABSENT
    return ABSENT if same(old, new) else literal(new, over=old)


def _members(old: Mapping[str, Json], new: Mapping[str, Json]) -> dict[str, Json]:
    changes: dict[str, Json] = {name: None for name in old if name not in new}
    for name, part in new.items():
        change = _change(old[name], part) if name in old else literal(part)
        if change is not ABSENT:
            changes[name] = change
    return changes


def _items(old: list[Json], new: list[Json], field: str) -> dict[str, Json]:
    before = {item[field]: item for item in old}
    names = [item[field] for item in new]
    kept = set(names)
    changes: dict[str, Json] = {name: None for name in before if name not in kept}
    resting = _resting([name for name in before if name in kept], names)
    for nth, item in enumerate(new):
        name = names[nth]
        change = _members(before[name], item) if name in before else literal(item)
        if name not in resting:
            change[AFTER] = names[nth - 1] if nth else ""
        if change:
            changes[name] = change
    return changes


def _resting(before: Sequence[str], after: Sequence[str]) -> set[str]:
    """The most names that can stay where they are when the order changes: a longest increasing subsequence."""
    position = {name: nth for nth, name in enumerate(after)}
    tails: list[int] = []
    ends: list[str] = []
    previous: dict[str, str] = {}
    for name in before:
        at = bisect_left(tails, position[name])
        if at:
            previous[name] = ends[at - 1]
        tails[at : at + 1], ends[at : at + 1] = [position[name]], [name]
    resting, name = set(), ends[-1] if ends else ""
    while name:
        resting.add(name)
        name = previous.get(name, "")
    return resting


def same(a: Json, b: Json) -> bool:
    """Whether two JSON values are one: `1` is not `true`, the order of members does not matter."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


def strangers(content: Json, overlay: Json, place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The places where an overlay speaks of what is not there: an item to change or to put behind, a part to remove."""
    if not isinstance(overlay, dict) or VALUE in overlay:
        return
    addressed = bool(address(content))
    for name, entry in overlay.items():
        here, part = (*place, name), part_of(content, name)
        if part is ABSENT and (entry is None or (addressed and not is_new_item(entry, name))):
            yield here
            continue
        if addressed and isinstance(entry, dict) and entry.get(AFTER, "") not in _names(content, overlay):
            yield (*here, AFTER)
        yield from strangers(part, entry, here) if part is not ABSENT else ()


def _names(content: Json, overlay: Mapping[str, Json]) -> set[str]:
    field = address(content)
    names = {item[field] for item in content} | {name for name, entry in overlay.items() if is_new_item(entry, name)}
    return {"", *names} - {name for name, entry in overlay.items() if entry is None}
