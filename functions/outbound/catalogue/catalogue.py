"""The types of events (事件目录): their names, families, schemas and samples, and what a filter may speak of. Pure."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from functions.outbound.catalogue.samples import MOMENT, sample_of
from functions.outbound.catalogue.versions import CURRENT
from functions.outbound.deliveries.message import body_of, subject_of
from hub.contracts.base import RegionCode
from hub.contracts.classes import Classified, Keyed
from hub.contracts.envelope import Event
from hub.contracts.events import EVENTS, event_class
from hub.contracts.outbound import EventTypeView
from hub.edge.access.fields import fields_of, mark_of
from hub.edge.access.policy import Policy
from hub.kernel.errors import Invalid, Problem
from hub.rules import Condition, Field, Schema, parse_condition

ALL = "*"


@cache
def event_classes() -> Mapping[str, type[Event]]:
    """Every type of event by its name, in alphabetical order."""
    return {name: event_class(name) for name in EVENTS}


def family_of(name: str) -> str:
    """The first word of an event's name: `ticket`."""
    return name.partition(".")[0]


def fits(names: Iterable[str], event_type: str) -> bool:
    """Whether an event is named by one of these: by its name, by its family, or by `*`."""
    return any(name in (ALL, event_type, f"{family_of(event_type)}.*") for name in names)


def chosen_types(names: Sequence[str]) -> tuple[str, ...]:
    """The types that these names mean. Raises Invalid for a name that means none."""
    types = event_classes()
    wrong = [i for i, name in enumerate(names) if not any(fits((name,), known) for known in types)]
    if wrong:
        rule = "must name an event, a family like ticket.*, or be *: GET /webhooks/event-types lists them"
        raise Invalid("events", problems=[Problem(f"/events/{i}", rule) for i in wrong])
    return tuple(known for known in types if fits(names, known))


def read_filter(document: Any, names: Sequence[str], roles: tuple[str, ...], policy: Policy) -> Condition:
    """The condition over the fields of these events that the roles see. Raises Invalid with each wrong place, below
    /filter."""
    return parse_condition(document, filter_schema(chosen_types(names), roles, policy), "/filter")


def filter_schema(types: Iterable[str], roles: tuple[str, ...], policy: Policy) -> Schema:
    """What a filter may speak of: the events' own fields of one value, but those that the roles do not see in full."""
    full = {name for name, verdict in policy.verdicts(roles).items() if verdict == "full"}
    kinds: dict[str, Field] = {}
    for kind in (event_classes()[name] for name in types):
        for name, info in fields_of(kind).items():
            mark, field = mark_of(kind, name), _field_of(name, info.annotation, info.metadata)
            hidden = isinstance(mark, Keyed) or (isinstance(mark, Classified) and mark.name not in full)
            if field is None or hidden:
                continue
            known = kinds.setdefault(name, field)
            if (known.kind, known.values) != (field.kind, field.values):
                kinds[name] = Field(name, "text")
    return Schema(kinds)


def facts_of(data: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """What a filter looks at: an event as its receiver may see it, of what the schema knows."""
    facts: dict[str, Any] = {}
    for name, field in schema.fields.items():
        value = data.get(name)
        if field.kind == "text" and isinstance(value, int):
            value = str(value)
        facts[name] = None if isinstance(value, dict) or value == "" else value
    return facts


def _field_of(name: str, annotation: Any, metadata: Sequence[Any] = ()) -> Field | None:
    """How the condition language reads a field of an event; None for what is no single value."""
    inner = [part for part in get_args(annotation) if part is not type(None)]
    origin = get_origin(annotation)
    if origin is Literal:
        texts = all(isinstance(value, str) for value in get_args(annotation))
        return Field(name, "text" if name == "type" else "enum", tuple(get_args(annotation))) if texts else None
    if origin is tuple:
        return Field(name, "set") if inner and _is_text(inner[0]) else None
    if len(inner) == 1 and origin is not dict:
        return _field_of(name, inner[0], metadata)
    if annotation is bool:
        return Field(name, "boolean")
    if annotation is int:
        return Field(name, "number")
    if isinstance(annotation, type) and issubclass(annotation, datetime):
        return Field(name, "time")
    if _is_text(annotation):
        return Field(name, "region" if _is_region(metadata) else "text")
    return Field(name, "time") if name == "at" or name.endswith("_at") else None


def _is_text(annotation: Any) -> bool:
    while get_origin(annotation) is not dict and get_args(annotation):
        annotation = get_args(annotation)[0]
    return isinstance(annotation, type) and issubclass(annotation, str)


def _is_region(metadata: Sequence[Any]) -> bool:
    pattern = getattr(get_args(RegionCode)[1], "metadata", ())
    return bool(pattern) and any(part in metadata for part in pattern)


@cache
def describe_types() -> tuple[EventTypeView, ...]:
    """The whole catalogue."""
    return tuple(_describe(name, kind) for name, kind in event_classes().items())


def _describe(name: str, kind: type[Event]) -> EventTypeView:
    sample = sample_of(kind)
    return EventTypeView(
        type=name,
        family=family_of(name),
        description=" ".join((inspect.getdoc(kind) or "").split()),
        schema_version=CURRENT,
        json_schema=body_schema(kind),
        sample=body_of(sample, sample.model_dump(mode="json"), subject_of(sample)),
    )


def body_schema(kind: type[Event]) -> dict[str, Any]:
    """The JSON Schema of a delivery's body: CloudEvents' attributes, and the event as `data`. A field that has a class
    (`x-class`) is there for those who may see it: no reader may count on it."""
    data = kind.model_json_schema(mode="serialization")
    definitions = data.pop("$defs", {})
    for schema in (data, *definitions.values()):
        properties = schema.get("properties", {})
        if "required" in schema:
            schema["required"] = [field for field in schema["required"] if "x-class" not in properties[field]]
    texts = ("id", "source", "subject", "dataschema")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            **{field: {"type": "string"} for field in texts},
            "specversion": {"const": "1.0"},
            "type": {"const": kind.model_fields["type"].default},
            "time": {"type": "string", "format": "date-time"},
            "datacontenttype": {"const": "application/json"},
            "data": data,
        },
        "required": ["specversion", "id", "source", "type", "time", "datacontenttype", "data"],
        **({"$defs": definitions} if definitions else {}),
    }


def example_event(name: str, event_id: str, at: datetime = MOMENT, tenant: str = "demo") -> Event:
    """A sample of a type under an id of its own. Raises Invalid (pointer: /event) for a type that there is not."""
    kind = event_classes().get(name)
    if kind is None:
        rule = "must name an event: GET /webhooks/event-types lists them"
        raise Invalid("event", problems=[Problem("/event", rule)])
    return sample_of(kind, event_id, at, tenant)


def webhook_models() -> Mapping[str, type[BaseModel]]:
    """What the OpenAPI document's `webhooks` are made of."""
    return event_classes()
