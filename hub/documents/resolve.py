"""Resolving (逐级解析): base, then the regions from province to district, then the store, and whose each part is. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.documents.merge import Clash, merge
from hub.documents.overlay import ABSENT, AFTER, VALUE, address, apply, part_of, pointer

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
    """Lay each layer over those before it; an overlay that was written over something older is merged three-way."""
    base, *overlays = layers
    content, clashes = base.content, {}
    origins = {"": Origin(base.scope, base.version)}
    for layer in overlays:
        older = layer.written_over is not ABSENT and layer.written_over is not content
        merged = merge(layer.written_over, layer.content, content) if older else None
        overlay = merged.overlay if merged else layer.content
        if merged and merged.clashes:
            clashes[layer.scope] = merged.clashes
        for place in _changed(content, overlay, ()):
            covered = [other for other in origins if other.startswith(f"{pointer(place)}/")]
            for other in covered:
                del origins[other]
            origins[pointer(place)] = Origin(layer.scope, layer.version)
        content = apply(content, overlay)
    return Resolved(content, origins, clashes)


def origin_of(resolved: Resolved, place: str) -> Origin:
    """Whose the part at a JSON pointer is."""
    while place not in resolved.origins:
        place = place.rpartition("/")[0]
    return resolved.origins[place]


def _changed(content: Json, overlay: Json, place: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The places that an overlay sets or removes, each as far down as what it was laid over goes."""
    inside = isinstance(overlay, Mapping) and VALUE not in overlay
    if not inside or not (isinstance(content, Mapping) or address(content)):
        yield place
        return
    for name, entry in overlay.items():
        if name != AFTER:
            yield from _changed(part_of(content, name), entry, (*place, name))
