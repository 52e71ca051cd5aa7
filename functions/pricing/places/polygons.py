"""Polygons (多边形, GeoJSON, RFC 7946): whether one is valid, and whether a point lies in it. Pure.

Coordinates become whole numbers (a tenth of a millionth of a degree, about a centimetre), so every answer is exact: a
point on a border that two polygons share lies in exactly one of them, the one to its east, or to its north.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from hub.kernel.dataclass import dataclass
from hub.kernel.datum import Datum, Point
from hub.kernel.errors import Invalid, Problem

UNITS = 10_000_000
"""Of a degree."""
VERTICES_LIMIT = 2000
"""So many corners one polygon may have in all."""
RINGS_LIMIT = 100

Vertex = tuple[int, int]
Ring = tuple[Vertex, ...]
"""x (longitude) and y (latitude) of each corner; the last one is the first."""
Edge = tuple[Vertex, Vertex]


@dataclass(frozen=True, slots=True)
class Polygon:
    """A GeoJSON Polygon or MultiPolygon. rings: all of its rings; what lies in an odd number of them lies in it."""

    rings: tuple[Ring, ...]
    datum: Datum

    def holds(self, point: Point) -> bool:
        """Whether the point lies in it; it is converted into the polygon's datum first."""
        placed = point.to(self.datum)
        x, y = round(placed.longitude * UNITS), round(placed.latitude * UNITS)
        return sum(_holds(ring, (x, y)) for ring in self.rings) % 2 == 1


def parse_polygon(geometry: Any, datum: Datum) -> Polygon:
    """From a GeoJSON geometry. Raises Invalid, each pointer into the geometry, for what is no polygon, has open or too
    many rings, or crosses itself."""
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        raise _invalid("/type", "must be Polygon or MultiPolygon")
    parts = geometry.get("coordinates")
    if geometry["type"] == "Polygon":
        parts, base = [parts], "/coordinates"
    else:
        base = ""
    if not isinstance(parts, list) or not parts:
        raise _invalid("/coordinates", "must be lists of positions")
    polygons: list[list[tuple[str, Ring]]] = []
    for nth, part in enumerate(parts):
        where = base or f"/coordinates/{nth}"
        if not isinstance(part, list) or not part:
            raise _invalid(where, "must be a list of rings")
        polygons.append([(f"{where}/{number}", _ring(ring, f"{where}/{number}")) for number, ring in enumerate(part)])
        _require_few([ring for rings in polygons for ring in rings])
    _require_simple([ring for rings in polygons for ring in rings])
    _require_nested(polygons)
    return Polygon(tuple(ring for rings in polygons for _, ring in rings), datum)


def _ring(positions: Any, where: str) -> Ring:
    if not isinstance(positions, list) or len(positions) < 4:
        raise _invalid(where, "must have four positions at least")
    if len(positions) > VERTICES_LIMIT:
        raise _invalid("/coordinates", f"must have at most {VERTICES_LIMIT} corners")
    ring = tuple(_vertex(position, f"{where}/{nth}") for nth, position in enumerate(positions))
    if ring[0] != ring[-1]:
        raise _invalid(where, "must end where it begins")
    return ring


def _vertex(position: Any, where: str) -> Vertex:
    numbers = position if isinstance(position, list) else []
    if len(numbers) < 2 or any(isinstance(n, bool) or not isinstance(n, int | float) for n in numbers):
        raise _invalid(where, "must be [longitude, latitude]")
    longitude, latitude = numbers[:2]
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise _invalid(where, "must be degrees: longitude first, then latitude")
    return round(longitude * UNITS), round(latitude * UNITS)


def _require_few(rings: Sequence[tuple[str, Ring]]) -> None:
    if len(rings) > RINGS_LIMIT or sum(len(ring) for _, ring in rings) > VERTICES_LIMIT:
        raise _invalid("/coordinates", f"must have at most {VERTICES_LIMIT} corners in {RINGS_LIMIT} rings")


def _require_simple(rings: Sequence[tuple[str, Ring]]) -> None:
    """Raises Invalid where two edges cross, or lie on one another, or touch elsewhere than one after the other does:
    looked at from west to east, so that only edges that share longitudes are held side by side."""
    edges = sorted(_edges(rings), key=lambda item: min(item[2][0][0], item[2][1][0]))
    begun: list[tuple[str, int, Edge]] = []
    lengths = {where: len(ring) - 1 for where, ring in rings}
    for where, nth, edge in edges:
        if edge[0] == edge[1]:
            raise _invalid(f"{where}/{nth}", "must not stand there twice")
        west = min(edge[0][0], edge[1][0])
        begun = [item for item in begun if max(item[2][0][0], item[2][1][0]) >= west]
        for other, number, there in begun:
            steps = (nth - number) % lengths[where] if other == where else 0
            follows = steps in (1, lengths[where] - 1)
            if _touch(edge, there) and not (follows and _only_meet(edge, there)):
                raise _invalid(f"{where}/{nth}", "must not cross itself")
        begun.append((where, nth, edge))


def _require_nested(polygons: Sequence[Sequence[tuple[str, Ring]]]) -> None:
    """Raises Invalid for a hole outside its polygon or in another hole, and for polygons that lie on one another. No
    edges cross, so one corner of a ring speaks for all of it."""
    rings = [ring for part in polygons for _, ring in part]
    for part in polygons:
        _, shell = part[0]
        depth = _depth(shell, rings)
        if depth % 2:
            raise _invalid(part[0][0], "must not lie in another polygon")
        for where, hole in part[1:]:
            if _depth(hole, rings) != depth + 1 or not _holds(shell, hole[0]):
                raise _invalid(where, "must lie in its polygon, and in no other hole")


def _depth(ring: Ring, rings: Iterable[Ring]) -> int:
    return sum(_holds(other, ring[0]) for other in rings if other is not ring)


def _holds(ring: Ring, point: Vertex) -> bool:
    crossings = [
        _lies_left(*point, begin, end) for begin, end in pairwise(ring) if (begin[1] > point[1]) != (end[1] > point[1])
    ]
    return sum(crossings) % 2 == 1


def _edges(rings: Iterable[tuple[str, Ring]]) -> Iterator[tuple[str, int, Edge]]:
    for where, ring in rings:
        for nth, edge in enumerate(pairwise(ring)):
            yield where, nth, edge


def _touch(first: Edge, second: Edge) -> bool:
    """Whether two edges have a point in common."""
    (a, b), (c, d) = first, second
    if max(a[1], b[1]) < min(c[1], d[1]) or max(c[1], d[1]) < min(a[1], b[1]):
        return False
    sides = _side(a, b, c), _side(a, b, d), _side(c, d, a), _side(c, d, b)
    if sides[0] != sides[1] and sides[2] != sides[3] and 0 not in sides:
        return True
    ends = ((c, first, sides[0]), (d, first, sides[1]), (a, second, sides[2]), (b, second, sides[3]))
    return any(side == 0 and _within(point, edge) for point, edge, side in ends)


def _only_meet(first: Edge, second: Edge) -> bool:
    """Whether two edges that follow one another have nothing but that corner in common."""
    corner = ({*first} & {*second}).pop() if {*first} & {*second} else None
    if corner is None or {*first} == {*second}:
        return False
    head = first[0] if first[1] == corner else first[1]
    tail = second[0] if second[1] == corner else second[1]
    straight = _side(head, corner, tail) == 0
    back = (head[0] - corner[0]) * (tail[0] - corner[0]) + (head[1] - corner[1]) * (tail[1] - corner[1]) > 0
    return not (straight and back)


def _side(a: Vertex, b: Vertex, point: Vertex) -> int:
    """1 for a point left of the way from a to b, -1 right of it, 0 on its line."""
    cross = (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0])
    return (cross > 0) - (cross < 0)


def _within(point: Vertex, edge: Edge) -> bool:
    """Whether a point on an edge's line lies between its ends."""
    (ax, ay), (bx, by) = edge
    return min(ax, bx) <= point[0] <= max(ax, bx) and min(ay, by) <= point[1] <= max(ay, by)


def _lies_left(x: int, y: int, begin: Vertex, end: Vertex) -> bool:
    """Whether the point lies strictly west of an edge that passes its latitude; exact, and the same whichever way the
    edge is walked, so that of two polygons that share it just one holds the point."""
    low, high = (begin, end) if begin[1] < end[1] else (end, begin)
    return (x - low[0]) * (high[1] - low[1]) < (high[0] - low[0]) * (y - low[1])


def _invalid(pointer: str, rule: str) -> Invalid:
    return Invalid("polygon", problems=[Problem(pointer, rule)])
