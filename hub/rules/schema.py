"""What facts look like: a schema names each field's kind, and reads rules and facts by it alike.

text     str                                  number   int, Decimal, or a decimal string; never a float
boolean  bool                                 enum     str, one of `values`
set      list or set of str                   region   行政区划代码: six digits, or "base"
time     a moment: aware datetime, or RFC 3339 text with its offset
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hub.kernel.clock import parse_rfc3339
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem
from hub.kernel.regions import BASE

MAX_FIELDS = 64
MAX_VALUES = 500
RESERVED = ("all", "any", "not")
"""Names of combinators, so never of fields."""

_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,10})?", re.ASCII)
_REGION = re.compile(r"\d{6}", re.ASCII)


class WrongValueError(ValueError):
    """A value that is not of its field's kind; its text is the rule that it breaks."""


def read_text(raw: object) -> str:
    """Text as it is. Raises WrongValueError."""
    if isinstance(raw, str):
        return raw
    raise WrongValueError("must be text")


def _number(raw: object) -> int | Decimal:
    if type(raw) is int:
        return raw
    if isinstance(raw, Decimal) and raw.is_finite():
        return raw
    if isinstance(raw, str) and _NUMBER.fullmatch(raw):
        return Decimal(raw)
    raise WrongValueError('must be a whole number or a decimal string, e.g. "12.35"')


def _boolean(raw: object) -> bool:
    if type(raw) is bool:
        return raw
    raise WrongValueError("must be true or false")


def _set(raw: object) -> frozenset[str]:
    if isinstance(raw, list | tuple | set | frozenset) and all(isinstance(item, str) for item in raw):
        return frozenset(raw)
    raise WrongValueError("must be a list of texts")


def _region(raw: object) -> str:
    if isinstance(raw, str) and (raw == BASE or _REGION.fullmatch(raw)):
        return raw
    raise WrongValueError('must be a six-digit region code (GB/T 2260) or "base"')


def _time(raw: object) -> datetime:
    if isinstance(raw, datetime) and raw.tzinfo is not None:
        return raw.astimezone(UTC)
    if isinstance(raw, str):
        try:
            return parse_rfc3339(raw)
        except Invalid:
            pass
    raise WrongValueError("must be RFC 3339 with an offset, e.g. 2026-12-01T00:00:00+08:00")


def _enum(values: Iterable[str]) -> Callable[[object], str]:
    known = {value: value for value in values}
    rule = "must be one of: " + ", ".join(known)

    def read(raw: object) -> str:
        if isinstance(raw, str) and raw in known:
            return raw
        raise WrongValueError(rule)

    return read


READERS: dict[str, Callable[[object], Any]] = {
    "text": read_text,
    "number": _number,
    "boolean": _boolean,
    "set": _set,
    "region": _region,
    "time": _time,
}
KINDS = (*READERS, "enum")


class Field:
    """One field of a schema. `read(raw)` answers the comparable value, or raises WrongValueError."""

    __slots__ = ("kind", "name", "read", "values")

    def __init__(self, name: str, kind: str, values: tuple[str, ...] = ()) -> None:
        self.name, self.kind, self.values = name, kind, values
        self.read: Callable[[object], Any] = _enum(values) if kind == "enum" else READERS[kind]


@dataclass(frozen=True)
class Schema:
    """Field name → field. Facts may hold more than the schema knows; a fact that is missing or None is
    unknown."""

    fields: Mapping[str, Field]

    @classmethod
    def parse(cls, doc: Any, pointer: str = "") -> Schema:
        """From `{"amount": "number", "type": {"enum": ["repair", "install"]}}`.

        Raises Invalid with every wrong place, each pointer beginning with `pointer`.
        """
        if not isinstance(doc, dict) or not 1 <= len(doc) <= MAX_FIELDS:
            raise Invalid("schema", problems=[Problem(pointer, f"must be an object of 1 to {MAX_FIELDS} fields")])
        problems: list[Problem] = []
        fields = {name: _parse_field(name, kind, child(pointer, name), problems) for name, kind in doc.items()}
        if problems:
            raise Invalid("schema", problems=problems)
        return cls({name: field for name, field in fields.items() if field})

    def refuse_wrong(self, facts: Mapping[str, Any]) -> None:
        """Raise Invalid with every fact that is not of its field's kind."""
        problems = []
        for name, field in self.fields.items():
            try:
                if facts.get(name) is not None:
                    field.read(facts[name])
            except WrongValueError as wrong:
                problems.append(Problem(child("", name), str(wrong)))
        if problems:
            raise Invalid("facts", problems=problems)


def child(pointer: str, token: str | int) -> str:
    """The JSON pointer (RFC 6901) of `token` within `pointer`."""
    return f"{pointer}/{str(token).replace('~', '~0').replace('/', '~1')}"


def _parse_field(name: str, kind: Any, pointer: str, problems: list[Problem]) -> Field | None:
    if name in RESERVED:
        problems.append(Problem(pointer, "must not be named: " + ", ".join(RESERVED)))
    elif isinstance(kind, str) and kind in READERS:
        return Field(name, kind)
    elif isinstance(kind, dict) and list(kind) == ["enum"] and _are_values(kind["enum"]):
        return Field(name, "enum", tuple(kind["enum"]))
    else:
        rule = f'must be one of: {", ".join(READERS)}; or {{"enum": [1 to {MAX_VALUES} distinct texts]}}'
        problems.append(Problem(pointer, rule))
    return None


def _are_values(raw: Any) -> bool:
    if not isinstance(raw, list) or not 1 <= len(raw) <= MAX_VALUES:
        return False
    return all(isinstance(value, str) for value in raw) and len(set(raw)) == len(raw)
