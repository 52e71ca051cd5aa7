"""Items as DynamoDB writes them, in the plain values that JSON has. The standard library alone."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

SEALED_PREFIX = "sealed:"


def plain_image(image: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of an item, by name. Bytes and sealed texts are left out: they stay in the table."""
    return {name: plain_value(raw) for name, raw in image.items() if "B" not in raw and not _is_sealed(raw)}


def plain_value(raw: Mapping[str, Any]) -> Any:
    """One value, e.g. of `{"N": "7"}`: a whole number as int, any other as text, a set as a sorted list, bytes as
    None. Raises ValueError for a form that DynamoDB does not have."""
    ((kind, value),) = raw.items()
    match kind:
        case "S" | "BOOL":
            return value
        case "N":
            return _number(value)
        case "M":
            return {name: plain_value(part) for name, part in value.items() if not _is_sealed(part)}
        case "L":
            return [plain_value(part) for part in value]
        case "SS":
            return sorted(value)
        case "NS":
            return sorted(map(_number, value))
        case "NULL" | "B" | "BS":
            return None
    raise ValueError(f"no form of DynamoDB's: {kind}")


def _number(text: str) -> int | str:
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else str(number)


def _is_sealed(raw: Mapping[str, Any]) -> bool:
    return str(raw.get("S", "")).startswith(SEALED_PREFIX)
