"""A chain of 300 stores all over the country, 57 of them in 华北: where they stand is where their cities are."""

from __future__ import annotations

from typing import Any

from hub.contracts.events import StoreChanged
from tests.support.aws import TENANT
from tests.support.pricing import MAY_1

NORTH = {
    "110101": (39.90, 116.40), "120101": (39.13, 117.20), "130102": (38.04, 114.51), "130202": (39.63, 118.18),
    "130602": (38.87, 115.46), "130402": (36.61, 114.49), "140105": (37.87, 112.55), "140213": (40.08, 113.30),
    "150102": (40.84, 111.75), "150202": (40.66, 109.84), "130702": (40.77, 114.88), "130802": (40.95, 117.96),
    "130902": (38.30, 116.84), "131002": (39.52, 116.68), "130302": (39.94, 119.60), "130502": (37.07, 114.50),
    "131102": (37.74, 115.67), "140403": (36.20, 113.12), "141002": (36.09, 111.52),
}  # fmt: skip
"""19 cities of 北京, 天津, 河北, 山西 and 内蒙古, with three stores each."""
ELSEWHERE = {
    "370102": (36.65, 117.12), "371402": (37.44, 116.36), "410102": (34.75, 113.63), "610102": (34.34, 108.94),
    "210102": (41.80, 123.43), "310101": (31.23, 121.47), "440103": (23.13, 113.26), "510104": (30.66, 104.08),
    "420102": (30.59, 114.31),
}  # fmt: skip
"""Nine others, two of them close by, with 27 each."""
NORTH_CHINA = {
    "type": "Polygon",
    "coordinates": [[
        [109.0, 41.5], [109.0, 37.0], [110.9, 35.8], [113.0, 35.9], [114.9, 36.2], [115.6, 37.2], [116.1, 37.6],
        [117.3, 38.05], [118.2, 38.7], [119.9, 39.5], [120.0, 40.4], [118.5, 41.6], [109.0, 41.5],
    ]],
}  # fmt: skip
"""华北, drawn around its cities by hand."""


def stores_of_the_chain() -> list[StoreChanged]:
    """All 300, as the directory tells of them."""
    places = [(region, at, nth) for region, at in NORTH.items() for nth in range(3)]
    places += [(region, at, nth) for region, at in ELSEWHERE.items() for nth in range(27)]
    return [_store(f"s{number:03}", region, at, nth) for number, (region, at, nth) in enumerate(places, 1)]


def _store(store_id: str, region: str, at: tuple[float, float], nth: int) -> StoreChanged:
    position = {"latitude": at[0] + nth / 1000, "longitude": at[1] - nth / 1000, "datum": "wgs84"}
    facts: dict[str, Any] = {"store_id": store_id, "version": 1, "region": region, "manager": f"m{store_id}"}
    event = {"id": f"evt_{store_id}", "tenant": TENANT, "at": MAY_1, "position": position, **facts}
    return StoreChanged.model_validate(event)
