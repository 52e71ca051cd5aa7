"""What happens on the platforms, in one set of words for all of them: people, orders, after-sales, and what else.

`sender_id`, `person_id`, `buyer_id`, `contact_id` are people as the platform names them; customers finds out who they
are. webhooks says all of these.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hub.contracts.base import Moment, RegionCode, Slug
from hub.contracts.classes import Classified, Identity, Said
from hub.contracts.envelope import Attribution, Event, Placed, PlatformEvent
from hub.contracts.orders import OrderLine, OrderTerms

OrderState = Literal[
    "pending_payment",
    "on_hold",
    "paid",
    "partially_shipped",
    "shipped",
    "delivered",
    "completed",
    "cancelled",
    "refunded",
    "unknown",
]
AfterSaleState = Literal[
    "none",
    "requested",
    "seller_refused",
    "platform_review",
    "awaiting_return",
    "awaiting_seller_receipt",
    "awaiting_reship",
    "reshipped",
    "refunding",
    "refunded",
    "resolved",
    "closed",
    "unknown",
]
AfterSaleType = Literal[
    "refund_only",
    "return_refund",
    "exchange",
    "resend",
    "repair",
    "price_protection",
    "cancel_before_ship",
    "unknown",
]
MoneyState = Literal["none", "pending", "succeeded", "failed", "clawed_back"]


class MessageReceived(Placed, Event):
    """Somebody wrote to us on a channel. → customers."""

    type: Literal["message.received"] = "message.received"
    message_id: str
    connection_id: str
    channel: str
    account: str = Field(description="the corp, app or shop that was written to, as the platform names it")
    sender_id: Identity = Field(description="who wrote, as the platform names them")
    kind: str = Field(description="text, image, voice, video, location, link, file, menu, card, call …")
    content_ref: str = Field(description="where the content lies in the content store")


class ContactChanged(Event):
    """A customer and a member of staff became, changed or ended being contacts (外部联系人). → customers."""

    type: Literal["contact.changed"] = "contact.changed"
    connection_id: str
    channel: str
    account: str
    change: Literal[
        "added",
        "half_added",
        "edited",
        "deleted_by_member",
        "deleted_by_customer",
        "transfer_failed",
        "archiving_agreed",
    ]
    member_id: str
    contact_id: Identity
    state: str = Field(default="", description="attribution: the code's state, '' when unattributed")
    source_at: Moment | None = Field(default=None, description="when the platform says that it happened, by its clock")


class CardTapped(Event):
    """A member of staff pressed a button on a card that we sent. → tickets."""

    type: Literal["card.tapped"] = "card.tapped"
    connection_id: str
    channel: str
    member_id: str
    task_id: str
    key: str


class TouchpointCaptured(PlatformEvent):
    """A person met us without writing (触点): followed, scanned a code, tapped a menu, read an article. → customers."""

    type: Literal["touchpoint.captured"] = "touchpoint.captured"
    person_id: Identity
    kind: Literal[
        "followed",
        "scanned",
        "menu_clicked",
        "link_viewed",
        "page_viewed",
        "located",
        "entered",
        "card_action",
        "session_started",
        "session_transferred",
        "session_ended",
        "message_recalled",
        "notice_delivered",
        "notice_failed",
        "subscription_answered",
    ]
    object_id: str = Field(
        default="", description="the menu key, scene, page, product, card or notice that it is about"
    )
    attribution: Attribution = Field(default_factory=dict)


class LeadCaptured(PlatformEvent):
    """Somebody left their details (线索): a form, an ad, a call back asked for; they are content. → customers."""

    type: Literal["lead.captured"] = "lead.captured"
    lead_no: str
    person_id: Identity = ""
    attribution: Attribution = Field(default_factory=dict)
    content_ref: str


class ConsentChanged(PlatformEvent):
    """What a person allows us changed: they left, took back an authorisation, or ask for their data. → customers."""

    type: Literal["consent.changed"] = "consent.changed"
    person_id: Identity
    change: Literal["unfollowed", "messages_refused", "messages_allowed", "revoked", "erasure_asked", "data_asked"]
    scope: str = Field(default="", description="which template or authorisation, '' when all")


class MemberChanged(PlatformEvent):
    """A customer's membership (会员) with a shop changed. → customers."""

    type: Literal["member.changed"] = "member.changed"
    person_id: Identity
    change: Literal["joined", "left", "level_changed", "points_changed", "updated"]
    level: str = ""
    points: int | None = None


class CouponChanged(PlatformEvent):
    """A coupon or card (优惠券/卡券) of a person changed. → customers."""

    type: Literal["coupon.changed"] = "coupon.changed"
    person_id: Identity
    coupon_id: str = Field(description="the kind of coupon, as the platform names it")
    code: str = Field(default="", description="the one coupon, where the platform names it")
    change: Literal["claimed", "used", "given", "deleted", "viewed", "expired", "invalidated", "changed"]


class GroupChanged(PlatformEvent):
    """A customer group (客户群) changed. → customers."""

    type: Literal["group.changed"] = "group.changed"
    group_id: str
    change: Literal["created", "members_joined", "members_left", "owner_changed", "renamed", "edited", "dismissed"]
    people: Annotated[tuple[str, ...], Classified("identity")] = Field(
        default=(), description="who joined or left, where the platform says so"
    )


class StaffChanged(PlatformEvent):
    """A member of staff or a department changed in a platform's address book (通讯录). → directory."""

    type: Literal["staff.changed"] = "staff.changed"
    change: Literal["joined", "updated", "left", "party_created", "party_updated", "party_deleted", "tag_updated"]
    member_id: str = Field(default="", description="the member as the platform names them, '' for departments and tags")
    new_member_id: str = ""
    object_id: str = Field(default="", description="the department or tag, '' for members")


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


class OrderDepositPaid(Event):
    """A part of an order is paid, and the rest is still to pay (预售定金): said once per order. → customers."""

    type: Literal["order.deposit_paid"] = "order.deposit_paid"
    connection_id: str
    channel: str
    shop_id: str
    order_id: str
    order_no: str
    buyer_id: Identity = ""
    amount_minor: int = Field(description="what was paid so far")
    total_minor: int = Field(description="what the whole order costs, as far as the platform says by now")
    currency: str
    attribution: Attribution = Field(default_factory=dict)
    region: RegionCode = "base"
    store_id: str = ""


class OrderPaid(OrderTerms, Event):
    """An order is paid: said once per order, whoever noticed first. → customers."""

    type: Literal["order.paid"] = "order.paid"
    connection_id: str
    channel: str
    shop_id: str
    order_id: str
    order_no: str
    buyer_id: Identity = Field(default="", description="the buyer as the platform names them, '' when masked")
    amount_minor: int
    currency: str
    attribution: Attribution = Field(default_factory=dict)
    content_ref: str = Field(default="", description="where the buyer's note lies in the content store, '' without one")
    region: RegionCode = "base"
    store_id: str = Field(default="", description="whose the order is, '' where its connection says no store")


class OrderChanged(PlatformEvent):
    """An order moved to another state, by the later of all truths. → customers."""

    type: Literal["order.changed"] = "order.changed"
    shop_id: str
    order_id: str
    order_no: str
    state: OrderState
    was: OrderState | Literal[""] = Field(default="", description="'' when the order is new to us")
    buyer_id: Identity = ""
    attribution: Attribution = Field(default_factory=dict)


class OrderFinished(OrderTerms, PlatformEvent):
    """An order came to its good end (交易完成), which it may be settled by: said once per order. → customers."""

    type: Literal["order.finished"] = "order.finished"
    shop_id: str
    order_id: str
    order_no: str
    buyer_id: Identity = ""
    amount_minor: int
    currency: str
    attribution: Attribution = Field(default_factory=dict)


class AfterSaleChanged(PlatformEvent):
    """An after-sale moved: its own state and the money's are two things. → customers."""

    type: Literal["after_sale.changed"] = "after_sale.changed"
    shop_id: str
    after_sale_id: str
    after_sale_no: str
    order_no: str
    kind: AfterSaleType
    state: AfterSaleState
    was: AfterSaleState | Literal[""] = ""
    money: MoneyState
    requested_minor: int = 0
    refunded_minor: int = 0
    currency: str = "CNY"
    tracking_no: str = Field(default="", description="the parcel that comes back, '' while there is none")
    deadline_at: Moment | None = Field(default=None, description="until when the seller must act, says the platform")
    reason: Said = Field(default="", description="why, as the platform names it: a code, or words out of its list")
    lines: tuple[OrderLine, ...] = Field(default=(), description="what it is about, () where that is not told")
    buyer_id: Identity = ""


class RefundPaid(PlatformEvent):
    """Money went back to the buyer: said once for each time that it did. → customers."""

    type: Literal["refund.paid"] = "refund.paid"
    shop_id: str
    after_sale_id: str
    after_sale_no: str
    order_id: str
    order_no: str
    kind: AfterSaleType
    amount_minor: int = Field(description="what was paid back this time")
    refunded_minor: int = Field(description="what this after-sale has paid back in all")
    currency: str
    reason: Said = ""
    lines: tuple[OrderLine, ...] = ()
    buyer_id: Identity = ""


class DecisionCorrected(Event):
    """What was decided while a platform did not answer stood on a state that had changed meanwhile. → tickets."""

    type: Literal["decision.corrected"] = "decision.corrected"
    decision: str = Field(description="what the decider called it: a ticket's id, a rule's run")
    connection_id: str
    channel: str
    order_id: str
    assumed: OrderState
    state: OrderState


PLATFORM_EVENTS: tuple[type[Event], ...] = tuple(
    item
    for item in vars().copy().values()
    if isinstance(item, type) and issubclass(item, Event) and "type" in item.model_fields
)
"""Every event above: a class that says its type."""
