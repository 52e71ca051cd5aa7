"""The tenant's own places as one document: business districts and store groups, with effective dates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from functions.pricing.places.places import Area, Places, Store, empty_areas, overlaps
from functions.pricing.places.polygons import Polygon, parse_polygon
from hub.contracts.pricing_places import AreaDocument, AreaShape, PlacesDocument
from hub.documents.kinds import Finding, Kind, Proposal
from hub.kernel.errors import Invalid, Problem
from hub.kernel.places import is_known_region
from hub.kernel.regions import is_region

SHOWN_LIMIT = 5
"""So many stores of a finding are named."""
KEY = "places"
NO_REGION = "must be a region's code that there is"


class KnowsStores(Protocol):
    """What the room's documents are linted against."""

    def every_store(self) -> Sequence[Store]: ...

    def missing(self, places: Iterable[str]) -> Mapping[str, str]: ...


def places_of(document: PlacesDocument) -> Places:
    """What the document says. Raises Invalid naming each region that is none, each polygon that cannot be, and each id
    that stands twice."""
    problems: list[Problem] = []
    counts = Counter(area.id for area in document.areas)
    areas = []
    for nth, area in enumerate(document.areas):
        if counts[area.id] > 1:
            problems.append(Problem(f"/areas/{nth}/id", "must stand once"))
        areas.append(_area(area, f"/areas/{nth}", problems))
    if problems:
        raise Invalid("places", problems=problems)
    return Places.of(areas)


def shape_of(shape: AreaShape) -> Area:
    """A selection on the map. Raises Invalid as `places_of`, for a region that the whole data does not know, and for
    one that says nothing."""
    problems = [
        Problem(f"/regions/{nth}", NO_REGION) for nth, code in enumerate(shape.regions) if not is_known_region(code)
    ]
    if not (shape.stores or shape.regions or shape.polygon):
        problems.append(Problem("", "must name stores, regions or a polygon"))
    polygon = None if problems else _polygon(shape, "", problems)
    if problems:
        raise Invalid("selection", problems=problems)
    return Area("selection", "district", "", "", 0, frozenset(shape.stores), shape.regions, polygon)


def _area(area: AreaDocument, where: str, problems: list[Problem]) -> Area:
    polygon = _polygon(area, where, problems)
    name = area.name
    return Area(area.id, area.kind, name.zh, name.en, area.rank, frozenset(area.stores), area.regions, polygon)


def _polygon(shape: AreaShape, where: str, problems: list[Problem]) -> Polygon | None:
    for nth, region in enumerate(shape.regions):
        if not is_region(region):
            problems.append(Problem(f"{where}/regions/{nth}", NO_REGION))
    if shape.polygon is None or shape.datum is None:
        return None
    try:
        return parse_polygon(shape.polygon, shape.datum)
    except Invalid as error:
        problems += [Problem(f"{where}/polygon{problem.pointer}", problem.rule) for problem in error.problems]
        return None


def lint_places(proposal: Proposal[Places], context: KnowsStores | None) -> Iterable[Finding]:
    """Errors: regions and stores that there are not. Warnings: areas of one rank that share stores, and areas that hold
    none."""
    if context is None:
        return
    yield from _nowhere(proposal.content, context)
    stores = context.every_store()
    if not stores:
        return
    order = {area.id: nth for nth, area in enumerate(proposal.content.areas)}
    for first, second, shared in overlaps(proposal.value, stores):
        named = ", ".join(shared[:SHOWN_LIMIT])
        rule = f"overlaps {first.id} of the same rank in {len(shared)} stores: {named}"
        yield Finding(f"/areas/{order[second.id]}", rule, "warning")
    for area in empty_areas(proposal.value, stores):
        yield Finding(f"/areas/{order[area.id]}", "holds no store", "warning")


def _nowhere(document: PlacesDocument, context: KnowsStores) -> Iterable[Finding]:
    places = list[tuple[str, str]]()
    for nth, area in enumerate(document.areas):
        places += [(f"/areas/{nth}/regions/{number}", code) for number, code in enumerate(area.regions)]
        places += [(f"/areas/{nth}/stores/{number}", f"store:{store}") for number, store in enumerate(area.stores)]
    missing = context.missing(place for _, place in places)
    yield from (Finding(pointer, missing[place]) for pointer, place in places if place in missing)


PLACES = Kind[Places](
    name="price_places",
    path="/pricing/places",
    title="商圈与门店组 · Business districts and store groups",
    schema=PlacesDocument,
    read=places_of,
    lint=lint_places,
    presets=lambda: {KEY: {"areas": []}},
    effective=True,
    only=KEY,
    editors=("finance",),
)
