"""What the room keeps: the ticket (工单), its visits, its fired rungs, threads and links. Frozen; as stored.

Times are UTC. Personal text is only ever here sealed (`…_sealed`), money in minor units of `currency`. Readers take
items of any older schema: what they lack has a default, what they have beyond is ignored.
"""

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any, Literal

from pydantic import AliasChoices, Field, model_validator

from functions.tickets.ticket.claims import Claim as Claim
from functions.tickets.ticket.claims import Claims as Claims
from functions.tickets.ticket.clock import TicketClock, upcast
from functions.tickets.ticket.guests import Guest
from functions.tickets.ticket.stored import Stored as Stored
from hub.contracts.base import Moment, NoticeChannel, Priority
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Conflict, Stale
from hub.kernel.regions import BASE

State = Literal["open", "closed", "cancelled"]


class Way(Stored):
    """How a customer came (来路), and so how they can be answered: by which connection, and as whom the platform knows
    them there. desk: the account within it that they wrote to, where a channel has several (微信客服).
    last_at: when they wrote last; sent: replies since then.
    """

    connection_id: str
    channel: str
    person: str
    desk: str = ""
    last_at: Moment
    sent: int = 0


class Ticket(Stored):
    """One piece of work on its way through a flow.

    region, store_id: where the work is (服务地), says `placed_by` (functions.tickets.intake.placing; "hand": whoever
    opened it; "" in an older item). home_region, home_store: where its customer is at home (归属地); level: what they
    were to us (客户等级) when it was opened.
    run: raised by whoever restarts the flow; a step of an older run writes nothing. A later run began at `run_at`, at
    the node `resume_at` ("": the first), behind the visit `resume_after`. first_run: whose visits are this run's too,
    since it goes on where that one was left; 0: it began anew. generation: of the escalation.
    assignment counts assignees, `announced` is the last one that needs no notice any more. notice counts notices: the
    last went to `notice_to`, for the visit that waits for them. declined: who turned the work down.
    stranded: how often nobody could get the work; last at `stranded_at`, when `stranded_with`, administrators, heard.
    entries: how its messages came in (入口), each once, the first first; none in an older item.
    ladder_pin: the version of its ladder that it was opened with, with those of the region; "" in an older item.
    layers: what had a say beside the rule of rule_id (functions.tickets.intake): "override", the "team" by that,
    "suggests", and who told its "topic".
    policy: which other clocks it has; pins: in which version, and those of the ladders and calendars that it names, by
    "kind/key". clocks: those that it has had, what is long over left out; paused: whether they stand. asked_at: since
    when its customer waits for an answer; replied_at: when they were answered last.
    order_id (ours), order_no (the platform's), amount_minor: what the ticket is about; fields, fields_sealed: what else
    is known of it, as its type declares (functions.tickets.forms.fields), or as the form asks whose version form_pin
    is. submission_id: what was handed in. tags: what it is found by, as forms, flows and people put them on it. guests:
    whom a comment mentioned. way: by which its customer came last, None where no message did. changed_at: of the last
    write. due_at: when its first running clock is due. listing: its entries of lists. trail_…: head of its trail.
    stands: the nodes at which it waits. blocked_by: the ticket before whose end it does not begin.
    parent_id, parent_visit: the ticket that it hangs on, and the visit that waits for it. linked: others hang on it.
    """

    id: str
    type: str
    priority: Priority
    customer_id: str
    identity_id: str = ""
    level: str = ""
    region: str
    store_id: str = ""
    placed_by: str = ""
    home_region: str = BASE
    home_store: str = ""
    channel: str = ""
    entries: tuple[str, ...] = ()
    skill: str = ""
    topic: str = ""
    team: str = ""
    title_zh: str
    title_en: str
    subject_sealed: str = ""
    last_message_at: Moment | None = None
    state: State = "open"
    outcome: str = ""
    opened_at: Moment
    dispatched_at: Moment | None = None
    accepted_at: Moment | None = None
    acknowledged_at: Moment | None = None
    closed_at: Moment | None = None
    assignee: str = ""
    assignment: int = 0
    announced: int = Field(default=0, validation_alias=AliasChoices("announced", "told"))
    notice: int = 0
    notice_to: str = ""
    notice_visit: str = ""
    noticed_at: Moment | None = None
    declined: tuple[str, ...] = ()
    stranded: int = 0
    stranded_at: Moment | None = None
    stranded_with: tuple[str, ...] = ()
    flow_key: str = ""
    flow_version: int = 0
    run: int = 1
    first_run: int = 0
    run_at: Moment | None = None
    resume_at: str = ""
    resume_after: str = ""
    ladder: str = ""
    ladder_pin: str = ""
    generation: int = 1
    policy: str = ""
    pins: dict[str, str] = Field(default={})
    clocks: tuple[TicketClock, ...] = ()
    paused: bool = False
    asked_at: Moment | None = None
    replied_at: Moment | None = None
    waits_for: tuple[str, ...] = ()
    link: str = ""
    parent_id: str = ""
    parent_visit: str = ""
    linked: bool = False
    blocked_by: str = ""
    tags: tuple[str, ...] = ()
    guests: tuple[Guest, ...] = ()
    layers: dict[str, str] = Field(default={})
    stands: tuple[str, ...] = ()
    rule_id: str = ""
    replay: bool = False
    currency: str = "CNY"
    labour_minor: int = 0
    parts_minor: int = 0
    travel_minor: int = 0
    compensated_minor: int = 0
    order_id: str = ""
    order_no: str = ""
    amount_minor: int = 0
    amount_currency: str = "CNY"
    fields: dict[str, str] = Field(default={})
    fields_sealed: str = ""
    form: str = ""
    form_pin: str = ""
    submission_id: str = ""
    way: Way | None = None
    changed_at: Moment | None = None
    due_at: Moment | None = None
    listing: int = 0
    trail_seq: int = 0
    trail_hash: str = ""

    @model_validator(mode="before")
    @classmethod
    def _one_clock(cls, item: Any) -> Any:
        """What is older than several clocks had one."""
        return upcast(item)

    def clock(self, clock_id: str) -> TicketClock | None:
        """The clock of this id."""
        return next((clock for clock in self.clocks if clock.id == clock_id), None)

    @property
    def is_open(self) -> bool:
        return self.state == "open"

    @property
    def root_run(self) -> int:
        """The run with which what is going on began."""
        return self.first_run or self.run

    def goes_on_with(self, run: int) -> bool:
        """Whether the visits of a run are the present run's too."""
        return self.root_run <= run <= self.run

    @property
    def entry(self) -> str:
        """How the first message came in; the channel where nobody said."""
        return self.entries[0] if self.entries else self.channel


class Signature(Stored):
    """What one signer said, and for whom where it was handed to them (转交)."""

    person: str
    verdict: str
    at: Moment


class Deed(Stored):
    """What an action wants of others; it follows from the stream, once. kind: `notice` (people are told), `event` (said
    on the bus), `ticket` (one of the type `name` is opened); `endpoint` (the system behind `target` is called) and
    `coupon` (one of the campaign `target`) are answered. about: what is said of the ticket."""

    kind: Literal["notice", "event", "ticket", "endpoint", "coupon"]
    name: str
    target: str = ""
    about: dict[str, str] = Field(default={})
    order_no: str = ""
    recipients: tuple[str, ...] = ()
    amount_minor: int = 0
    currency: str = "CNY"


class Visit(Stored):
    """One passage through one node. `outcomes`, `form`, `required` (its fields): as the flow's version says; `form`
    None: an older item, which takes any.

    fork: the visit of the parallel in whose branch it lies; arrived: which branches of a parallel have joined.
    queue: the team whose members may take it. signers: who is asked to sign, in order; need: so many have to approve;
    in_turn: one after the other. signatures: what they said. event: what it waits for, as `<name>#<whose>`; child: the
    ticket that it waits for. until: when it is over by itself, by the outcome `late`. deed: what an action wants of
    others. form_key, form_pin: the form that ends it, in the version that it had when the visit began; answers: what
    was filled in, `answers_sealed` what of it is text.

    news_zh, news_en: what its customer is told of it; "" for nothing, and at each later passage through the node.
    number: counts the ticket's visits from 1. run: the last one that reached it. outcome "" means it still waits.
    edge: the way that the flow takes from here. until: when a wait is over.
    customer_id … currency: the ticket's when the visit began; missing in an older item.
    token: Step Functions' task token, of the latest (`token_rank`) entry.
    """

    id: str
    ticket_id: str
    number: int = 0
    run: int
    node: str
    previous: str = ""
    kind: str = "human"
    title_zh: str = ""
    title_en: str = ""
    news_zh: str = ""
    news_en: str = ""
    outcomes: tuple[str, ...] = ()
    form: tuple[str, ...] | None = Field(default=None, validation_alias=AliasChoices("form", "asked"))
    required: tuple[str, ...] = ()
    assignee: str = ""
    entered_at: Moment
    token: str = ""
    token_rank: str = ""
    outcome: str = ""
    edge: str = ""
    actor: str = ""
    left_at: Moment | None = None
    until: Moment | None = None
    late: str = ""
    fork: str = ""
    arrived: tuple[int, ...] = ()
    queue: str = ""
    signers: tuple[str, ...] = ()
    need: int = 0
    in_turn: bool = False
    signatures: tuple[Signature, ...] = ()
    event: str = ""
    child: str = ""
    deed: Deed | None = None
    report: dict[str, Any] = Field(default={})
    form_key: str = ""
    form_pin: str = ""
    answers: dict[str, str] = Field(default={})
    answers_sealed: str = ""
    customer_id: str = ""
    ticket_type: str = ""
    priority: Priority = "normal"
    region: str = BASE
    store_id: str = ""
    currency: str = "CNY"

    @property
    def waits(self) -> bool:
        """Whether somebody or something is waited for; a parallel's branches are, each by visits of their own."""
        return not self.outcome and self.kind != "parallel"

    @property
    def is_personal(self) -> bool:
        """Whether it waits for one person, so that it goes with the ticket from one assignee to the next."""
        return self.waits and self.kind in ("human", "approval") and not self.signers and not self.queue

    @property
    def is_orphan(self) -> bool:
        """Whether it waits for a person, and there is none."""
        return self.is_personal and not self.assignee

    @property
    def awaits(self) -> tuple[str, ...]:
        """Who is to do something now."""
        if not self.waits:
            return ()
        if not self.signers:
            return (self.assignee,) if self.assignee else ()
        signed = {signature.person for signature in self.signatures}
        open_signers = tuple(person for person in self.signers if person not in signed)
        return open_signers[:1] if self.in_turn else open_signers


class Rung(Stored):
    """A rung (升级阶梯的一级) that fired: once for ever, as its key is the clock's and the rung's name; "" for the
    clock of the ticket's ladder. fallback: nobody of its audience was there, so the recipients are the administrators.
    channel: by which it goes first, "" for whichever. deed: what its action wants of others."""

    ticket_id: str
    ticket_type: str
    priority: Priority
    name: str
    due_at: Moment
    fired_at: Moment
    audience: str
    recipients: tuple[str, ...] = ()
    fallback: bool = False
    clock: str = ""
    channel: NoticeChannel | Literal[""] = ""
    deed: Deed | None = None

    @property
    def key(self) -> str:
        """What no other rung of the ticket has."""
        return f"{self.clock}/{self.name}" if self.clock else self.name


class Thread(Stored):
    """What one customer talks about (一人一事): what they write of it within the window joins this ticket.

    topic: "" in an older item. identity_id: the customer's record of the name that they last wrote by. others: what
    else they talk about, the latest first.
    """

    ticket_id: str
    last_at: Moment
    topic: str = ""
    identity_id: str = ""
    others: tuple["Thread", ...] = ()


@dataclass(frozen=True)
class Case:
    """A ticket with its visits by id and its fired rungs by key. parts: which version of the ticket wrote each last."""

    ticket: Ticket
    visits: Mapping[str, Visit] = field(default_factory=dict)
    rungs: Mapping[str, Rung] = field(default_factory=dict)
    version: int = 0
    parts: Mapping[str, int] | None = None

    def waiting(self) -> tuple[Visit, ...]:
        """The visits of this run that wait for somebody, the oldest first."""
        visits = (v for v in self.visits.values() if v.waits and self.ticket.goes_on_with(v.run))
        return tuple(sorted(visits, key=lambda visit: visit.number))


@dataclass(frozen=True)
class Note:
    """An entry of the trail to be: who did what. `sealed` is ciphertext of personal text."""

    what: str
    actor: str
    detail: Mapping[str, str] = field(default_factory=dict)
    sealed: str = ""


@dataclass(frozen=True)
class Move:
    """What a decision wants written, all or nothing: the ticket as it is from now on, and what comes with it. claims:
    its customer's, where the decision hung on them: if somebody else's came first, all is decided anew. limits: so
    many open tickets people may have, with this one: likewise, if they have them by then."""

    ticket: Ticket
    notes: tuple[Note, ...] = ()
    visits: tuple[Visit, ...] = ()
    rungs: tuple[Rung, ...] = ()
    claims: Claims | None = None
    limits: Mapping[str, int] = field(default_factory=dict)


def apply_move(case: Case, move: Move) -> Case:
    """The case once the move is written."""
    visits = {**case.visits, **{visit.id: visit for visit in move.visits}}
    return replace(case, ticket=move.ticket, visits=visits, rungs={**case.rungs, **{r.key: r for r in move.rungs}})


def require_open(case: Case, seen_version: int | None = None) -> None:
    """Raises Conflict when the ticket is over, or not at the version that the sender saw."""
    if not case.ticket.is_open:
        raise Conflict("the ticket is over", ticket=case.ticket.id, state=case.ticket.state)
    if seen_version is not None and seen_version != case.version:
        ticket, now = case.ticket, case.version
        raise Stale(ticket=ticket.id, current=now, state=ticket.state, assignee=ticket.assignee, yours=seen_version)
