"""Datums (坐标系): WGS-84 as satellites say it, GCJ-02 as maps in China print it, a few hundred metres apart. Pure.

The offset is the well-known published approximation of GCJ-02 (the ellipsoid of Krasovsky 1940 and a sum of sines);
the way back is found by iteration, to less than a centimetre. Outside China both are the same.
"""

from __future__ import annotations

from math import asin, cos, isfinite, pi, radians, sin, sqrt
from typing import Literal

from hub.kernel.dataclass import dataclass

Datum = Literal["wgs84", "gcj02"]
SEMI_MAJOR_METRES = 6378245.0
ECCENTRICITY_SQUARED = 0.00669342162296594323
EARTH_RADIUS_METRES = 6371008.8
"""The mean radius (IUGG), by which distances are measured."""
ROUNDS = 8
"""Each round of the way back leaves about a thousandth of the error."""


@dataclass(frozen=True, slots=True)
class Point:
    """Degrees, and the datum that they are in."""

    latitude: float
    longitude: float
    datum: Datum = "wgs84"

    def __post_init__(self) -> None:
        if not (isfinite(self.latitude) and isfinite(self.longitude)):
            raise ValueError("degrees must be numbers")

    def to(self, datum: Datum) -> Point:
        """The same place in another datum."""
        if datum == self.datum:
            return self
        return _to_gcj(self) if datum == "gcj02" else _to_wgs(self)


def distance_metres(here: Point, there: Point) -> float:
    """Along the great circle, whatever datums the two are in."""
    first, second = here.to("wgs84"), there.to("wgs84")
    north, east = radians(second.latitude - first.latitude), radians(second.longitude - first.longitude)
    chord = sin(north / 2) ** 2 + cos(radians(first.latitude)) * cos(radians(second.latitude)) * sin(east / 2) ** 2
    return 2 * EARTH_RADIUS_METRES * asin(min(1.0, sqrt(chord)))


def _to_gcj(point: Point) -> Point:
    north, east = _offset(point.latitude, point.longitude)
    return Point(point.latitude + north, point.longitude + east, "gcj02")


def _to_wgs(point: Point) -> Point:
    latitude, longitude = point.latitude, point.longitude
    for _ in range(ROUNDS):
        north, east = _offset(latitude, longitude)
        latitude, longitude = point.latitude - north, point.longitude - east
    return Point(latitude, longitude, "wgs84")


def _offset(latitude: float, longitude: float) -> tuple[float, float]:
    """How far GCJ-02 lies from WGS-84 there, in degrees north and east."""
    if not (72.004 <= longitude <= 137.8347 and 0.8293 <= latitude <= 55.8271):
        return 0.0, 0.0
    x, y = longitude - 105.0, latitude - 35.0
    waves = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    magic = 1 - ECCENTRICITY_SQUARED * sin(radians(latitude)) ** 2
    meridian = SEMI_MAJOR_METRES * (1 - ECCENTRICITY_SQUARED) / (magic * sqrt(magic))
    parallel = SEMI_MAJOR_METRES / sqrt(magic) * cos(radians(latitude))
    return north * 180.0 / (meridian * pi), east * 180.0 / (parallel * pi)
