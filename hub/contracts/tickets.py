"""HTTP bodies of /tickets and /t: work on its way, and what a customer may see of it."""

from typing import Annotated, Any, Literal

from pydantic import Field

from hub.contracts.base import (
    Amount,
    Contract,
    Moment,
    PersonId,
    Priority,
    RegionCode,
    RegionFilter,
    Slug,
    TicketType,
    Words,
)
from hub.contracts.classes import Classified, Keyed, Located, Said
from hub.contracts.clocks import TicketClockView
from hub.contracts.dispatch import ExplainView
from hub.contracts.http import PageQuery
from hub.contracts.ticket_orders import SupplyView, TicketIssueView, TicketOrderView

TicketState = Literal["open", "closed", "cancelled"]
Text = Annotated[str, Field(min_length=1, max_length=2000)]
ItemNo = Annotated[str, Field(pattern=r"^[!-~]{1,64}$", examples=["P1"])]
"""An article (料号) as the ERP names it."""

FieldValue = (
    Annotated[str, Field(max_length=4000)] | bool | int | Annotated[tuple[str, ...], Field(max_length=300)] | None
)
"""An answer: text, yes or no, a whole number, or some of the options."""

Cost = Annotated[Amount, Classified("cost")]
DETAIL = frozenset(
    {
        *("assignee", "assumed", "before", "chosen", "entry", "fallback", "key", "kind", "message", "node", "order"),
        *("outcome", "placed_by", "priority", "recipients", "region", "rule", "rung", "run", "state", "store", "type"),
        *("visit", "waits_for", "amount", "currency", "labour_minutes", "travel_km", "channel", "reason", "fields"),
        *("to", "by", "event", "child", "action", "version", "deadlines", "tag", "priority_before", "clock", "team"),
        *("until", "override", "suggests", "topic"),
    }
)
"""What the trail says beside the words and the costs: ids, choices out of lists, and what the customer was told."""
DETAIL_COSTS = ("labour_amount", "parts", "parts_amount", "travel_amount")

REPORT = Keyed(
    plain=frozenset(
        {
            *("labour_minutes", "travel_km", "assignee", "fallback", "recipients", "type"),
            *("status", "reason", "coupon", "claims"),
        }
    ),
    classes={"labour_amount": "cost", "travel_amount": "cost", "amount": "cost", "left": "cost"},
    inner={"parts": Keyed(plain=frozenset({"sku", "quantity"}), classes={"amount": "cost"})},
)
"""What people report of their work, and actions of what they came to."""


class OpenTicket(Contract):
    """A ticket opened by hand. `subject` is free text, stored sealed; `customer_id` travels in events, so it is the
    hub's id of a customer and nothing else. Without a region ("base") a place that the subject names counts, else the
    opener's own region and store."""

    type: TicketType
    customer_id: Annotated[str, Field(pattern=r"^cus_[0-9A-Za-z]{1,32}$", examples=["cus_01JD2X7V5N8Q4T6W9Z3B1C0E2F"])]
    priority: Priority = "normal"
    region: RegionCode = "base"
    store_id: Annotated[str, Field(max_length=64)] = ""
    skill: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]{0,63})?$")] = ""
    subject: Annotated[str, Field(max_length=2000), Classified("words")] = ""
    order_id: Annotated[str, Field(pattern=r"^[!-~]{0,64}$")] = ""
    order_no: Annotated[str, Field(pattern=r"^[!-~]{0,128}$")] = ""
    amount: Amount = Field(default="0.00", description="what it is about in money")
    amount_currency: Literal["CNY", "HKD", "USD", "EUR", "JPY"] = "CNY"
    fields: Annotated[dict[Slug, FieldValue], Field(max_length=200), Classified("words")] = Field(
        default={}, description="what the ticket's type declares, or its form asks for, by name"
    )


class Assign(Contract):
    """Who gets the ticket. `version`: the version that the sender saw, refused when the ticket has moved on."""

    person_id: PersonId
    version: int | None = None


class Nothing(Contract):
    """No fields: the path says it all."""


class PauseClock(Contract):
    """What the ticket waits for, where it waits for articles: their numbers, as the ERP names them."""

    waits_for: Annotated[tuple[ItemNo, ...], Field(max_length=20)] = ()


class WriteComment(Contract):
    """An internal note. Customers never see it; it is stored sealed. Who is mentioned (@专家) hears of it, and looks at
    this one ticket for `hours`, wherever they and it are, as the field policy lets a guest."""

    text: Annotated[Text, Classified("words")]
    mentions: Annotated[tuple[PersonId, ...], Field(max_length=5)] = ()
    hours: Annotated[int, Field(ge=1, le=168)] = 48


class WriteReply(Contract):
    """What the customer is answered, over the channel that they came by; stored sealed."""

    text: Annotated[Text, Classified("words")]


class Part(Contract):
    """A part that was used. `amount` is the price of all pieces together."""

    sku: Annotated[str, Field(min_length=1, max_length=64)]
    quantity: Annotated[int, Field(ge=1, le=10_000)]
    amount: Cost = "0.00"


class WorkReport(Contract):
    """What the work took: time and distance as facts, amounts as decimal strings in CNY."""

    labour_minutes: Annotated[int, Field(ge=0, le=100_000)] = 0
    labour_amount: Cost = "0.00"
    parts: Annotated[tuple[Part, ...], Field(max_length=200)] = ()
    travel_km: Annotated[int, Field(ge=0, le=100_000)] = 0
    travel_amount: Cost = "0.00"


class CompleteNode(Contract):
    """How a visit of the node ended. `outcome` is one of the node's; where several sign, `approved` or `rejected`; with
    `sent_back` the ticket goes back to the person's node `to`, where the node allows it. fields: what the work took;
    answers: what the node's form asks for."""

    outcome: Slug
    to: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]{0,63})?$")] = ""
    fields: WorkReport = Field(default_factory=WorkReport)
    answers: Annotated[dict[Slug, FieldValue], Field(max_length=200), Classified("words")] = Field(default={})


class CloseTicket(Contract):
    """How a ticket without a flow ended."""

    outcome: Slug = "answered"


class TicketQuery(PageQuery):
    """Filters of the list of tickets: all that are given have to hold. Each list is read by its key; what no key allows
    is refused with what is allowed."""

    state: TicketState | None = None
    customer: str = Field(default="", description="whose tickets; with any of state, type, team, entry, updated_since")
    assignee: str = Field(default="", description="whose work it is; with any other filter")
    entry: str = Field(default="", description="one of the ticket's entries, e.g. website; only of a customer's")
    type: str = Field(default="", description="its type, e.g. repair: of what is open, where no `state` is said")
    team: str = Field(default="", description="whose the ticket is: of what is open, where no `state` is said")
    region: RegionFilter = Field(default="", description="only what lies in this region")
    updated_since: Moment | None = Field(
        default=None, description="only what was written from then on; the latest day first, as its list is keyed"
    )
    due_after: Moment | None = Field(default=None, description="open tickets due from then on, the soonest first")
    due_before: Moment | None = Field(default=None, description="open tickets due before then, overdue ones first")
    sort: Literal["-opened_at", "due_at", "-updated_at"] | None = Field(
        default=None,
        description="the order, as the list's key has it: the newest first; `due_at`: open tickets of which a clock "
        "runs, the soonest due first; `-updated_at`: the latest day of a change first",
    )
    message: str = Field(default="", description="a message's id: the ticket that it opened or joined, and no other")


class FlowRef(Contract):
    """A flow or a form in one version; key "" and version 0 where there is none."""

    key: str
    version: int


class SignatureView(Contract):
    """What one signer said."""

    person: str
    verdict: str
    at: Moment


class VisitView(Contract):
    """One passage through one node. `outcomes` are what may be answered while it waits, `awaits` who may; `signatures`
    what signers have said so far, `until` when it is over by itself."""

    id: str
    node: Annotated[str, Located("node")]
    kind: str
    title: Words
    assignee: Annotated[str, Located("people")]
    entered_at: Moment
    left_at: Moment | None
    outcome: str
    actor: str
    outcomes: tuple[str, ...]
    awaits: tuple[str, ...] = ()
    queue: str = Field(default="", description="the team any of whose members may take it")
    signatures: tuple[SignatureView, ...] = ()
    until: Moment | None = None
    form: str = Field(default="", description="the form that is filled in to end it, by its key")
    fields: Annotated[dict[str, Any], REPORT]
    answers: dict[str, str] = Field(default={}, description="numbers, amounts and choices of its form")
    texts: Annotated[dict[str, str], Keyed(stated="text_classes")] = Field(
        default={}, description="what else was filled in on its form"
    )
    text_classes: dict[str, str] = Field(default={}, description="which class each of them is of")


class RungView(Contract):
    """A rung that fired: when it was due, when it did, and who heard of it."""

    rung: str
    clock: str = Field(default="", description="whose rung it is, '' for the ladder's own")
    due_at: Moment
    fired_at: Moment
    recipients: tuple[str, ...]
    fallback: bool = Field(default=False, description="nobody of its audience was there: it went to administrators")


class GuestView(Contract):
    """One who was mentioned in a comment, by whom, and until when they may look at the ticket."""

    person: PersonId
    by: PersonId
    at: Moment
    ends_at: Moment


class EntryView(Contract):
    """One entry of the trail. `text` is what somebody wrote, masked for those who may not see personal text."""

    seq: int
    at: Moment
    actor: str
    what: str
    detail: Annotated[dict[str, str], Keyed(plain=DETAIL, classes=dict.fromkeys(DETAIL_COSTS, "cost"))]
    text: Said
    hash: str


class TimelineView(Contract):
    """The trail. `intact`: whether the hash chain of all of it holds; `broken_at` names the first entry that does not;
    left_out: so many of the oldest entries are not shown here."""

    ticket_id: str
    intact: bool
    broken_at: int | None
    left_out: int = 0
    entries: tuple[EntryView, ...]


class OneTicketQuery(Contract):
    """How a ticket is looked at."""

    penetrate: bool = Field(
        default=False,
        description="一键穿透: a VIP's ticket whole and with its trail, wherever it is and whatever one sees otherwise;"
        " for the roles that may break the glass, and written down",
    )


class TicketView(Contract):
    """A ticket. `subject` is what the customer first said or the agent wrote; "" in lists, and masked for those who
    may not see personal text. `link` is the path of the customer's progress page."""

    id: Annotated[str, Located("thing")]
    version: int
    type: str
    priority: Priority
    title: Words
    subject: Said
    state: TicketState
    outcome: str
    customer_id: str
    urgent: bool = Field(
        default=False, description="its priority is `urgent`: by its rule, by hand, or by its customer"
    )
    level: str = Field(default="", description="its customer's (客户等级) when it was opened, as `/customers/levels`")
    level_now: str = Field(default="", description="its customer's now; only on the ticket itself")
    entry: str = Field(default="", description="how it came in (入口): website, phone …, else the channel")
    entries: tuple[str, ...] = Field(default=(), description="how its messages came in, each once, in that order")
    topic: str = Field(default="", description="what the intake rule says it is about, e.g. logistics")
    region: Annotated[str, Located("region")] = Field(description="where the work is (服务地)")
    store_id: Annotated[str, Located("store")]
    placed_by: str = Field(
        default="",
        description="who says so: named (in the message or form), account (the connection, account or colleague that "
        "it came through), customer, default (the tenant's), hand",
    )
    home_region: str = Field(default="base", description="where its customer is at home (归属地)")
    home_store: str = ""
    team: Annotated[str, Located("teams")]
    assignee: Annotated[str, Located("people")]
    parent_id: str = Field(default="", description="the ticket that it is a part of")
    tags: tuple[str, ...] = ()
    guests: tuple[GuestView, ...] = Field(default=(), description="who was asked to help; only on the ticket itself")
    flow: FlowRef
    run: int
    stands: tuple[str, ...] = Field(default=(), description="the nodes at which it waits; in lists too")
    colour: Literal["red", "yellow", "green"] = Field(default="yellow", description="by `/tickets/board`; in lists too")
    opened_at: Moment
    dispatched_at: Moment | None
    acknowledged_at: Moment | None
    accepted_at: Moment | None
    closed_at: Moment | None
    last_message_at: Moment | None
    paused: bool
    waits_for: tuple[str, ...] = Field(default=(), description="articles without which the work can't go on")
    supplies: tuple[SupplyView, ...] = Field(
        default=(),
        description="what is known of those, and of the articles of its order; only on the ticket itself",
    )
    order_id: str = ""
    order_no: str = Field(default="", description="the order that it is about, as the platform numbers it")
    logistics_no: str = Field(default="", description="the parcel that comes back; only on the ticket itself")
    order: TicketOrderView | None = Field(
        default=None, description="that order or after-sale with its parcel's trace; only on the ticket itself"
    )
    issues: tuple[TicketIssueView, ...] = Field(
        default=(), description="what reviews of the store complain about, of an inspection; only on the ticket itself"
    )
    amount: str = Field(default="", description="what it is about in money, '' for nothing")
    amount_currency: str = "CNY"
    fields: dict[str, str] = Field(
        default={}, description="numbers, amounts and choices that its type or its form asks for"
    )
    texts: Annotated[dict[str, str], Keyed(stated="text_classes")] = Field(
        default={}, description="what people wrote into the fields of its type or form; only on the ticket itself"
    )
    text_classes: dict[str, str] = Field(default={}, description="which class each of them is of")
    form: FlowRef = Field(default=FlowRef(key="", version=0), description="the form that asked, in its version")
    submission_id: str = Field(default="", description="what was handed in, '' where no form opened it")
    currency: str
    labour_amount: Cost
    parts_amount: Cost
    travel_amount: Cost
    visits: tuple[VisitView, ...] = ()
    rungs: tuple[RungView, ...] = ()
    due_at: Moment | None = Field(
        default=None, description="when the first of its running clocks is due; null while all stand. In lists too"
    )
    clocks: tuple[TicketClockView, ...] = Field(default=(), description="its deadlines; only on the ticket itself")
    link: str
    explain: ExplainView | None = Field(default=None, description="why it is so: only where `?explain=1` asks for it")
    trace: TimelineView | None = Field(default=None, description="its trail: only where `?penetrate=1` asks for it")


class OutcomeView(Contract):
    """One way in which an action may come out: the name that a flow's edges go by."""

    id: str
    title: Words


class ActionView(Contract):
    """Something that a flow may do by itself. `params`: the JSON Schema of its parameters. `outcomes`: the first is
    the usual one."""

    name: str
    title: Words
    params: dict[str, Any]
    outcomes: tuple[OutcomeView, ...]


class Milestone(Contract):
    """A point on the customer's way; `at` is null until it is reached."""

    title: Words
    at: Moment | None
    news: Words | None = Field(default=None, description="what the customer was told when their matter came there")
    entered_at: Moment | None = Field(default=None, description="when that was")


class ProgressView(Contract):
    """What a customer sees of a ticket: its kind, and how far it has come. Nothing internal, no names, no amounts."""

    title: Words
    milestones: tuple[Milestone, ...]
