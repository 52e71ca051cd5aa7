"""Who was behind what a platform said: a message, an order's money, and what calls for work without a message, each
with the customer that it is of. customers says these."""

from typing import Literal

from pydantic import Field

from hub.contracts.base import Contract, Priority, RegionCode
from hub.contracts.classes import Identity, Said
from hub.contracts.envelope import Event, Placed, PlatformEvent
from hub.contracts.orders import OrderLine


class AtHome(Contract):
    """Where a customer is at home: the region of their address, and their home store; "base" and "" where nobody
    said."""

    home_region: RegionCode = "base"
    home_store: str = ""


class Leveled(Contract):
    """What a customer is to us by what they have spent (客户等级)."""

    level: str = Field(default="", description="'' for none")
    level_priority: Priority | None = Field(default=None, description="at least this is what their new tickets have")


class MessageResolved(AtHome, Leveled, Placed, Event):
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


class OccasionResolved(AtHome, Leveled, PlatformEvent):
    """An after-sale, an order with services in it, a review, a lead, an answered survey or a customer with two owners
    (归属冲突), with the customer behind it: what calls for work without a message. customers, notifications → tickets,
    where rules say which ticket it opens, if any."""

    type: Literal["occasion.resolved"] = "occasion.resolved"
    kind: Literal["after_sale", "order", "review", "lead", "survey", "owner_conflict"]
    subject_id: str = Field(
        description="the after-sale, order, ticket or customer (ours), the review or the lead (the platform's)"
    )
    customer_id: str = Field(default="", description="'' where the platform names nobody")
    identity_id: str = Field(default="", description="the customer's record of the name that they came by")
    order_no: str = ""
    state: str = Field(default="", description="of the after-sale")
    money: str = ""
    after_sale_type: str = ""
    amount_minor: int = Field(default=0, description="the refund that is asked for, or the order's sum")
    currency: str = "CNY"
    region_code: str = Field(default="", description="GB/T 2260 of where the order goes to, '' where not told")
    reason: Said = Field(default="", description="of the after-sale, as the platform names it")
    tracking_no: str = Field(default="", description="the parcel that comes back, '' while there is none")
    lines: tuple[OrderLine, ...] = Field(default=(), description="what the after-sale or the order is about")
    rating: int | None = None
    content_ref: str = Field(default="", description="where what they wrote lies in the content store, '' for nothing")


class OrderResolved(AtHome, PlatformEvent):
    """Money came or went for an order, with the customer behind it. customers → notifications."""

    type: Literal["order.resolved"] = "order.resolved"
    kind: Literal["paid", "refunded", "finished"]
    customer_id: str
    identity_id: str = ""
    order_id: str
    order_no: str
    amount_minor: int
    currency: str
