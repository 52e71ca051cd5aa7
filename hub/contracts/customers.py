"""HTTP bodies of /customers: one person across channels, with who may see what already applied."""

from typing import Annotated, Literal, get_args

from pydantic import Field

from hub.contracts.base import Amount, Contract, Moment, RegionCode, RegionFilter, Slug, StoreId
from hub.contracts.classes import PERSONAL_FACTS, Classified, Identity, Keyed, Located
from hub.contracts.envelope import AttributionKey
from hub.contracts.http import Page, PageQuery

FollowState = Literal["following", "half_added", "deleted_by_member", "deleted_by_customer"]
Evidence = Literal["unionid", "phone", "hand"]
"""Why two customers are one: their platform's word, one phone, or somebody who said so."""
TimelineKind = Literal[
    "after_sale.changed",
    "consent.changed",
    "contact.changed",
    "coupon.changed",
    "form.submitted",
    "glass.broken",
    "group.changed",
    "lead.captured",
    "logistics.changed",
    "member.changed",
    "order.changed",
    "order.deposit_paid",
    "order.finished",
    "order.paid",
    "refund.paid",
    "review.posted",
    "ticket.closed",
    "ticket.opened",
    "touchpoint.captured",
]

DETAILS = frozenset(
    {
        *("after_sale_no", "amount", "carrier", "change", "channel", "code", "content_ref", "currency", "ends_at"),
        *("glass_id", "item_no"),
        *("kind", "level", "money", "order_no", "outcome", "points", "priority", "rating", "run", "shop_id", "state"),
        *("form_version", "submission_id", "ticket_id", "ticket_type", "was"),
        *(f"from_{name}" for name in get_args(AttributionKey)),
    }
)
"""What the timeline says of an event; the platforms' own words for what happened, and nobody's."""

CONSENTS = ("all", "email", "official_account", "phone", "sms")
PLAIN_FACTS = frozenset(
    {"home_region", "home_store", "address_region", *(f"consent_{channel}" for channel in CONSENTS)}
)
"""Where a customer is at home, as roughly as tickets are routed by it; and by which channels they may be told, yes or
no."""
FACTS = Keyed(by="name", plain=PLAIN_FACTS, classes=PERSONAL_FACTS, tenant=True)
"""What is known of a customer is personal, unless it is one of PLAIN_FACTS or the tenant's field policy calls its name
plain."""


class IdentityView(Contract):
    """One name (身份) under which a platform knows this customer, or what they are known by everywhere: channel
    `unionid`, or `phone` with a keyed hash of the number. `external_id` may be masked."""

    channel: str
    account: str
    external_id: Identity
    linked_at: Moment
    identity_id: str = Field(default="", description="the record of this name: what `unmerge` takes")
    source: str = Field(default="", description="the channel that names them so")


class FactBody(Contract):
    """What we learnt about a customer. `version`: the customer's, as the writer saw it."""

    value: Annotated[str, Field(min_length=1, max_length=500), Classified("identity")]
    version: int | None = None


class NewCustomer(Contract):
    """A customer as a colleague, a file or a system of the tenant's own knows them. Whoever is known by the phone or
    the union_id already is that customer; one of the two is needed."""

    phone: Annotated[str, Field(max_length=32, examples=["13800138000"]), Classified("contact")] = ""
    union_id: Annotated[str, Field(pattern=r"^[!-~]{0,128}$"), Classified("identity")] = ""
    name: Annotated[str, Field(max_length=200, examples=["张三"]), Classified("identity")] = ""
    email: Annotated[str, Field(max_length=200), Classified("contact")] = ""
    region: RegionCode = Field(default="base", description="where they are served")
    store_id: StoreId | Literal[""] = ""
    home_region: RegionFilter = Field(default="", description="where they are at home")


class FactView(Contract):
    """One thing known (事实) about a customer, who said so and when. Personal values are masked for most roles."""

    name: Slug
    value: Annotated[str, FACTS]
    personal: bool
    source: str = Field(description="the person or machine that said so, or the channel it came from")
    at: Moment


class ContactView(Contract):
    """A member of staff who is or was this customer's contact (外部联系人) on a channel."""

    connection_id: str
    channel: str
    member_id: str
    contact_id: Identity
    follow_state: FollowState
    attribution: str = Field(description="state of the code through which they met, '' when unattributed")
    at: Moment
    source: str = Field(default="", description="the channel that says so")


class TimelineEntry(Contract):
    """One thing that happened (时间线), by ids: the rest is read from the room that owns it."""

    event_id: str
    kind: TimelineKind
    at: Moment
    subject_id: str = Field(description="the ticket, order or member of staff that it is about")
    details: Annotated[dict[str, str], Keyed(plain=DETAILS)] = Field(default_factory=dict)
    identity_id: str = Field(default="", description="the record of the name that it came by, '' where it is not known")
    source: str = Field(default="", description="the channel that told it, else the room that did")


class OrderEntry(Contract):
    """An order that this customer paid."""

    order_id: str
    order_no: str
    channel: str
    shop_id: str
    amount: Amount
    currency: str
    paid_at: Moment
    source: str = Field(default="", description="the channel that sold it")


class TicketEntry(Contract):
    """A ticket of this customer, as far as the customer's timeline knows."""

    ticket_id: str
    ticket_type: str
    state: Literal["open", "closed"]
    opened_at: Moment | None = None
    closed_at: Moment | None = None
    source: str = Field(default="", description="the room that told it: tickets")


class CustomerSummary(Contract):
    """A line in the list of customers."""

    id: Annotated[str, Located("thing")]
    created_at: Moment
    first_channel: str


class MergeBody(Contract):
    """`into`: the customer of whom this one is part from now on."""

    into: Annotated[str, Field(min_length=1, max_length=64)]


class UnmergeBody(Contract):
    """`identity_id`: the record (see identities and merged) that is somebody else, with all that was merged into it."""

    identity_id: Annotated[str, Field(min_length=1, max_length=64)]


class MergeView(Contract):
    """That a record is part of another (合并), since when and why. `actor`: who said so, '' where the hub did."""

    customer_id: str
    into: str
    at: Moment
    evidence: Evidence
    actor: str = ""
    source: str = Field(default="", description="whoever said so, else the evidence")


class CustomerView(CustomerSummary):
    """Everything that the reader may see of one customer. Tickets and orders: the most recent, newest first."""

    version: int
    facts: tuple[FactView, ...]
    identities: tuple[IdentityView, ...]
    contacts: tuple[ContactView, ...]
    tickets: tuple[TicketEntry, ...]
    orders: tuple[OrderEntry, ...]
    level: str = Field(default="", description="by what they have spent (客户等级), as `/customers/levels` has it")
    spent: Amount = Field(default="0.00", description="what was paid for their orders, less what went back")
    spent_currency: str = "CNY"
    merged: tuple[MergeView, ...] = ()
    perhaps: tuple[str, ...] = Field(
        default=(), description="customers who share a phone with this one: one of them may be the same person"
    )
    timeline: Page[TimelineEntry] | None = Field(
        default=None, description="with `include=all`: what happened to them, a page of it"
    )


class WholeQuery(PageQuery):
    """`include=all`: with what happened to them (`limit` and `cursor` are of that)."""

    include: Literal["", "all"] = ""


class CustomerQuery(PageQuery):
    """Filters of the list of customers: all that are given have to hold. `since`: customers whom we know from then on;
    left out, for two years."""

    since: Moment | None = None
    region: RegionFilter = Field(default="", description="who is served in this region, or below it")
    store: str = Field(default="", max_length=128, description="who is served in this store")
    assignee: str = Field(default="", max_length=128, description="whose customer: who of us has them, or serves them")
    sort: Literal["-created_at"] | None = Field(default=None, description="the newest first: the only order there is")
