"""Maps: datums, distances, polygons, held against Shapely."""

from __future__ import annotations

from itertools import pairwise
from math import cos, pi, sin
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely.geometry import Point as ShapelyPoint
from shapely.geometry import Polygon as ShapelyPolygon

from functions.pricing.places.polygons import UNITS, VERTICES_LIMIT, parse_polygon
from hub.kernel.datum import Point, distance_metres
from hub.kernel.errors import Invalid

OWN, RIVAL = Point(31.2304, 121.4737), Point(31.2284, 121.5074, "gcj02")
GRID = st.tuples(st.integers(0, 12), st.integers(0, 12))


def geometry(*corners: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[list(corner) for corner in (*corners, corners[0])]]}


def box(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    return geometry((west, south), (east, south), (east, north), (west, north))


def test_two_maps_put_one_border_in_two_places() -> None:
    """A competitor on a GCJ-02 map is 2.78 km away, inside 3 km; read as WGS-84 it would be 3.21 km."""
    misread = Point(RIVAL.latitude, RIVAL.longitude, "wgs84")
    assert [round(distance_metres(OWN, there) / 1000, 2) for there in (RIVAL, misread)] == [2.78, 3.21]
    assert (round(RIVAL.to("wgs84").latitude, 4), round(RIVAL.to("wgs84").longitude, 4)) == (31.2304, 121.5030)


@given(st.floats(18.5, 53.0), st.floats(73.7, 134.5))
def test_there_and_back_is_the_same_place(latitude: float, longitude: float) -> None:
    """Converted into the other datum and back, a point moves by less than a centimetre."""
    point = Point(latitude, longitude)
    assert distance_metres(point, point.to("gcj02").to("wgs84")) < 0.01


def test_a_store_on_a_shared_border_lies_in_one_district() -> None:
    """Two districts share the meridian 116.40; of the stores on it none is lost and none is in both."""
    west, east = (parse_polygon(box(*sides), "wgs84") for sides in ((116.0, 39, 116.4, 40), (116.4, 39, 117.0, 40)))
    stores = [Point(39.1, 116.4), Point(39.5, 116.2), Point(39.5, 116.4), Point(39.9, 116.4), Point(39.9, 116.41)]
    assert [west.holds(store) + east.holds(store) for store in stores] == [1] * 5


@given(st.lists(st.tuples(st.floats(0.2, 1.0), st.floats(0.05, 0.95)), min_size=3, max_size=12), st.data())
def test_a_point_lies_where_shapely_says(spokes: list[tuple[float, float]], data: st.DataObject) -> None:
    """For star-shaped polygons, and points that are not on a border."""
    angles = [(nth + turn) * 2 * pi / len(spokes) for nth, (_, turn) in enumerate(spokes)]
    corners = [
        (round(116 + r * cos(a), 6), round(39 + r * sin(a), 6)) for (r, _), a in zip(spokes, angles, strict=True)
    ]
    oracle = ShapelyPolygon(corners)
    assume(oracle.is_valid)
    latitude, longitude = data.draw(st.floats(37.9, 40.1)), data.draw(st.floats(114.9, 117.1))
    point = ShapelyPoint(round(longitude * UNITS) / UNITS, round(latitude * UNITS) / UNITS)
    assume(oracle.exterior.distance(point) > 1e-6)
    assert parse_polygon(geometry(*corners), "wgs84").holds(Point(latitude, longitude)) == oracle.contains(point)


@settings(max_examples=300)
@given(st.lists(GRID, min_size=3, max_size=8))
def test_what_shapely_calls_no_polygon_is_refused(corners: list[tuple[int, int]]) -> None:
    """A ring crosses or touches itself for us exactly where it does for Shapely."""
    try:
        parse_polygon(geometry(*corners), "wgs84")
        accepted = True
    except Invalid:
        accepted = False
    ring = [*corners, corners[0]]
    stands = any(first == second for first, second in pairwise(ring))
    assert accepted == (ShapelyPolygon(corners).is_valid and not stands)


@pytest.mark.parametrize(
    ("geometry", "pointer"),
    [
        (None, "/type"),
        ({"type": "Point", "coordinates": [1, 2]}, "/type"),
        ({"type": "Polygon", "coordinates": []}, "/coordinates"),
        ({"type": "Polygon", "coordinates": [[[1, 1], [2, 1], [2, 2]]]}, "/coordinates/0"),
        ({"type": "Polygon", "coordinates": [[[1, 1], [2, 1], [2, 2], [1, 2]]]}, "/coordinates/0"),
        ({"type": "Polygon", "coordinates": [[[1, 1], [200, 1], [2, 2], [1, 1]]]}, "/coordinates/0/1"),
        ({"type": "Polygon", "coordinates": [[[1, 1], [3, 3], [3, 1], [1, 3], [1, 1]]]}, "/coordinates/0/2"),
        ({"type": "Polygon", "coordinates": [*box(1, 1, 2, 2)["coordinates"], *box(5, 5, 6, 6)["coordinates"]]},
         "/coordinates/1"),
        ({"type": "MultiPolygon", "coordinates": [box(1, 1, 9, 9)["coordinates"], box(2, 2, 3, 3)["coordinates"]]},
         "/coordinates/1/0"),
        ({"type": "Polygon", "coordinates": [[[0, nth / 1e5] for nth in range(VERTICES_LIMIT + 1)]]}, "/coordinates"),
    ],
)  # fmt: skip
def test_an_impossible_polygon_is_refused_with_its_place(geometry: Any, pointer: str) -> None:
    """Open, crossing itself, off the globe, a hole outside, a polygon in a polygon, too many corners."""
    with pytest.raises(Invalid) as refused:
        parse_polygon(geometry, "wgs84")
    assert [problem.pointer for problem in refused.value.problems] == [pointer]


def test_a_hole_is_no_part_of_it() -> None:
    """A point in a hole lies outside, one beside it inside; also in the second of two polygons."""
    ring = [*box(1, 1, 9, 9)["coordinates"], *box(4, 4, 5, 5)["coordinates"]]
    parts = {"type": "MultiPolygon", "coordinates": [box(20, 1, 29, 9)["coordinates"], ring]}
    polygon = parse_polygon(parts, "wgs84")
    assert [polygon.holds(Point(*at)) for at in ((4.5, 4.5), (3, 3), (3, 25), (3, 15))] == [False, True, True, False]
