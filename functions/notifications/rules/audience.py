"""Whom an event names (对象). Pure; who is on duty, and who runs the hub, is looked up when the notice leaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.contracts.envelope import Event

NAMED: Mapping[str, str] = {
    "ticket.assigned": "assignee",
    "ticket.stranded": "recipients",
    "rung.fired": "recipients",
    "ticket.changed": "assignee",
    "ticket.closed": "assignee",
    "visit.entered": "assignee",
    "shift.started": "on_duty",
    "shift.handed_over": "assignee",
    "ticket.noticed": "recipients",
    "prices.published": "recipients",
}
"""The event's field that names people."""
MUST_REACH = ("ticket.stranded", "rung.fired")
"""Where it names nobody, those who run the hub hear of it."""
UNTOLD = {"glass.broken": "person_id"}
"""Who did it, and need not be told."""


def named(event: Event) -> tuple[str, ...]:
    """The people that an event names, each once."""
    value: Any = getattr(event, NAMED.get(_type(event), ""), ())
    people = (value,) if isinstance(value, str) else tuple(value)
    return tuple(dict.fromkeys(filter(None, people)))


def actor(event: Event) -> str:
    """Who did it and need not hear of it, "" for nobody."""
    return str(getattr(event, UNTOLD.get(_type(event), ""), ""))


def customer_of(event: Event) -> str:
    """The customer that it is about, by the record of the name that they came by."""
    return str(getattr(event, "identity_id", "") or getattr(event, "customer_id", ""))


def _type(event: Event) -> str:
    return str(getattr(event, "type", ""))
