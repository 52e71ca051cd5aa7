"""行政区划代码 (GB/T 2260): six digits, and the code itself says where it lies.

310101 is 黄浦区, in the city 310100 and the province 310000; above all provinces stands `base`, the whole tenant.
"""

from __future__ import annotations

import re

BASE = "base"
_CODE = re.compile(r"(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12])[0-9]{4}")
"""Six digits in one of the 34 provinces, municipalities, autonomous and special regions."""


def path(code: str) -> tuple[str, ...]:
    """From the code outward: district → city → province → base. `path("310101")` is
    ("310101", "310100", "310000", "base"); a province's path is (province, base), and `path("base")` is ("base",)."""
    if code == BASE:
        return (BASE,)
    steps = (code, code[:4] + "00", code[:2] + "0000", BASE)
    return tuple(dict.fromkeys(steps))


def covers(region: str, code: str) -> bool:
    """Whether `code` lies in `region` or is it."""
    return region in path(code)


def around(*codes: str) -> str:
    """The smallest region in which all of these lie."""
    return next(step for step in path(codes[0]) if all(covers(step, code) for code in codes))


def is_region(code: str) -> bool:
    """Whether this is `base`, or six digits in a province that there is."""
    return code == BASE or bool(_CODE.fullmatch(code))
