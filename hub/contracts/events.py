"""The contract events: all that rooms ever tell each other. Those of the platforms stand in platform_events.py.

They carry ids, enums, times and amounts, never bodies or personal data: what a person wrote stays in the content
store and travels as a `content_ref`. Each event is one fact with one id, derived from what made it, so that a
repeat is recognised by every consumer. Changes are additive within a `schema_version`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from pydantic import Field, TypeAdapter

from hub.contracts.base import Contract, Moment, PersonId, RegionCode, Slug
from hub.contracts.base import NoticeChannel as NoticeChannel
from hub.contracts.base import Priority as Priority
from hub.contracts.base import TicketType as TicketType
from hub.contracts.classes import Classified, Contact
from hub.contracts.deadline_events import RungFired as RungFired
from hub.contracts.deadline_events import SlaBreached as SlaBreached
from hub.contracts.envelope import Event as Event
from hub.contracts.flow_events import FLOW_EVENTS
from hub.contracts.house_events import EndpointDisabled as EndpointDisabled
from hub.contracts.house_events import GlassBroken as GlassBroken
from hub.contracts.house_events import StoreChanged as StoreChanged
from hub.contracts.market_events import PromotionReached as PromotionReached
from hub.contracts.market_events import ShopperMoved as ShopperMoved
from hub.contracts.money_events import PoolExhausted as PoolExhausted
from hub.contracts.money_events import PricesPublished as PricesPublished
from hub.contracts.money_events import StatementChanged as StatementChanged
from hub.contracts.reach_events import CustomerReachable as CustomerReachable
from hub.contracts.reach_events import RosterChanged as RosterChanged
from hub.contracts.reach_events import ShiftHandedOver as ShiftHandedOver
from hub.contracts.reach_events import ShiftStarted as ShiftStarted
from hub.contracts.resolved_events import AtHome
from hub.contracts.resolved_events import MessageResolved as MessageResolved
from hub.contracts.resolved_events import OccasionResolved as OccasionResolved
from hub.contracts.resolved_events import OrderResolved as OrderResolved
from hub.contracts.rosters import RecurringShift as RecurringShift
from hub.contracts.rosters import Shift as Shift
from hub.contracts.rosters import ShiftSwap as ShiftSwap

if TYPE_CHECKING:
    from hub.contracts.platform_events import AfterSaleChanged as AfterSaleChanged
    from hub.contracts.platform_events import AfterSaleTouched as AfterSaleTouched
    from hub.contracts.platform_events import CardTapped as CardTapped
    from hub.contracts.platform_events import CartChanged as CartChanged
    from hub.contracts.platform_events import CompetitorPriced as CompetitorPriced
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
    from hub.contracts.platform_events import OrderDepositPaid as OrderDepositPaid
    from hub.contracts.platform_events import OrderFinished as OrderFinished
    from hub.contracts.platform_events import OrderPaid as OrderPaid
    from hub.contracts.platform_events import OrderTouched as OrderTouched
    from hub.contracts.platform_events import PlatformNoticed as PlatformNoticed
    from hub.contracts.platform_events import PromotionChanged as PromotionChanged
    from hub.contracts.platform_events import RefundPaid as RefundPaid
    from hub.contracts.platform_events import ReviewPosted as ReviewPosted
    from hub.contracts.platform_events import StaffChanged as StaffChanged
    from hub.contracts.platform_events import SupplyChanged as SupplyChanged
    from hub.contracts.platform_events import TouchpointCaptured as TouchpointCaptured

CostMinor = Annotated[int, Classified("cost")]


class Matter(AtHome):
    """Which ticket it is, where its work is, and what it is about."""

    ticket_id: str
    customer_id: str
    identity_id: str = Field(default="", description="the customer's record of the name that they came by")
    ticket_type: TicketType
    region: RegionCode = Field(description="where the work is (服务地)")
    store_id: str = ""
    order_id: str = Field(default="", description="the order that it is about, '' for none")
    order_no: str = ""
    amount_minor: int = Field(default=0, description="what it is about in money: the refund asked for, the order's sum")
    amount_currency: str = "CNY"
    fields: dict[Slug, str] = Field(default={}, description="numbers, amounts and choices that its type declares")


class TicketOpened(Matter, Event):
    """tickets → customers."""

    type: Literal["ticket.opened"] = "ticket.opened"
    priority: Priority


class TicketChanged(Matter, Event):
    """Something of the ticket is another than before: `changed` names what, the rest is as it is now."""

    type: Literal["ticket.changed"] = "ticket.changed"
    run: int
    priority: Priority
    state: Literal["open", "closed", "cancelled"]
    outcome: str = ""
    team: str = ""
    assignee: str = ""
    changed: tuple[str, ...]


class TicketAssigned(Event):
    """The ticket has a (new) assignee. tickets → notifications."""

    type: Literal["ticket.assigned"] = "ticket.assigned"
    ticket_id: str
    ticket_type: TicketType
    priority: Priority
    assignee: PersonId
    visit_id: str = Field(default="", description="the visit that waits for the assignee, '' when none does")


class TicketStranded(Event):
    """There is nobody to give the work to (无人可派): no engineer fits, and no supervisor answers for the region. The
    administrators hear of it. tickets → notifications."""

    type: Literal["ticket.stranded"] = "ticket.stranded"
    ticket_id: str
    ticket_type: TicketType
    priority: Priority
    region: RegionCode
    recipients: tuple[PersonId, ...]


class TicketClosed(Matter, Event):
    """The work is done and its cost is known. tickets → settlement, customers."""

    type: Literal["ticket.closed"] = "ticket.closed"
    run: int
    assignee: PersonId
    outcome: str
    currency: str = "CNY"
    labour_minor: CostMinor = 0
    parts_minor: CostMinor = 0
    travel_minor: CostMinor = 0


class Passage(Contract):
    """One passage through one node of a ticket's flow."""

    ticket_id: str
    visit_id: str
    run: int
    node: str
    kind: str = Field(description="human, approval, action, decision, parallel, wait or end")
    customer_id: str = ""
    ticket_type: str = ""
    region: RegionCode = "base"
    store_id: str = ""


class VisitEntered(Passage, Event):
    """A ticket came to a node. `assignee`: for whom the visit waits, '' for nobody. news_zh, news_en: what the flow has
    the customer told of it, '' for nothing."""

    type: Literal["visit.entered"] = "visit.entered"
    assignee: str = ""
    news_zh: str = ""
    news_en: str = ""


class VisitLeft(Passage, Event):
    """A ticket left a node. `actor`: who ended the visit, or `system`."""

    type: Literal["visit.left"] = "visit.left"
    entered_at: Moment
    outcome: str
    actor: str


class TicketNoticed(Event):
    """A flow lets people know (流程通知). tickets → notifications. notice: what notice rules know it by."""

    type: Literal["ticket.noticed"] = "ticket.noticed"
    ticket_id: str
    ticket_type: TicketType
    priority: Priority
    notice: Slug
    recipients: tuple[PersonId, ...]
    visit_id: str


class FlowTold(Passage, Event):
    """A flow says that something has happened, by a name of the tenant's own. amount_minor: what it is about, as with
    `compensation`."""

    type: Literal["flow.told"] = "flow.told"
    name: Slug
    amount_minor: int = 0
    currency: str = "CNY"


class WorkPart(Contract):
    """Parts of one kind that were used. amount_minor: of all pieces together."""

    sku: str
    quantity: int
    amount_minor: CostMinor


class WorkReported(Passage, Event):
    """What a visit took, as whoever ended it says: pay goes to who did it (`person_id`). tickets → settlement."""

    type: Literal["work.reported"] = "work.reported"
    person_id: str
    outcome: str
    labour_minutes: int
    travel_km: int
    parts: tuple[WorkPart, ...] = ()
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
    timezone: str = Field(default="", description="whose wall clock is theirs, '' for the tenant's")
    sealed_contacts: Contact = Field(default="", description="phone, e-mail …, sealed: nobody reads them off the bus")


class FormSubmitted(Event):
    """Somebody handed in a form, or handed it in anew. What it says of them lies in the content store. tickets →
    customers."""

    type: Literal["form.submitted"] = "form.submitted"
    submission_id: str
    form: Slug
    form_version: int
    ticket_id: str = Field(default="", description="the ticket that it opened, '' for none")
    customer_id: str = Field(default="", description="'' where nobody knew")
    region: RegionCode = "base"
    store_id: str = ""
    content_ref: str = Field(default="", description="what it says of the customer, '' for nothing")


class SubmitterFound(Event):
    """Whose a submission is, for one that came without a customer. customers → tickets."""

    type: Literal["submitter.found"] = "submitter.found"
    submission_id: str
    ticket_id: str
    customer_id: str
    identity_id: str


class ExecutionFailed(Event):
    """An execution of a flow or an escalation ended badly, as Step Functions says. AWS → tickets."""

    type: Literal["execution.failed"] = "execution.failed"
    execution: str = Field(description="its name: the ticket and its run, and of an escalation its generation")
    status: Literal["FAILED", "TIMED_OUT", "ABORTED"]


OWN_EVENTS: tuple[type[Event], ...] = (
    MessageResolved,
    OccasionResolved,
    TicketOpened,
    TicketChanged,
    TicketAssigned,
    TicketStranded,
    RungFired,
    SlaBreached,
    TicketClosed,
    VisitEntered,
    VisitLeft,
    TicketNoticed,
    FlowTold,
    WorkReported,
    StatementChanged,
    PoolExhausted,
    PersonChanged,
    StoreChanged,
    RosterChanged,
    FormSubmitted,
    SubmitterFound,
    CustomerReachable,
    OrderResolved,
    ShiftStarted,
    ShiftHandedOver,
    PricesPublished,
    ShopperMoved,
    PromotionReached,
    GlassBroken,
    EndpointDisabled,
    ExecutionFailed,
    *FLOW_EVENTS,
)
"""What rooms say; what platforms say is PLATFORM_EVENTS."""


def __getattr__(name: str) -> Any:
    """An event of the platforms. They are many, and rooms that hear none of them start without."""
    if name.startswith("_"):
        raise AttributeError(name)
    from hub.contracts import platform_events  # as said above

    return getattr(platform_events, name)


@cache
def _adapter() -> TypeAdapter[Any]:
    any_event: Any = Union[all_events()]  # noqa: UP007 - made of a tuple
    return TypeAdapter(Annotated[any_event, Field(discriminator="type")])


def parse_event(detail: str | bytes | dict[str, Any]) -> Event:
    """The event in a bus message's detail. Raises pydantic.ValidationError when it is none of ours."""
    event = _adapter().validate_python(detail) if isinstance(detail, dict) else _adapter().validate_json(detail)
    assert isinstance(event, Event)  # noqa: S101 - narrows the adapter's Any for the type checker
    return event


def all_events() -> tuple[type[Event], ...]:
    """The classes of all events that exist."""
    from hub.contracts.platform_events import PLATFORM_EVENTS  # as __getattr__ says

    return (*PLATFORM_EVENTS, *OWN_EVENTS)


def event_types() -> tuple[str, ...]:
    """Every event type that exists, in alphabetical order."""
    return tuple(sorted(cls.model_fields["type"].default for cls in all_events()))
