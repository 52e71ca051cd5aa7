"""Places over HTTP: business districts and store groups, chains, and selections on the map."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.carts import campaign, strategy
from tests.support.pricing import Room, pricing_room

NAME = {"zh": "望京", "en": "Wangjing"}
BOX = {"type": "Polygon", "coordinates": [[[116.46, 39.98], [116.50, 39.98], [116.50, 40.02], [116.46, 40.02],
                                           [116.46, 39.98]]]}  # fmt: skip
WANGJING = {"id": "wangjing", "name": NAME, "polygon": BOX, "datum": "wgs84"}
FLAGSHIP = {"id": "flagship", "kind": "group", "name": NAME, "stores": ["s1"]}


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    with pricing_room() as room:
        room.store("s1", "110105", (40.00, 116.48))
        room.store("s2", "110105", (39.90, 116.48))
        room.store("s3", "370102")
        yield room


def places(chain: Any) -> list[str]:
    return [step["place"] for step in chain["chain"]]


def test_a_store_and_a_point_resolve_to_their_chain(room: Room) -> None:
    """Store, group, business district, district, city, tier, province, base; a point on a GCJ-02 map is converted."""
    room.publish("/pricing/places", {"areas": [WANGJING, FLAGSHIP]})
    inside = ["110105", "110100", "tier:1", "110000", "base"]
    point = {"latitude": "40.0013", "longitude": "116.4862", "datum": "gcj02", "region": "110105"}
    assert places(room.made("GET", "/pricing/chain", query={"store": "s1"})) == [
        "store:s1", "group:flagship", "area:wangjing", *inside,
    ]  # fmt: skip
    assert places(room.made("GET", "/pricing/chain", query={"store": "s2"})) == ["store:s2", *inside]
    assert places(room.made("GET", "/pricing/chain", query=point)) == ["area:wangjing", *inside]


@pytest.mark.parametrize(
    "query", [{"latitude": "40.0", "longitude": "116.4"}, {"latitude": "40.0", "datum": "wgs84"}, {"datum": "wgs84"}]
)
def test_a_point_without_its_datum_is_refused(room: Room, query: dict[str, str]) -> None:
    """Which grid it is on is never guessed."""
    refused = room.call("GET", "/pricing/chain", query=query)
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "query:datum")


def test_a_polygon_finds_the_stores_in_it(room: Room) -> None:
    """By polygon, by codes, by names, and all of them together; a store without a position is counted."""
    shapes = {"polygon": BOX, "datum": "wgs84"}, {"regions": ["110000"]}, {"regions": ["370100"], "stores": ["s1"]}
    chosen = [room.made("POST", "/pricing/selections", shape) for shape in shapes]
    assert [selection["stores"] for selection in chosen] == [["s1"], ["s1", "s2"], ["s1", "s3"]]
    assert (chosen[0]["count"], chosen[0]["unplaced"]) == (1, 1)


@pytest.mark.parametrize(
    ("area", "pointer"),
    [
        ({"polygon": {"type": "Polygon", "coordinates": [[[1, 1], [3, 3], [3, 1], [1, 3], [1, 1]]]}, "datum": "gcj02"},
         "/document/areas/0/polygon/coordinates/0/2"),
        ({"regions": ["990000"]}, "/document/areas/0/regions/0"),
        ({"regions": ["310101", "310999"]}, "/document/areas/0/regions/1"),
        ({"stores": ["s1", "nope"]}, "/document/areas/0/stores/1"),
        ({"polygon": BOX}, "/document/areas/0"),
    ],
)  # fmt: skip
def test_an_area_that_cannot_be_is_refused_at_the_draft(room: Room, area: dict[str, Any], pointer: str) -> None:
    """A polygon that crosses itself, a region or a store that is none, a polygon without its datum: 422, each with its
    place."""
    document = {"areas": [{"id": "broken", "name": NAME, **area}]}
    refused = room.call("PUT", "/pricing/places/draft", {"document": document})
    assert (refused.status, [error["pointer"] for error in refused.json["errors"]]) == (422, [pointer])


@pytest.mark.parametrize(
    ("method", "path", "options", "pointer"),
    [
        ("GET", "/pricing/chain", {"query": {"region": "999999"}}, "query:region"),
        ("GET", "/pricing/chain", {"query": {"region": "310999"}}, "query:region"),
        ("POST", "/pricing/quotes", {"body": {"service": "fruit_tea", "region": "310999"}}, "/region"),
        ("POST", "/pricing/selections", {"body": {"regions": ["310000", "310999"]}}, "/regions/1"),
        ("POST", "/pricing/selections", {"body": {"stores": ["s1", "nope"]}}, "/stores"),
        ("POST", "/pricing/books/standard/bulk", {"body": {
            "id": "cut", "name": NAME, "value": "-1", "regions": ["310999"]}}, "/regions/0"),
    ],
)  # fmt: skip
def test_a_place_that_there_is_not_is_asked_for_in_vain(
    room: Room, method: str, path: str, options: dict[str, Any], pointer: str
) -> None:
    """310999 lies in 上海 by its digits, and is no district of it: no chain, no quote, no selection."""
    refused = room.call(method, path, **options)
    assert (refused.status, [error["pointer"] for error in refused.json["errors"]]) == (422, [pointer])


def test_a_book_names_places_that_there_are(room: Room) -> None:
    """Prices, rows, floors, factors and tiers: each place that there is not is refused at the draft."""
    prices = dict.fromkeys(("base", "310999", "store:nope", "store:s1"), "9.00")
    rows = [{"place": "area:nowhere", "price": "9.00", "level": "gold"}]
    tea = {"name": NAME, "prices": prices, "rows": rows, "floors": {"440999": "1.00"}}
    factor = {"id": "f", "input": "adjustment", "name": NAME, "values": {"group:none": "1.1"}}
    document = {"services": {"tea": tea}, "factors": [factor], "tiers": {"319900": 1}}
    refused = room.call("PUT", "/pricing/books/standard/draft", {"document": document})
    assert [(error["pointer"].removeprefix("/document"), error["detail"]) for error in refused.json["errors"]] == [
        ("/services/tea/prices/310999", "must be a region's code that there is"),
        ("/services/tea/prices/store:nope", "must be a store that there is"),
        ("/services/tea/floors/440999", "must be a region's code that there is"),
        ("/services/tea/rows/0", "must be one of the tenant's places"),
        ("/factors/0/values/group:none", "must be one of the tenant's places"),
        ("/tiers/319900", "must be a region's code that there is"),
    ]


def test_campaigns_and_guard_rails_name_places_that_there_are(room: Room) -> None:
    """For a strategy itself, in its terms, and for what things cost."""
    decoy = {**strategy("decoy_coupon", {"amount": "3.00", "areas": ["area:nowhere"]}), "places": ["store:nope"]}
    surcharge = strategy("logistic_surcharge", {"by": {"310999": "2.00"}})
    drafts = [
        room.call("PUT", f"/pricing/{path}/draft", {"document": document})
        for path, document in (
            ("campaigns/spring", campaign(decoy, surcharge)),
            ("guards", {"costs": {"fruit_tea": {"310999": "1.00"}}}),
        )
    ]
    assert [[error["pointer"] for error in draft.json["errors"]] for draft in drafts] == [
        [f"/document/strategies/{end}" for end in ("0/places/0", "0/terms/areas/0", "1/terms/by/310999")],
        ["/document/costs/fruit_tea/310999"],
    ]


def test_a_book_may_name_a_place_that_holds_from_tomorrow_on(room: Room) -> None:
    """What is published for a later day is a place already."""
    later = {"id": "later", "name": NAME, "stores": ["s1"]}
    tea = {"name": NAME, "prices": {"base": "9.00", "area:later": "9.50"}}
    room.publish("/pricing/places", {"areas": [later]}, valid_from="2026-12-01T00:00:00+08:00")
    assert room.made("POST", "/pricing/books/standard/lint", {"document": {"services": {"tea": tea}}})["usable"]


def test_gaps_and_overlaps_are_warned_of(room: Room) -> None:
    """Two business districts of one rank that share a store, and one that holds none."""
    twin = {**WANGJING, "id": "twin"}
    empty = {"id": "empty", "name": NAME, "regions": ["650000"]}
    lint = room.made("POST", "/pricing/places/lint", {"document": {"areas": [WANGJING, twin, empty]}})
    assert [(finding["pointer"], finding["severity"]) for finding in lint["findings"]] == [
        ("/areas/0", "warning"),
        ("/areas/2", "warning"),
    ]


def test_what_is_told_late_of_a_store_changes_nothing(room: Room) -> None:
    """The same event again, and an older one, leave the store where it is."""
    room.store("s1", "370102")
    assert places(room.made("GET", "/pricing/chain", query={"store": "s1"}))[-2:] == ["110000", "base"]
