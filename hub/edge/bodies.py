"""A request's body from bytes to its model: JSON of whole characters and finite numbers, each name once."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from hub.contracts.base import NO_NUMBER, misread
from hub.edge.routes import Route
from hub.kernel.errors import Invalid, Malformed, Problem, TooLarge

HALVES_SHOWN = 20
"""So many places of half characters are named."""
_ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_HALF = re.compile("[\ud800-\udfff]")


def read_body(route: Route, raw: bytes) -> Any:
    """The route's model of a body, None where it takes none. Raises TooLarge, Malformed for what is no JSON, Invalid
    with each wrong place, pydantic.ValidationError."""
    if len(raw) > route.body_limit_bytes:
        raise TooLarge(f"at most {route.body_limit_bytes} bytes", bytes=len(raw))
    if route.body is None:
        return None
    try:
        text = raw.decode("utf-8") or ("" if route.method == "PUT" else "{}")
        document = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant, parse_float=_finite)
    except UnicodeDecodeError:
        raise Malformed("the body must be JSON in UTF-8") from None
    except (ValueError, RecursionError):
        raise Malformed("the body must be JSON, with each name once in its object") from None
    if not isinstance(document, dict):
        raise Invalid("wrong body", problems=[Problem("", "must be a JSON object")])
    if _ESCAPED_HALF.search(text):
        _require_whole(document)
    body = route.body.model_validate(document)
    if wrong := [Problem(pointer, NO_NUMBER) for pointer in misread(document, body)]:
        raise Invalid("wrong body", problems=wrong)
    return body


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names differ: of two values one would be lost, and readers disagree which (RFC 8259, 4)."""
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a name stands twice")
    return document


def _refuse_constant(name: str) -> Any:
    """Python would read NaN and Infinity, which are not JSON."""
    raise ValueError(name)


def _finite(text: str) -> float:
    """1e999 would become Infinity, which no answer could say."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _require_whole(document: Any) -> None:
    """Raises Invalid for half of a surrogate pair (RFC 8259, 8.2), which nothing can store or send: each place."""
    rule = "must be whole characters: half of a surrogate pair stands here"
    places = [Problem(pointer, rule) for pointer, _ in zip(_halves(document, ""), range(HALVES_SHOWN), strict=False)]
    if places:
        raise Invalid("half a character", problems=places)


def _halves(value: Any, pointer: str) -> Iterator[str]:
    """Where they stand. A name that has one is told with a question mark in its place."""
    if isinstance(value, str):
        if _HALF.search(value):
            yield pointer
    elif isinstance(value, list):
        for nth, part in enumerate(value):
            yield from _halves(part, f"{pointer}/{nth}")
    elif isinstance(value, dict):
        for name, part in value.items():
            inner = f"{pointer}/{_HALF.sub('?', name).replace('~', '~0').replace('/', '~1')}"
            if _HALF.search(name):
                yield inner
            yield from _halves(part, inner)
