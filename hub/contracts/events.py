"""The contract events: all that rooms ever tell each other, by their types, and where each stands.

They carry ids, enums, times and amounts, never bodies or personal data: what a person wrote stays in the content
store and travels as a `content_ref`. Each event is one fact with one id, derived from what made it, so that a
repeat is recognised by every consumer. Changes are additive within a `schema_version`.

A function starts with none of them: rooms write `events.OrderPaid`, of this module, and the class is imported when
one is first said or heard.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict

from hub.contracts.envelope import Event as Event

if TYPE_CHECKING:
    from hub.contracts.deadline_events import RungFired as RungFired
    from hub.contracts.deadline_events import SlaBreached as SlaBreached
    from hub.contracts.flow_events import CouponWanted as CouponWanted
    from hub.contracts.flow_events import EndpointCalled as EndpointCalled
    from hub.contracts.flow_events import FlowAnswered as FlowAnswered
    from hub.contracts.form_events import FormSubmitted as FormSubmitted
    from hub.contracts.form_events import SubmitterFound as SubmitterFound
    from hub.contracts.house_events import EndpointDisabled as EndpointDisabled
    from hub.contracts.house_events import ExpertMentioned as ExpertMentioned
    from hub.contracts.house_events import GlassBroken as GlassBroken
    from hub.contracts.house_events import PersonChanged as PersonChanged
    from hub.contracts.house_events import StoreChanged as StoreChanged
    from hub.contracts.market_events import CartChanged as CartChanged
    from hub.contracts.market_events import CompetitorPriced as CompetitorPriced
    from hub.contracts.market_events import PromotionChanged as PromotionChanged
    from hub.contracts.market_events import PromotionReached as PromotionReached
    from hub.contracts.market_events import ShopperMoved as ShopperMoved
    from hub.contracts.money_events import LineDisputed as LineDisputed
    from hub.contracts.money_events import PoolExhausted as PoolExhausted
    from hub.contracts.money_events import PricesPublished as PricesPublished
    from hub.contracts.money_events import StatementChanged as StatementChanged
    from hub.contracts.order_events import AfterSaleChanged as AfterSaleChanged
    from hub.contracts.order_events import OrderChanged as OrderChanged
    from hub.contracts.order_events import OrderDepositPaid as OrderDepositPaid
    from hub.contracts.order_events import OrderFinished as OrderFinished
    from hub.contracts.order_events import OrderPaid as OrderPaid
    from hub.contracts.order_events import RefundPaid as RefundPaid
    from hub.contracts.people_events import CardTapped as CardTapped
    from hub.contracts.people_events import ConsentChanged as ConsentChanged
    from hub.contracts.people_events import ContactChanged as ContactChanged
    from hub.contracts.people_events import GroupChanged as GroupChanged
    from hub.contracts.people_events import LeadCaptured as LeadCaptured
    from hub.contracts.people_events import MemberChanged as MemberChanged
    from hub.contracts.people_events import MessageReceived as MessageReceived
    from hub.contracts.people_events import NoticeReceipted as NoticeReceipted
    from hub.contracts.people_events import StaffChanged as StaffChanged
    from hub.contracts.people_events import TouchpointCaptured as TouchpointCaptured
    from hub.contracts.platform_events import AfterSaleTouched as AfterSaleTouched
    from hub.contracts.platform_events import CouponChanged as CouponChanged
    from hub.contracts.platform_events import DecisionCorrected as DecisionCorrected
    from hub.contracts.platform_events import FeedTouched as FeedTouched
    from hub.contracts.platform_events import LogisticsChanged as LogisticsChanged
    from hub.contracts.platform_events import OrderTouched as OrderTouched
    from hub.contracts.platform_events import PlatformNoticed as PlatformNoticed
    from hub.contracts.platform_events import ReviewPosted as ReviewPosted
    from hub.contracts.platform_events import SupplyChanged as SupplyChanged
    from hub.contracts.reach_events import CustomerLeveled as CustomerLeveled
    from hub.contracts.reach_events import CustomerReachable as CustomerReachable
    from hub.contracts.reach_events import RosterChanged as RosterChanged
    from hub.contracts.reach_events import ShiftHandedOver as ShiftHandedOver
    from hub.contracts.reach_events import ShiftStarted as ShiftStarted
    from hub.contracts.resolved_events import MessageResolved as MessageResolved
    from hub.contracts.resolved_events import OccasionResolved as OccasionResolved
    from hub.contracts.resolved_events import OrderResolved as OrderResolved
    from hub.contracts.ticket_events import ExecutionFailed as ExecutionFailed
    from hub.contracts.ticket_events import TicketAssigned as TicketAssigned
    from hub.contracts.ticket_events import TicketChanged as TicketChanged
    from hub.contracts.ticket_events import TicketClosed as TicketClosed
    from hub.contracts.ticket_events import TicketNoticed as TicketNoticed
    from hub.contracts.ticket_events import TicketOpened as TicketOpened
    from hub.contracts.ticket_events import TicketStranded as TicketStranded
    from hub.contracts.visit_events import FlowTold as FlowTold
    from hub.contracts.visit_events import VisitEntered as VisitEntered
    from hub.contracts.visit_events import VisitLeft as VisitLeft
    from hub.contracts.visit_events import WorkReported as WorkReported

EVENTS = {
    "after_sale.changed": "order_events.AfterSaleChanged",
    "after_sale.touched": "platform_events.AfterSaleTouched",
    "card.tapped": "people_events.CardTapped",
    "cart.changed": "market_events.CartChanged",
    "competitor.priced": "market_events.CompetitorPriced",
    "consent.changed": "people_events.ConsentChanged",
    "contact.changed": "people_events.ContactChanged",
    "coupon.changed": "platform_events.CouponChanged",
    "coupon.wanted": "flow_events.CouponWanted",
    "customer.leveled": "reach_events.CustomerLeveled",
    "customer.reachable": "reach_events.CustomerReachable",
    "decision.corrected": "platform_events.DecisionCorrected",
    "endpoint.called": "flow_events.EndpointCalled",
    "endpoint.disabled": "house_events.EndpointDisabled",
    "execution.failed": "ticket_events.ExecutionFailed",
    "expert.mentioned": "house_events.ExpertMentioned",
    "feed.touched": "platform_events.FeedTouched",
    "flow.answered": "flow_events.FlowAnswered",
    "flow.told": "visit_events.FlowTold",
    "form.submitted": "form_events.FormSubmitted",
    "glass.broken": "house_events.GlassBroken",
    "group.changed": "people_events.GroupChanged",
    "lead.captured": "people_events.LeadCaptured",
    "line.disputed": "money_events.LineDisputed",
    "logistics.changed": "platform_events.LogisticsChanged",
    "member.changed": "people_events.MemberChanged",
    "message.received": "people_events.MessageReceived",
    "message.resolved": "resolved_events.MessageResolved",
    "notice.receipted": "people_events.NoticeReceipted",
    "occasion.resolved": "resolved_events.OccasionResolved",
    "order.changed": "order_events.OrderChanged",
    "order.deposit_paid": "order_events.OrderDepositPaid",
    "order.finished": "order_events.OrderFinished",
    "order.paid": "order_events.OrderPaid",
    "order.resolved": "resolved_events.OrderResolved",
    "order.touched": "platform_events.OrderTouched",
    "person.changed": "house_events.PersonChanged",
    "platform.noticed": "platform_events.PlatformNoticed",
    "pool.exhausted": "money_events.PoolExhausted",
    "prices.published": "money_events.PricesPublished",
    "promotion.changed": "market_events.PromotionChanged",
    "promotion.reached": "market_events.PromotionReached",
    "refund.paid": "order_events.RefundPaid",
    "review.posted": "platform_events.ReviewPosted",
    "roster.changed": "reach_events.RosterChanged",
    "rung.fired": "deadline_events.RungFired",
    "shift.handed_over": "reach_events.ShiftHandedOver",
    "shift.started": "reach_events.ShiftStarted",
    "shopper.moved": "market_events.ShopperMoved",
    "sla.breached": "deadline_events.SlaBreached",
    "staff.changed": "people_events.StaffChanged",
    "statement.changed": "money_events.StatementChanged",
    "store.changed": "house_events.StoreChanged",
    "submitter.found": "form_events.SubmitterFound",
    "supply.changed": "platform_events.SupplyChanged",
    "ticket.assigned": "ticket_events.TicketAssigned",
    "ticket.changed": "ticket_events.TicketChanged",
    "ticket.closed": "ticket_events.TicketClosed",
    "ticket.noticed": "ticket_events.TicketNoticed",
    "ticket.opened": "ticket_events.TicketOpened",
    "ticket.stranded": "ticket_events.TicketStranded",
    "touchpoint.captured": "people_events.TouchpointCaptured",
    "visit.entered": "visit_events.VisitEntered",
    "visit.left": "visit_events.VisitLeft",
    "work.reported": "visit_events.WorkReported",
}
"""Every event's type in alphabetical order, and its class."""
_MODULES = {name: module for module, _, name in (place.partition(".") for place in EVENTS.values())}


def __getattr__(name: str) -> Any:
    """An event's class, from its module."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    event = globals()[name] = getattr(import_module(f"hub.contracts.{_MODULES[name]}"), name)
    return event


def _known(kind: str) -> str:
    if kind not in EVENTS:
        raise ValueError("must be the type of a contract event")
    return kind


class _Typed(BaseModel):
    """As much of an event as says which one it is."""

    model_config = ConfigDict(defer_build=True)

    type: Annotated[str, AfterValidator(_known)]


def event_class(kind: str) -> type[Event]:
    """The class of the events of a type, e.g. `order.paid`. Raises KeyError for a type that there is none of."""
    event: type[Event] = __getattr__(EVENTS[kind].partition(".")[2])
    return event


def parse_event(detail: str | bytes | dict[str, Any]) -> Event:
    """The event in a bus message's detail. Raises pydantic.ValidationError when it is none of ours."""
    if isinstance(detail, dict):
        return event_class(_Typed.model_validate(detail).type).model_validate(detail)
    return event_class(_Typed.model_validate_json(detail).type).model_validate_json(detail)
