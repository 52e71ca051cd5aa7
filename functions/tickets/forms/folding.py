"""Folding (归一化): the same answer however it was typed, before anything looks at it. form.js does the same. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

_BLANK = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x20\x85\xa0\u1680\u2028\u2029\u202f\u205f\u2060\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x200E))
)
_BLANKS = re.compile(f"[{_BLANK}]+")
_DASHES = re.compile("[-\u2010-\u2015\u2212()\u00b7\u2022\u30fb.]")
_CN_PREFIX = re.compile(r"^(\+86|0086|86(?=1[0-9]{10}$))", re.ASCII)
_GROUPED = re.compile(r"^-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?$", re.ASCII)

STEPS: Mapping[str, Callable[[str], str]] = {
    "nfkc": lambda text: unicodedata.normalize("NFKC", text),
    "blanks": lambda text: _BLANKS.sub("", text),
    "trim": lambda text: text.strip(_BLANK),
    "dashes": lambda text: _DASHES.sub("", text),
    "cn_prefix": lambda text: _CN_PREFIX.sub("", text),
    "grouping": lambda text: text.replace(",", "") if _GROUPED.match(text) else text,
    "upper": str.upper,
    "lower": str.lower,
}


def fold(text: str, steps: tuple[str, ...]) -> str:
    """The text after these steps, in order."""
    for step in steps:
        text = STEPS[step](text)
    return text


def is_blank(raw: object) -> bool:
    """Whether this is no answer (没有作答): nothing, an empty list, or blanks of any width. 0 and false are answers."""
    if isinstance(raw, str):
        return not raw.strip(_BLANK)
    return raw is None or raw == [] or raw == ()
