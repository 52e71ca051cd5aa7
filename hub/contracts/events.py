"""The contract events: all that rooms ever tell each other. Those of the platforms stand in platform_events.py.

They carry ids, enums, times and amounts, never bodies or personal data: what a person wrote stays in the content
store and travels as a `content_ref`. Each event is one fact with one id, derived from what made it, so that a
repeat is recognised by every consumer. Changes are additive within a `schema_version`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import ConfigDict, Field, TypeAdapter

from hub.contracts.base import Contract, Moment, PersonId, RegionCode, Slug
from hub.contracts.classes import Classified, Identity
from hub.contracts.envelope import Event as Event
from hub.contracts.platform_events import AfterSaleChanged as AfterSaleChanged
from hub.contracts.platform_events import AfterSaleTouched as AfterSaleTouched
from hub.contracts.platform_events import CardTapped as CardTapped
from hub.contracts.platform_events import ConsentChanged as ConsentChanged
from hub.contracts.platform_events import ContactChanged as ContactChanged
from hub.contracts.platform_events import CouponChanged as CouponChanged
from hub.contracts.platform_events import DecisionCorrected as DecisionCorrected
from hub.contracts.platform_events import FeedTouched as FeedTouched
from hub.contracts.platform_events import GroupChanged as GroupChanged
from hub.contracts.platform_events import LeadCaptured as LeadCaptured
from hub.contracts.platform_events import LogisticsChanged as LogisticsChanged
from hub.contracts.platform_events import MemberChanged as MemberChanged
from hub.contracts.platform_events import MessageReceived as MessageReceived
from hub.contracts.platform_events import OrderChanged as OrderChanged
from hub.contracts.platform_events import OrderPaid as OrderPaid
from hub.contracts.platform_events import OrderTouched as OrderTouched
from hub.contracts.platform_events import PlatformNoticed as PlatformNoticed
from hub.contracts.platform_events import ReviewPosted as ReviewPosted
from hub.contracts.platform_events import StaffChanged as StaffChanged
from hub.contracts.platform_events import SupplyChanged as SupplyChanged
from hub.contracts.platform_events import TouchpointCaptured as TouchpointCaptured

TicketType = Slug
CostMinor = Annotated[int, Classified("cost")]
Priority = Literal["low", "normal", "high", "urgent"]


class MessageResolved(Event):
    """A message whose sender is now known to be one of our customers. customers → tickets."""

    type: Literal["message.resolved"] = "message.resolved"
    message_id: str
    connection_id: str
    channel: str
    sender_id: Identity
    customer_id: str
    identity_id: str = Field(default="", description="the customer's record of the name that they wrote by")
    kind: str
    content_ref: str


class TicketOpened(Event):
    """tickets → customers."""

    type: Literal["ticket.opened"] = "ticket.opened"
    ticket_id: str
    customer_id: str
    identity_id: str = Field(default="", description="the customer's record of the name that they came by")
    ticket_type: TicketType
    priority: Priority
    region: RegionCode
    store_id: str = ""


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
    identity_id: str = ""
    ticket_type: TicketType
    region: RegionCode
    store_id: str = ""
    assignee: PersonId
    outcome: str
    currency: str = "CNY"
    labour_minor: CostMinor = 0
    parts_minor: CostMinor = 0
    travel_minor: CostMinor = 0


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


class GlassBroken(Event):
    """Somebody looked at a thing out of their reach, for a reason that the directory keeps. directory → customers,
    notifications."""

    type: Literal["glass.broken"] = "glass.broken"
    glass_id: str
    thing: str
    person_id: PersonId
    ends_at: Moment


class Shift(Contract):
    """One person on duty from `starts_at` (included) to `ends_at` (excluded)."""

    person_id: PersonId
    starts_at: Moment
    ends_at: Moment


AnyEvent = Annotated[
    MessageReceived
    | ContactChanged
    | CardTapped
    | TouchpointCaptured
    | LeadCaptured
    | ConsentChanged
    | MemberChanged
    | CouponChanged
    | GroupChanged
    | StaffChanged
    | PlatformNoticed
    | SupplyChanged
    | LogisticsChanged
    | ReviewPosted
    | OrderTouched
    | AfterSaleTouched
    | FeedTouched
    | OrderPaid
    | OrderChanged
    | AfterSaleChanged
    | DecisionCorrected
    | MessageResolved
    | TicketOpened
    | TicketAssigned
    | RungFired
    | TicketClosed
    | PersonChanged
    | RosterChanged
    | GlassBroken,
    Field(discriminator="type"),
]

_ADAPTER: TypeAdapter[Any] = TypeAdapter(AnyEvent, config=ConfigDict(defer_build=True))


def parse_event(detail: str | bytes | dict[str, Any]) -> Event:
    """The event in a bus message's detail. Raises pydantic.ValidationError when it is none of ours."""
    event = _ADAPTER.validate_python(detail) if isinstance(detail, dict) else _ADAPTER.validate_json(detail)
    assert isinstance(event, Event)  # noqa: S101 - narrows the adapter's Any for the type checker
    return event


def all_events() -> tuple[type[Event], ...]:
    """The classes of all events that exist."""
    return get_args(get_args(AnyEvent)[0])


def event_types() -> tuple[str, ...]:
    """Every event type that exists, in alphabetical order."""
    return tuple(sorted(cls.model_fields["type"].default for cls in all_events()))
