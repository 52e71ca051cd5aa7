"""The catalogue of events over HTTP."""

from __future__ import annotations

from functions.outbound.catalogue.catalogue import describe_types
from functions.outbound.desk import Desk
from functions.outbound.room import INTEGRATORS, room
from hub.contracts.outbound import EventTypesView
from hub.edge.requests import Request


@room.http(
    "GET",
    "/webhooks/event-types",
    answer=EventTypesView,
    roles=INTEGRATORS,
    scope="tenant",
    summary="事件目录 · Every type of event, with its JSON Schema and a sample",
)
def list_event_types(desk: Desk, request: Request) -> EventTypesView:
    """What an endpoint can ask for, and what it then gets. A family is the first word: `ticket.*`."""
    return EventTypesView(data=describe_types())
