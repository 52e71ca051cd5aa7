"""Places (区域): from a store or a point to the chain of places whose prices may hold there, nearest first. Pure.

store:s1 → group:flagship → area:wangjing → 110105 → 110100 → tier:1 → 110000 → base
门店        门店组            商圈             区县      城市      城市档位   省份      全国
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from itertools import combinations
from typing import Literal

from functions.pricing.places.polygons import Polygon
from hub.kernel.dataclass import dataclass
from hub.kernel.datum import Point
from hub.kernel.errors import Invalid, Problem
from hub.kernel.regions import BASE, covers, path

Level = Literal["store", "group", "area", "district", "city", "tier", "province", "base"]
LEVELS: Mapping[Level, tuple[str, str]] = {
    "store": ("门店", "store"),
    "group": ("门店组", "store group"),
    "area": ("商圈", "business district"),
    "district": ("区县", "district"),
    "city": ("城市", "city"),
    "tier": ("城市档位", "city tier"),
    "province": ("省份", "province"),
    "base": ("全国", "whole tenant"),
}
MUNICIPALITIES = ("110000", "120000", "310000", "500000")
Chain = tuple[tuple[str, Level], ...]


@dataclass(frozen=True, slots=True)
class Store:
    """A store, as far as prices care: where it is, and who sells there."""

    id: str
    region: str
    point: Point | None = None
    guides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a price is asked for: a region, and where they are known the store and the point."""

    region: str
    store: str = ""
    point: Point | None = None


@dataclass(frozen=True, slots=True)
class Area:
    """A business district or a store group."""

    id: str
    kind: Literal["district", "group"]
    name_zh: str
    name_en: str
    rank: int = 0
    stores: frozenset[str] = frozenset()
    regions: tuple[str, ...] = ()
    polygon: Polygon | None = None

    @property
    def place(self) -> str:
        """As prices and strategies name it."""
        return f"{'group' if self.kind == 'group' else 'area'}:{self.id}"

    def holds(self, spot: Spot) -> bool:
        """Whether the spot belongs to it."""
        if spot.store in self.stores or any(covers(region, spot.region) for region in self.regions):
            return True
        return self.polygon is not None and spot.point is not None and self.polygon.holds(spot.point)


@dataclass(frozen=True, slots=True)
class Places:
    """Every area, in the order in which they count: by rank, then by id."""

    areas: tuple[Area, ...] = ()
    by_place: Mapping[str, Area] = field(default_factory=dict)

    @classmethod
    def of(cls, areas: Iterable[Area]) -> Places:
        ordered = tuple(sorted(areas, key=lambda area: (-area.rank, area.id)))
        return cls(ordered, {area.place: area for area in ordered})

    def held(self, spot: Spot) -> tuple[Area, ...]:
        """The areas that a spot belongs to, groups first."""
        held = [area for area in self.areas if area.holds(spot)]
        return (*(a for a in held if a.kind == "group"), *(a for a in held if a.kind == "district"))


NO_PLACES = Places()


def chain_of(spot: Spot, places: Places = NO_PLACES, tiers: Mapping[str, int] | None = None) -> Chain:
    """The places whose price may hold at a spot, nearest first."""
    own: list[tuple[str, Level]] = [(f"store:{spot.store}", "store")] if spot.store else []
    own += [(area.place, "group" if area.kind == "group" else "area") for area in places.held(spot)]
    return (*own, *regions_of(spot.region, tiers or {}))


def regions_of(region: str, tiers: Mapping[str, int]) -> Iterator[tuple[str, Level]]:
    """From a region outward; a city's tier comes right after the city. A municipality (直辖市) that is named by its
    province's code is its city."""
    for place in path(f"{region[:2]}0100" if region in MUNICIPALITIES else region):
        level = level_of(place)
        yield place, level
        if level == "city" and place in tiers:
            yield f"tier:{tiers[place]}", "tier"


def level_of(place: str) -> Level:
    """Which level a place stands for: by its prefix, or its region code."""
    prefix, _, name = place.partition(":")
    if name:
        return prefix  # type: ignore[return-value] # the contracts let through store, group, area and tier alone
    if place == BASE:
        return "base"
    if place.endswith("0000"):
        return "province"
    return "city" if place.endswith("00") else "district"


def spot_of(store: Store) -> Spot:
    """Where a store is."""
    return Spot(store.region, store.id, store.point)


def selected(stores: Iterable[Store], shape: Area) -> list[Store]:
    """The stores that a selection means. Raises Invalid naming each that it names and there is not."""
    stores = list(stores)
    strangers = shape.stores - {store.id for store in stores}
    if strangers:
        problems = [Problem("/stores", f"must be stores that there are: {', '.join(sorted(strangers))[:200]}")]
        raise Invalid("selection", problems=problems)
    return [store for store in stores if shape.holds(spot_of(store))]


def overlaps(places: Places, stores: Sequence[Store]) -> Iterator[tuple[Area, Area, tuple[str, ...]]]:
    """Each two business districts, or two groups, of one rank that hold the same stores, and which: there nothing but
    the order of their ids decides."""
    members = {
        area.place: frozenset(store.id for store in stores if area.holds(spot_of(store))) for area in places.areas
    }
    for first, second in combinations(places.areas, 2):
        shared = members[first.place] & members[second.place]
        if shared and first.kind == second.kind and first.rank == second.rank:
            yield first, second, tuple(sorted(shared))


def empty_areas(places: Places, stores: Sequence[Store]) -> Iterator[Area]:
    """The areas that hold no store: a hole in the map, or a store without a position."""
    for area in places.areas:
        if not any(area.holds(spot_of(store)) for store in stores):
            yield area
