"""What happens to tickets. tickets says all of these, but for the executions, which AWS does."""

from typing import Literal

from pydantic import Field

from hub.contracts.base import (
    PersonId,
    Priority,
    RegionCode,
    Slug,
    TicketType,
)
from hub.contracts.classes import CostMinor
from hub.contracts.envelope import Event
from hub.contracts.resolved_events import AtHome


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


class TicketNoticed(Event):
    """A flow lets people know (流程通知). tickets → notifications. notice: what notice rules know it by."""

    type: Literal["ticket.noticed"] = "ticket.noticed"
    ticket_id: str
    ticket_type: TicketType
    priority: Priority
    notice: Slug
    recipients: tuple[PersonId, ...]
    visit_id: str


class ExecutionFailed(Event):
    """An execution of a flow or an escalation ended badly, as Step Functions says. AWS → tickets."""

    type: Literal["execution.failed"] = "execution.failed"
    execution: str = Field(description="its name: the ticket and its run, and of an escalation its generation")
    status: Literal["FAILED", "TIMED_OUT", "ABORTED"]
