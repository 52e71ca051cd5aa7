"""What happens at the nodes of a ticket's flow, and the work that was done there. tickets says all of these."""

from typing import Literal

from pydantic import Field

from hub.contracts.base import (
    Contract,
    Moment,
    RegionCode,
    Slug,
)
from hub.contracts.classes import CostMinor
from hub.contracts.envelope import Event


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
