"""What notice rules may ask of an event: its own plain fields, by the kinds that its contract declares. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime

from hub.contracts.events import Event, event_class
from hub.edge.access.fields import plan_of
from hub.rules import Schema

CARDS = (
    *("ticket.assigned", "ticket.noticed", "ticket.stranded", "rung.fired", "platform.noticed", "glass.broken"),
    "endpoint.disabled",
)
"""Events for which the hub has a card of its own."""
ASKABLE = (
    *CARDS,
    *("ticket.opened", "ticket.changed", "ticket.closed", "visit.entered", "visit.left"),
    *("order.resolved", "occasion.resolved", "shift.started", "shift.handed_over"),
    *("prices.published", "promotion.reached"),
    "flow.told",
)
"""Events that notice rules may be about."""
ENVELOPE = frozenset({"schema_version", "id", "tenant", "replay", "type"})


@cache
def fields_of(event_type: str) -> Mapping[str, Any]:
    """The event's plain fields as a schema of hub.rules writes them."""
    cls = event_class(event_type)
    classified = {part.name for part in plan_of(cls).fields if part.mark is not None}
    kinds = {
        name: _kind(name, field.annotation)
        for name, field in cls.model_fields.items()
        if name not in ENVELOPE and name not in classified
    }
    return {name: kind for name, kind in kinds.items() if kind is not None}


@cache
def schema_of(event_type: str) -> Schema:
    """The same, ready to be asked."""
    return Schema.parse(dict(fields_of(event_type)))


def facts_of(event: Event) -> dict[str, Any]:
    """The event's facts."""
    known = fields_of(str(getattr(event, "type", "")))
    values = {name: getattr(event, name) for name in known}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _kind(name: str, annotation: Any) -> Any:
    """The kind of a field, None for what rules can't ask about."""
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        parts = [part for part in get_args(annotation) if part is not type(None)]
        literals = [value for part in parts if get_origin(part) is Literal for value in get_args(part)]
        if literals:
            return {"enum": literals}
        return _kind(name, parts[0]) if len(parts) == 1 else None
    if origin is Literal:
        return {"enum": [*map(str, get_args(annotation))]}
    if origin is tuple:
        return "set" if get_args(annotation)[0] is str or "str" in str(get_args(annotation)[0]) else None
    if hasattr(annotation, "__metadata__"):
        return _kind(name, annotation.__origin__)
    if annotation is str:
        return "region" if name in ("region", "home_region") else "text"
    kinds: Mapping[Any, str] = {bool: "boolean", int: "number", datetime: "time", AwareDatetime: "time"}
    return kinds.get(annotation)
