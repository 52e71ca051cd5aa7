"""What a flow wants of another room while it waits, and how that room answers: a visit is ended by its answer once."""

from typing import Annotated, Literal

from pydantic import Field

from hub.contracts.base import Moment, RegionCode, Slug
from hub.contracts.envelope import Event

Said = dict[Slug, Annotated[str, Field(max_length=200)]]
"""Numbers, amounts and choices by name: ids and enums, nothing that people wrote."""


class Wanted(Event):
    """A visit of a ticket's flow wants something, and waits."""

    ticket_id: str
    visit_id: str
    node: str
    ticket_type: Slug
    customer_id: str = ""
    region: RegionCode = "base"
    store_id: str = ""


class EndpointCalled(Wanted):
    """A flow calls a system of the tenant's own, by an endpoint that is registered. It answers 2xx, and may say in JSON
    `outcome` (a word of the flow's) and `fields` (what the ticket is to remember). tickets → outbound."""

    type: Literal["endpoint.called"] = "endpoint.called"
    endpoint_id: str
    name: Slug = Field(description="what it is to do, in a word of the tenant's own: reserve_stock, book_slot")
    until: Moment = Field(description="nobody waits for an answer any longer")
    order_no: str = ""
    fields: Said = Field(default={}, description="the ticket's, those that the flow names")


class CouponWanted(Wanted):
    """A flow gives the ticket's customer a coupon of a campaign's strategy. tickets → pricing."""

    type: Literal["coupon.wanted"] = "coupon.wanted"
    campaign: Slug
    strategy: Slug


class FlowAnswered(Event):
    """What a flow waited for has been done, or could not be. outbound, pricing → tickets."""

    type: Literal["flow.answered"] = "flow.answered"
    ticket_id: str
    visit_id: str
    outcome: Slug
    report: Said = Field(default={}, description="what the visit remembers: a status, a coupon's code")
    fields: Said = Field(default={}, description="what the ticket is to remember")
