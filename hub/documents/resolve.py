"""Resolving (逐级解析): base, the regions from province to district, the store; and whose each part is. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hub.documents.merge import Clash, merge
from hub.documents.overlay import ABSENT, AFTER, VALUE, address, apply, part_of, pointer
from hub.kernel.dataclass import dataclass

Json = Any


@dataclass(frozen=True, slots=True)
class Layer:
    """One scope's version. content: the whole document in the first layer, an overlay in the others. written_over: what
    lay below when the overlay was written."""

    scope: str
    version: int
    content: Json
    written_over: Json = ABSENT


@dataclass(frozen=True, slots=True)
class Origin:
    """Which scope's version a part comes from."""

    scope: str
    version: int


@dataclass(frozen=True, slots=True)
class Resolved:
    """origins: by JSON pointer (items of addressed lists by their id); a part without one of its own comes from where
    the part around it does, the whole ("") from the first layer. clashes: by the scope whose overlay won."""

    content: Json
    origins: Mapping[str, Origin]
    clashes: Mapping[str, tuple[Clash, ...]]


def resolve(layers: Sequence[Layer]) -> Resolved:
    """The first layer with each of the others laid over it."""
    base, *overlays = layers
    resolved = Resolved(base.content, {"": Origin(base.scope, base.version)}, {})
    for layer in overlays:
        resolved = lay(resolved, layer)
    return resolved


def lay(below: Resolved, layer: Layer) -> Resolved:
    """One more layer; an overlay that was written over something else than what is below is merged three-way."""
    overlay, clashes = layer.content, dict(below.clashes)
    if layer.written_over is not ABSENT and layer.written_over is not below.content:
        merged = merge(layer.written_over, overlay, below.content)
        overlay = merged.overlay
        if merged.clashes:
            clashes[layer.scope] = merged.clashes
    origins = dict(below.origins)
    for place in map(pointer, _changed(below.content, overlay, ())):
        for covered in [other for other in origins if other.startswith(f"{place}/")]:
            del origins[covered]
        origins[place] = Origin(layer.scope, layer.version)
    return Resolved(apply(below.content, overlay), origins, clashes)


def origin_of(resolved: Resolved, place: str) -> Origin:
    """Whose the part at a JSON pointer is."""
    while place not in resolved.origins:
        place = place.rpartition("/")[0]
    return resolved.origins[place]


def _changed(content: Json, overlay: Json, place: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The places that an overlay sets or removes, each as far down as what it was laid over goes."""
    inside = isinstance(overlay, dict) and VALUE not in overlay
    if not inside or not (isinstance(content, dict) or address(content)):
        yield place
        return
    for name, entry in overlay.items():
        if name != AFTER:
            yield from _changed(part_of(content, name), entry, (*place, name))
