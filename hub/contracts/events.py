"""The contract events: all that rooms ever tell each other.

They carry ids, enums, times and amounts, never bodies or personal data: what a person wrote stays in the content
store and travels as a `content_ref`. Each event is one fact with one id, derived from what made it, so that a
repeat is recognised by every consumer. Changes are additive within a `schema_version`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from hub.contracts.base import Contract, Moment, PersonId, RegionCode, Slug

TicketType = Slug
Priority = Literal["low", "normal", "high", "urgent"]


class Event(Contract):
    """The envelope.

    id: `evt_…`, the same for the same fact. at: business time at which the fact became true.
    replay: made again from a stored message: consumers record it, but send nothing to customers and start no timers.
    """

    schema_version: Literal[1] = 1
    id: str
    tenant: str
    at: Moment
    replay: bool = False


class MessageReceived(Event):
    """Somebody wrote to us on a channel. webhooks → customers."""

    type: Literal["message.received"] = "message.received"
    message_id: str
    connection_id: str
    channel: str
    account: str = Field(description="the corp, app or shop that was written to, as the platform names it")
    sender_id: str = Field(description="who wrote, as the platform names them")
    kind: str = Field(description="text, image, voice, video, location, link, file")
    content_ref: str = Field(description="where the content lies in the content store")


class MessageResolved(Event):
    """A message whose sender is now known to be one of our customers. customers → tickets."""

    type: Literal["message.resolved"] = "message.resolved"
    message_id: str
    connection_id: str
    channel: str
    sender_id: str
    customer_id: str
    kind: str
    content_ref: str


class ContactChanged(Event):
    """A customer and a member of staff became, changed or ended being contacts (外部联系人). webhooks → customers."""

    type: Literal["contact.changed"] = "contact.changed"
    connection_id: str
    channel: str
    account: str
    change: Literal["added", "half_added", "edited", "deleted_by_member", "deleted_by_customer"]
    member_id: str
    contact_id: str
    state: str = Field(default="", description="attribution: the code's state, '' when unattributed")
    source_at: Moment | None = Field(default=None, description="when the platform says that it happened, by its clock")


class CardTapped(Event):
    """A member of staff pressed a button on a card that we sent. webhooks → tickets."""

    type: Literal["card.tapped"] = "card.tapped"
    connection_id: str
    channel: str
    member_id: str
    task_id: str
    key: str


class OrderTouched(Event):
    """A marketplace hinted that an order changed; the truth is read from its API. webhooks → webhooks."""

    type: Literal["order.touched"] = "order.touched"
    connection_id: str
    channel: str
    shop_id: str
    order_no: str = Field(description="the platform's order number, always text")


class OrderPaid(Event):
    """An order is paid: said once per order, whoever noticed first. webhooks → customers."""

    type: Literal["order.paid"] = "order.paid"
    connection_id: str
    channel: str
    shop_id: str
    order_id: str
    order_no: str
    buyer_id: str = Field(default="", description="the buyer as the platform names them, '' when masked")
    amount_minor: int
    currency: str


class TicketOpened(Event):
    """tickets → customers."""

    type: Literal["ticket.opened"] = "ticket.opened"
    ticket_id: str
    customer_id: str
    ticket_type: TicketType
    priority: Priority
    region: RegionCode


class TicketAssigned(Event):
    """The ticket has a (new) assignee. tickets → notifications."""

    type: Literal["ticket.assigned"] = "ticket.assigned"
    ticket_id: str
    ticket_type: TicketType
    priority: Priority
    assignee: PersonId
    visit_id: str = Field(default="", description="the visit that waits for the assignee, '' when none does")


class RungFired(Event):
    """A rung of a ticket's ladder fired. tickets → notifications."""

    type: Literal["rung.fired"] = "rung.fired"
    ticket_id: str
    ticket_type: TicketType
    priority: Priority
    rung: str
    due_at: Moment
    recipients: tuple[PersonId, ...]


class TicketClosed(Event):
    """The work is done and its cost is known. tickets → settlement, customers."""

    type: Literal["ticket.closed"] = "ticket.closed"
    ticket_id: str
    run: int
    customer_id: str
    ticket_type: TicketType
    region: RegionCode
    store_id: str = ""
    assignee: PersonId
    outcome: str
    currency: str = "CNY"
    labour_minor: int = 0
    parts_minor: int = 0
    travel_minor: int = 0


class PersonChanged(Event):
    """One of us joined, changed or left; enough of it for others to route by. directory → tickets, notifications."""

    type: Literal["person.changed"] = "person.changed"
    person_id: PersonId
    version: int
    active: bool
    roles: tuple[Slug, ...]
    skills: tuple[Slug, ...]
    teams: tuple[Slug, ...]
    region: RegionCode
    store_id: str = ""
    supervisor: str = ""
    wecom_userid: str = ""


class RosterChanged(Event):
    """A team's duty roster (值班表) was replaced. directory → tickets, notifications."""

    type: Literal["roster.changed"] = "roster.changed"
    team: Slug
    version: int
    shifts: tuple[Shift, ...]


class Shift(Contract):
    """One person on duty from `starts_at` (included) to `ends_at` (excluded)."""

    person_id: PersonId
    starts_at: Moment
    ends_at: Moment


AnyEvent = Annotated[
    MessageReceived
    | MessageResolved
    | ContactChanged
    | CardTapped
    | OrderTouched
    | OrderPaid
    | TicketOpened
    | TicketAssigned
    | RungFired
    | TicketClosed
    | PersonChanged
    | RosterChanged,
    Field(discriminator="type"),
]

_ADAPTER: TypeAdapter[Any] = TypeAdapter(AnyEvent)


def parse_event(detail: str | bytes | dict[str, Any]) -> Event:
    """The event in a bus message's detail. Raises pydantic.ValidationError when it is none of ours."""
    event = _ADAPTER.validate_python(detail) if isinstance(detail, dict) else _ADAPTER.validate_json(detail)
    assert isinstance(event, Event)  # noqa: S101 - narrows the adapter's Any for the type checker
    return event


def event_types() -> tuple[str, ...]:
    """Every event type that exists, in alphabetical order."""
    return tuple(sorted(cls.model_fields["type"].default for cls in Event.__subclasses__()))
