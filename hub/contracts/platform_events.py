"""What happens on the platforms, in one set of words for all of them: people, orders, after-sales, and what else.

`sender_id`, `person_id`, `buyer_id`, `contact_id` are people as the platform names them; customers finds out who they
are. webhooks says all of these.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hub.contracts.base import Moment, NoticeChannel, Slug
from hub.contracts.classes import Classified, Identity
from hub.contracts.envelope import Attribution, Event, Placed, PlatformEvent
from hub.contracts.market_events import CartChanged as CartChanged
from hub.contracts.market_events import CompetitorPriced as CompetitorPriced
from hub.contracts.market_events import PromotionChanged as PromotionChanged
from hub.contracts.order_events import AfterSaleChanged as AfterSaleChanged
from hub.contracts.order_events import OrderChanged as OrderChanged
from hub.contracts.order_events import OrderDepositPaid as OrderDepositPaid
from hub.contracts.order_events import OrderFinished as OrderFinished
from hub.contracts.order_events import OrderPaid as OrderPaid
from hub.contracts.order_events import RefundPaid as RefundPaid
from hub.contracts.orders import AfterSaleState as AfterSaleState
from hub.contracts.orders import AfterSaleType as AfterSaleType
from hub.contracts.orders import MoneyState as MoneyState
from hub.contracts.orders import OrderState as OrderState


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


class NoticeReceipted(PlatformEvent):
    """What became of a notice that was sent (回执), as whoever sends it for the hub found out: an SMS gateway, a call
    service. webhooks → notifications."""

    type: Literal["notice.receipted"] = "notice.receipted"
    notice_channel: NoticeChannel
    number: str = Field(description="the hub's own id of the send (`snd_…`), or the platform's number of it")
    state: Literal["delivered", "failed"]


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
    platform: str = Field(default="", description="the marketplace that it is of, where the channel is not its own")


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


PLATFORM_EVENTS: tuple[type[Event], ...] = tuple(
    item
    for item in vars().copy().values()
    if isinstance(item, type) and issubclass(item, Event) and "type" in item.model_fields
)
"""Every event above: a class that says its type."""
