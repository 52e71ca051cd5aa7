"""What a ticket shows of the order or after-sale that it is about, of the parcel that comes back, and of articles
that the work waits for."""

from typing import Literal

from pydantic import Field

from hub.contracts.base import Amount, Contract, Moment, Words
from hub.contracts.classes import Said


class ParcelMoveView(Contract):
    """Where a parcel was (物流轨迹)."""

    at: Moment
    state: str = Field(description="created, collected, in_transit, delivering, delivered, returned or failed")
    carrier: str = ""


class TicketOrderLineView(Contract):
    """One line of the order or after-sale."""

    item_no: str
    sku: str
    category: str
    quantity: int
    amount: Amount = Field(description="what the buyer pays for the whole line, in the order's currency")
    kind: Literal["goods", "service"]


class TicketIssueView(Contract):
    """One thing that reviews of a store complain about, as its inspection lists it."""

    issue: str = Field(description="by the patrol's own name for it")
    title: Words
    count: int = Field(description="so many reviews name it")
    reviews: tuple[str, ...] = Field(description="where those can be read, the first fifty: `/webhooks/reviews/{id}`")


class TicketOrderView(Contract):
    """The order or after-sale that a ticket is about (订单与物流), as its platform told it last."""

    order_no: str
    channel: str
    kind: str = Field(default="", description="of the after-sale: refund_only, return_refund, exchange …; '' for none")
    state: str = Field(default="", description="of the after-sale")
    money: str = Field(default="", description="of the after-sale: none, pending, succeeded, failed, clawed_back")
    reason: Said = ""
    tracking_no: str = Field(default="", description="the parcel that comes back")
    currency: str
    lines: tuple[TicketOrderLineView, ...] = ()
    trace: tuple[ParcelMoveView, ...] = Field(default=(), description="how that parcel has travelled, the oldest first")
    at: Moment = Field(description="when this was told")


class SupplyView(Contract):
    """What an ERP or WMS last said of an article that the ticket waits for."""

    item_no: str
    site: str
    quantity: int | None
    expected_at: Moment | None
    at: Moment
