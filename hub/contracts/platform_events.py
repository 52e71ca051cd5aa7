"""What platforms say of a shop and what is in it, in one set of words for all of them. webhooks says all of these."""

from typing import Literal

from pydantic import Field

from hub.contracts.base import (
    Moment,
    Slug,
)
from hub.contracts.classes import Identity
from hub.contracts.envelope import Event, PlatformEvent
from hub.contracts.orders import OrderState


class CouponChanged(PlatformEvent):
    """A coupon or card (优惠券/卡券) of a person changed. → customers."""

    type: Literal["coupon.changed"] = "coupon.changed"
    person_id: Identity
    coupon_id: str = Field(description="the kind of coupon, as the platform names it")
    code: str = Field(default="", description="the one coupon, where the platform names it")
    change: Literal["claimed", "used", "given", "deleted", "viewed", "expired", "invalidated", "changed"]
    platform: str = Field(default="", description="the marketplace that it is of, where the channel is not its own")


class PlatformNoticed(PlatformEvent):
    """A platform tells us something about itself or its paperwork. → notifications, which tells who must act.

    kind: approval, tag, job, authorization, account, quota, product, complaint, settlement, policy.
    """

    type: Literal["platform.noticed"] = "platform.noticed"
    kind: Slug
    status: Slug
    subject_id: str = ""
    member_id: str = ""
    urgent: bool = Field(default=False, description="somebody has to act: an authorisation ended, a quota ran out")


class SupplyChanged(PlatformEvent):
    """Stock or production of an article changed, says an ERP or WMS (库存/生产进度). → tickets."""

    type: Literal["supply.changed"] = "supply.changed"
    item_no: str
    site: str = Field(default="", description="the warehouse, store or line, '' for all")
    quantity: int | None = Field(default=None, description="what is there now, in whole pieces")
    expected_at: Moment | None = Field(default=None, description="when more will be there (ETA)")


class LogisticsChanged(PlatformEvent):
    """A parcel moved (物流). → customers."""

    type: Literal["logistics.changed"] = "logistics.changed"
    shop_id: str
    order_no: str
    tracking_no: str
    carrier: str = ""
    state: Literal["created", "collected", "in_transit", "delivering", "delivered", "returned", "failed"]
    person_id: Identity = ""


class ReviewPosted(PlatformEvent):
    """A buyer judged what they bought (评价). What they wrote is content. → customers."""

    type: Literal["review.posted"] = "review.posted"
    review_no: str
    shop_id: str = ""
    order_no: str = ""
    item_no: str = ""
    person_id: Identity = ""
    rating: int | None = Field(default=None, description="1 to 5 stars", ge=1, le=5)
    platform: str = Field(default="", description="the marketplace that it is of, where the channel is not its own")
    content_ref: str


class OrderTouched(Event):
    """A marketplace hinted that an order changed; the truth is read from its API. → webhooks."""

    type: Literal["order.touched"] = "order.touched"
    connection_id: str
    channel: str
    shop_id: str
    order_no: str = Field(description="the platform's order number, always text")
    message_id: str = Field(default="", description="the stored message that said so, quarantined if we can't read it")


class AfterSaleTouched(Event):
    """A marketplace hinted that an after-sale (售后) changed; the truth is read from its API. → webhooks."""

    type: Literal["after_sale.touched"] = "after_sale.touched"
    connection_id: str
    channel: str
    shop_id: str
    after_sale_no: str
    order_no: str = ""
    message_id: str = ""


class FeedTouched(Event):
    """A platform says that there is something to fetch, and nothing more (微信客服). → webhooks."""

    type: Literal["feed.touched"] = "feed.touched"
    connection_id: str
    channel: str
    feed: str = Field(description="what to fetch: a customer-service account (open_kfid)")
    message_id: str


class DecisionCorrected(Event):
    """What was decided while a platform did not answer stood on a state that had changed meanwhile. → tickets."""

    type: Literal["decision.corrected"] = "decision.corrected"
    decision: str = Field(description="what the decider called it: a ticket's id, a rule's run")
    connection_id: str
    channel: str
    order_id: str
    assumed: OrderState
    state: OrderState
