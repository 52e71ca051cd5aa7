"""From a list's answers to the columns and cells of a table, and from cells back to an operation's body. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, TypeAdapter

from hub.contracts.base import Amount
from hub.jobs.sheets import Column, Row, moment_of
from hub.kernel.errors import Problem

AMOUNT_PATTERN: str = TypeAdapter(Amount).json_schema()["pattern"]
PARTS = re.compile(r"[;；、\n]")
YES, NO = ("true", "yes", "1", "是", "对", "y"), ("false", "no", "0", "否", "错", "n")
DAYS = ("date", "date-time")
"""The formats of fields that hold a day or a moment."""
Schema = Mapping[str, Any]


def flat(item: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """An answer's fields as cells: `title.zh` for what lies deeper, texts of a list joined by "; "."""
    for name, value in item.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict):
            yield from flat(value, f"{path}.")
        elif isinstance(value, list):
            simple = all(not isinstance(part, dict | list) for part in value)
            yield path, "; ".join(map(_text, value)) if simple else json.dumps(value, ensure_ascii=False)
        else:
            yield path, _text(value)


def columns_of(rows: Iterable[Mapping[str, str]], model: type[BaseModel], chosen: Sequence[str]) -> list[Column]:
    """The columns of a table: those chosen, else all that any row has, in the order in which they come."""
    seen: dict[str, None] = {}
    for row in rows:
        seen.update(dict.fromkeys(row))
    numbers = set(_numbers(model.model_json_schema(mode="serialization")))
    return [Column(name, "number" if name in numbers else "text") for name in (chosen or seen)]


def body_schema(model: type[BaseModel]) -> Schema:
    """The JSON Schema of a body, by which its cells are read."""
    return model.model_json_schema(mode="validation")


def columns_into(schema: Schema) -> list[str]:
    """The columns that a body has: its plain fields and lists, one level deep."""
    return [name for name, _ in _fields(schema, "", 2)]


def body_of_row(row: Row, schema: Schema, zone: ZoneInfo) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """The body that a row says, and what its cells can't be. zone: on whose wall its days and times are."""
    known = dict(_fields(schema, "", 2))
    body: dict[str, Any] = {}
    problems = list(row.problems)
    for name, text in row.cells.items():
        if name not in known:
            problems.append(Problem(f"/{name}", "is not a known field"))
            continue
        kind = known[name]
        value, rule = _time(kind, text, row, zone) if kind in DAYS else _value(kind, text)
        if rule:
            problems.append(Problem(f"/{name}", rule))
        else:
            _put(body, name.split("."), value)
    return body, tuple(problems)


def _put(body: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for name in path[:-1]:
        body = body.setdefault(name, {})
    body[path[-1]] = value


def _text(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _value(kind: str, text: str) -> tuple[Any, str]:
    """A cell as the field wants it, and what it must be where it is not."""
    if kind == "array":
        return [part.strip() for part in PARTS.split(text) if part.strip()], ""
    if kind == "boolean":
        lower = text.lower()
        return (lower in YES, "") if lower in (*YES, *NO) else (None, "must be yes or no (是 or 否)")
    if kind == "integer":
        return (int(text), "") if re.fullmatch(r"-?[0-9]{1,15}", text) else (None, "must be a whole number")
    return text, ""


def _time(kind: str, text: str, row: Row, zone: ZoneInfo) -> tuple[Any, str]:
    moment = moment_of(text, zone, date1904=row.date1904)
    if moment is None:
        return None, "must be a day, e.g. 2026-12-01, or a time, e.g. 2026-12-01 14:30"
    return moment.astimezone(zone).date().isoformat() if kind == "date" else moment.isoformat(), ""


def _fields(schema: Schema, prefix: str, depth: int, whole: Schema | None = None) -> Iterator[tuple[str, str]]:
    whole = whole or schema
    for name, field in schema.get("properties", {}).items():
        inner = _resolved(field, whole)
        kind = inner["format"] if inner.get("format") in DAYS else str(inner.get("type", "string"))
        if kind == "object" and inner.get("properties") and depth > 1:
            yield from _fields(inner, f"{prefix}{name}.", depth - 1, whole)
        elif kind != "object":
            yield f"{prefix}{name}", kind


def _numbers(schema: Schema, prefix: str = "", whole: Schema | None = None, depth: int = 3) -> Iterator[str]:
    """The paths of fields that hold numbers: whole ones, and amounts as decimal strings."""
    whole = whole or schema
    for name, field in schema.get("properties", {}).items():
        inner = _resolved(field, whole)
        if inner.get("type") in ("integer", "number") or inner.get("pattern") == AMOUNT_PATTERN:
            yield f"{prefix}{name}"
        elif inner.get("type") == "object" and depth:
            yield from _numbers(inner, f"{prefix}{name}.", whole, depth - 1)


def _resolved(field: Schema, whole: Schema) -> Schema:
    """A field's own schema: behind its reference, and without the null that it may be."""
    for many in ("anyOf", "allOf", "oneOf"):
        if many in field:
            parts = [part for part in field[many] if part.get("type") != "null" and part.get("const") != ""]
            field = parts[0] if parts else field
    if "$ref" in field:
        return _resolved(whole["$defs"][field["$ref"].rsplit("/", 1)[-1]], whole)
    return field
