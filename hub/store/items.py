"""Plain values, and DynamoDB's own form of them. The standard library alone: the front door imports it.

Plain are str, int, Decimal, bool, None, bytes, list, dict and a set of one kind. A number that is read is an int where
it is whole, else a Decimal; a float has no exact form and is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hub.kernel.errors import Broken

Item = Mapping[str, Any]
"""An item with plain values."""
Raw = dict[str, Any]
"""An item in DynamoDB's form."""


def raw_item(values: Mapping[str, Any]) -> Raw:
    """Plain values in DynamoDB's form, name by name. Raises Broken for a value that has none."""
    return {name: raw_value(value) for name, value in values.items()}


def plain_item(raw: Mapping[str, Any]) -> dict[str, Any]:
    """An item of DynamoDB's form as plain values."""
    return {name: plain_value(value) for name, value in raw.items()}


def raw_value(value: Any) -> dict[str, Any]:
    """One plain value in DynamoDB's form, e.g. `{"S": "wecom"}`. Raises Broken for a value that has none."""
    if isinstance(value, str):
        return {"S": value}
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | Decimal):
        return {"N": str(value)}
    if isinstance(value, bytes | bytearray):
        return {"B": bytes(value)}
    return _raw_container(value)


def plain_value(raw: Mapping[str, Any]) -> Any:
    """The plain value of one in DynamoDB's form. Raises Broken for a form that DynamoDB does not have."""
    ((kind, value),) = raw.items()
    match kind:
        case "S" | "BOOL":
            return value
        case "N":
            return _number(value)
        case "B":
            return bytes(value)
        case "NULL":
            return None
        case "L":
            return [plain_value(entry) for entry in value]
        case "M":
            return plain_item(value)
        case "SS" | "NS" | "BS":
            return {plain_value({kind[0]: entry}) for entry in value}
    raise Broken("no form of DynamoDB's", kind=kind)


def _raw_container(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return {"M": raw_item(value)}
    if isinstance(value, list | tuple):
        return {"L": [raw_value(entry) for entry in value]}
    if isinstance(value, set | frozenset):
        entries = sorted(map(raw_value, value), key=str)
        kinds = {kind for entry in entries for kind in entry}
        if len(kinds) == 1 and kinds <= {"S", "N", "B"}:
            kind = kinds.pop()
            return {kind + "S": [entry[kind] for entry in entries]}
    raise Broken("a value that DynamoDB has no form for", type=type(value).__name__)


def _number(text: str) -> int | Decimal:
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else number
