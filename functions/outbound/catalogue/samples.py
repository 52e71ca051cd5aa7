"""A sample of each type of event, made of its declaration: the same each time, and valid. Pure."""

from __future__ import annotations

import types
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel

from hub.contracts.envelope import Event
from hub.edge.access.fields import fields_of

MOMENT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
ULID = "01KAQXJ2M0ZZZZZZZZZZZZZZZZ"
TEXTS = {
    "region": "310101",
    "home_region": "310101",
    "store_id": "sh-001",
    "currency": "CNY",
    "amount_currency": "CNY",
    "channel": "wecom",
    "item_no": "P1",
}
IDS = {
    "ticket_id": "tkt",
    "customer_id": "cus",
    "order_id": "ord",
    "connection_id": "con",
    "message_id": "msg",
    "visit_id": "vis",
    "endpoint_id": "ep",
    "glass_id": "gls",
}
SLUG = "repair"
"""A word that fits every pattern of a key, a person and a store alike."""


def sample_of(kind: type[Event], event_id: str = f"evt_{ULID}", at: datetime = MOMENT, tenant: str = "demo") -> Event:
    """A valid event of this type."""
    return kind.model_validate({**_fields(kind), "id": event_id, "tenant": tenant, "at": at})


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {
        name: _value(name, field.annotation, field.metadata)
        for name, field in fields_of(model).items()
        if field.is_required() or name in TEXTS or name in IDS
    }


def _value(name: str, annotation: Any, metadata: Any = ()) -> Any:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _value(name, arguments[0], arguments[1:])
    if origin is Literal:
        return arguments[0]
    if origin in (Union, types.UnionType):
        return _value(name, arguments[0], metadata)
    if origin in (tuple, list):
        return [_value(name, arguments[0])]
    if origin is dict:
        return {}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _fields(annotation)
    return _scalar(name, annotation)


def _scalar(name: str, annotation: Any) -> Any:
    if annotation is bool:
        return False
    if annotation is int:
        return 1
    if annotation is float:
        return 31.25
    if annotation is AwareDatetime or (isinstance(annotation, type) and issubclass(annotation, datetime)):
        return MOMENT
    if isinstance(annotation, type) and issubclass(annotation, date):
        return MOMENT.date()
    if isinstance(annotation, type) and issubclass(annotation, str):
        return f"{IDS[name]}_{ULID}" if name in IDS else TEXTS.get(name, SLUG)
    return SLUG
