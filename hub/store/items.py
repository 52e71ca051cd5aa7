"""DynamoDB's own form of an item, and plain values: for writes that PynamoDB's models do not make."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

Item = dict[str, Any]

_write = TypeSerializer().serialize
_read = TypeDeserializer().deserialize


def raw_item(values: Mapping[str, Any]) -> Item:
    """Plain values in DynamoDB's form, name by name."""
    return {name: _write(value) for name, value in values.items()}


def plain_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item of DynamoDB's form as plain values; whole numbers as int."""
    return {name: _plain(_read(value)) for name, value in item.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else value
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
