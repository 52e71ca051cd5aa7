"""Where prices hold (区域): the chain of places of a store or a point, and which stores a selection means."""

from __future__ import annotations

from functions.pricing.books.book_kind import BOOKS
from functions.pricing.desk import Desk
from functions.pricing.places.places import LEVELS, Places, Spot, chain_of, selected, spot_of
from functions.pricing.places.places_kind import KEY, NO_REGION, PLACES, shape_of
from functions.pricing.room import MANAGERS, room
from hub.contracts.base import Words
from hub.contracts.pricing_places import ChainStep, ChainView, ResolveQuery, SelectionView, SelectStores
from hub.edge.requests import Request
from hub.kernel.datum import Point
from hub.kernel.errors import Invalid, Problem
from hub.kernel.places import is_known_region, region_names

STANDARD = "standard"


@room.http("GET", "/pricing/chain", summary="区域链 · The places whose price holds at a store or a point",
           query=ResolveQuery, answer=ChainView, scope="tenant")  # fmt: skip
def show_chain(desk: Desk, request: Request) -> ChainView:
    """Most specific first: the order in which a price is looked for."""
    spot, places = _spot(desk, request.query), desk.documents.current(PLACES, KEY).value
    book = desk.documents.find(BOOKS, STANDARD)
    chain = chain_of(spot, places, book.value.tiers if book else {})
    steps = tuple(ChainStep(place=place, level=level, name=_name(place, level, places)) for place, level in chain)
    return ChainView(store=spot.store, region=spot.region, chain=steps)


@room.http("POST", "/pricing/selections", summary="框选门店 · Which stores a selection on the map means",
           body=SelectStores, answer=SelectionView, roles=MANAGERS, scope="tenant")  # fmt: skip
def select_stores(desk: Desk, request: Request) -> SelectionView:
    """By polygon, region codes, or names; up to two seconds behind the directory."""
    stores, shape = desk.stores.every_store(), shape_of(request.body)
    chosen = selected(stores, shape)
    return SelectionView(
        count=len(chosen),
        stores=tuple(store.id for store in chosen),
        unplaced=sum(store.point is None for store in stores),
    )


def _spot(desk: Desk, query: ResolveQuery) -> Spot:
    """Raises Invalid for a store or a region that there is none of, or a point that lacks a part."""
    parts = (query.latitude, query.longitude, query.datum)
    if any(part is None for part in parts) and any(part is not None for part in parts):
        rule = "must say wgs84 or gcj02, and both degrees"
        raise Invalid("point", problems=[Problem("query:datum", rule)])
    point = None
    if query.latitude is not None and query.longitude is not None and query.datum is not None:
        point = Point(query.latitude, query.longitude, query.datum)
    if query.region and not is_known_region(query.region):
        raise Invalid("region", problems=[Problem("query:region", NO_REGION)])
    if not query.store:
        return Spot(query.region or "base", point=point)
    store = desk.stores.find(query.store)
    if store is None:
        raise Invalid("store", problems=[Problem("query:store", "must be a store that there is")])
    return spot_of(store)


def _name(place: str, level: str, places: Places) -> Words:
    if place in places.by_place:
        area = places.by_place[place]
        return Words(zh=area.name_zh, en=area.name_en)
    zh, en = LEVELS[level]  # type: ignore[index] # the chain's own levels
    return Words(zh=region_names().get(place, zh), en=en)
