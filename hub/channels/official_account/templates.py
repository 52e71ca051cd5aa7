"""Values of template messages (模板消息), within the limits that each kind of field has. Pure.

Category templates (类目模板) refuse a longer value with 47003; limits as the developer community quotes them (2023).
Words are cut, for the whole text stands behind the message's link. Figures never are: a cut amount or phone number
would be a lie, so what does not fit is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from hub.kernel.errors import Invalid, Problem

WORDS: Mapping[str, int] = {"thing": 20, "short_thing": 5, "name": 10, "phrase": 5}
"""Kinds that are cut, in characters. A name of letters alone may have twice as many."""
FIGURES: Mapping[str, tuple[str, str]] = {
    "character_string": (r"[!-~ ]{1,32}", "must be 1 to 32 ASCII letters, digits or symbols"),
    "number": (r"-?[0-9]+(\.[0-9]+)?", "must be a number"),
    "letter": (r"[A-Za-z]{1,32}", "must be 1 to 32 letters"),
    "symbol": (r"[^\w\s]{1,5}", "must be 1 to 5 symbols"),
    "time": (r".*[0-9]{1,2}:[0-9]{2}.*", "must be a time, e.g. 15:01 or 2026年1月1日 15:01"),
    "date": (r".*[0-9]{4}.*", "must be a date, e.g. 2026年1月1日"),
    "amount": (r"[^0-9\s]?[0-9]{1,10}(\.[0-9]+)?元?", "must be a currency sign and at most 10 digits"),
    "phone_number": (r"[0-9+() -]{1,17}", "must be at most 17 digits or symbols"),
    "car_number": (r"\S{1,8}", "must be 1 to 8 characters"),
    "const": (r".{1,20}", "must be one of the approved values, at most 20 characters"),
}
FIGURE_LIMIT_CHARS = 32
DROPPED = frozenset({"first", "remark"})
"""The platform drops them silently since 2023-05, so they are not sent."""
_KIND = re.compile(r"([a-z_]+?)_?[0-9]*")


def fit_values(values: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """`data` of template/send. Raises Invalid, naming each field that cannot be made to fit."""
    texts = {name: " ".join(text.split()) for name, text in values.items() if name not in DROPPED}
    fitted = {name: _fit(name, text) for name, text in texts.items()}
    problems = [problem for name, text in fitted.items() for problem in _problems(name, text)]
    if problems or not fitted:
        raise Invalid("template", problems=problems or [Problem("/data", "must have a field")])
    return {name: {"value": text} for name, text in fitted.items()}


def _kind(name: str) -> str:
    match = _KIND.fullmatch(name)
    return match[1] if match else ""


def _fit(name: str, text: str) -> str:
    kind = _kind(name)
    if kind == "phrase":
        text = "".join(re.findall(r"[\u3400-\u9fff]", text))
    limit = WORDS.get(kind, len(text))
    if kind == "name" and text.isascii():
        limit *= 2
    if len(text) <= limit:
        return text
    return text[:limit] if kind in ("phrase", "name") else text[: limit - 1] + "…"


def _problems(name: str, text: str) -> Iterator[Problem]:
    pattern, rule = FIGURES.get(_kind(name), (r".+", "must not be empty"))
    too_long = _kind(name) in FIGURES and len(text) > FIGURE_LIMIT_CHARS
    if too_long or not re.fullmatch(pattern, text, re.ASCII):
        yield Problem(f"/data/{name}", rule)
