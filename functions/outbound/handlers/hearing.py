"""What is said on the bus becomes deliveries: one an endpoint that wants the event, once however often it is said."""

from __future__ import annotations

from functions.outbound.deliveries.calls import no_endpoint
from functions.outbound.deliveries.deliveries import Delivery, delivery_id
from functions.outbound.deliveries.message import subject_of
from functions.outbound.desk import Desk
from functions.outbound.endpoints.endpoints import Endpoint, wants
from hub.contracts import events
from hub.contracts.envelope import Event
from hub.edge.access import Policy
from hub.kernel.errors import Invalid

DELIVER = "deliver"


def hear(desk: Desk, event: Event) -> None:
    """Keep the event, and a delivery for each endpoint that wants it; those that send are woken. Raises Retry."""
    if isinstance(event, events.EndpointCalled):
        _call(desk, event)
        return
    policy = desk.read_policy()
    takers = [endpoint for endpoint in desk.endpoints.cached() if _wants(endpoint, event, policy)]
    if takers:
        desk.deliveries.save_event(event, desk.wall_now())
    for endpoint in takers:
        _give(desk, endpoint, event)


def _call(desk: Desk, event: events.EndpointCalled) -> None:
    """A call is for the endpoint that it names, and for no other."""
    endpoint = desk.endpoints.find(event.endpoint_id)
    if endpoint is None:
        desk.emit(no_endpoint(event, desk.now()))
        return
    desk.deliveries.save_event(event, desk.wall_now())
    _give(desk, endpoint, event)


def call(desk: Desk, endpoint_id: str, delay_seconds: int = 0) -> None:
    """Have a worker take the endpoint's turn. Should this message be lost, the sweep finds the turn."""
    desk.send(DELIVER, {"endpoint": endpoint_id}, delay_seconds=delay_seconds)


def _wants(endpoint: Endpoint, event: Event, policy: Policy) -> bool:
    """A filter that can be read no more, since the field policy hides what it speaks of, holds nothing back."""
    try:
        return wants(endpoint, event, policy)
    except Invalid:
        return True


def _give(desk: Desk, known: Endpoint, event: Event) -> None:
    """known: as it was a moment ago; one that was switched on since holds nothing back."""
    endpoint = known if known.sends else desk.endpoints.find(known.id)
    if endpoint is None:
        return
    now = desk.now()
    delivery = Delivery(
        id=delivery_id(endpoint.id, event.id, event.at),
        endpoint_id=endpoint.id,
        event_id=event.id,
        event_type=str(event.type),  # type: ignore[attr-defined] # each concrete event has its literal `type`
        key=subject_of(event),
        state="pending" if endpoint.sends else "held",
        created_at=now,
        reason="" if endpoint.sends else endpoint.reason or "collected",
    )
    desk.deliveries.begin(delivery, event.at, now, desk.wall_now())
    if endpoint.sends and desk.turns.wake(endpoint.id, now, desk.token()):
        call(desk, endpoint.id)
