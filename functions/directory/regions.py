"""Regions by code (行政区划代码, GB/T 2260), all with their Chinese names, the largest with English ones.

A code without a name is still a region: where it lies is in the code itself.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path

from hub.contracts.base import Words
from hub.contracts.directory import RegionName, RegionView
from hub.kernel import regions
from hub.kernel.errors import NotFound
from hub.kernel.places import region_names

_CODE = re.compile(r"[0-9]{6}|base")


def show_region(code: str) -> RegionView:
    """The region and all that it lies in. Raises NotFound for what is no code, or lies in no province that we know."""
    if not _CODE.fullmatch(code) or regions.path(code)[-2:][0] not in names():
        raise NotFound("no such region", region=code[:20])
    own, *_ = lineage = [_named(step) for step in regions.path(code)]
    return RegionView(code=own.code, name=own.name, path=tuple(lineage))


def named_regions(within: str) -> tuple[RegionName, ...]:
    """All regions that lie in `within`, a province or city, by code; of "base" the provinces and cities."""
    codes = (code for code in sorted(names()) if regions.covers(within, code))
    return tuple(_named(code) for code in codes if within != regions.BASE or not code.isdecimal() or code[4:] == "00")


@lru_cache(maxsize=1)
def names() -> dict[str, tuple[str, str]]:
    """Code → (Chinese name, English name or "")."""
    english = json.loads((Path(__file__).parent / "english.json").read_text(encoding="utf-8"))
    chinese = {regions.BASE: "全国", **region_names()}
    return {code: (name, english.get(code, "")) for code, name in chinese.items()}


def _named(code: str) -> RegionName:
    zh, en = names().get(code, ("", ""))
    return RegionName(code=code, name=Words(zh=zh, en=en))
