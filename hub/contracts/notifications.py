"""HTTP bodies and documents of /notifications: who is told what, when, by which channels, and whether it arrived."""

from typing import Annotated, Any, Literal

from pydantic import Field

from hub.contracts.base import Contract, Label, Moment, NoticeChannel, PersonId, Priority, Slug, WallTime
from hub.contracts.classes import Classified, Located
from hub.contracts.http import PageQuery

SendState = Literal[
    "delayed", "bundled", "claimed", "retrying", "sent", "failed", "unknown", "cancelled"
]  # fmt: skip
"""delayed: waits for the end of quiet hours, or for a place under the cap. bundled: goes out inside the digest
`digest_id`. claimed: one attempt is on its way. retrying: the platform was passing by; the same words go again.
unknown: an attempt ended without an answer; so it may or may not have arrived, and is not repeated by itself.
cancelled: when it would have left, it was not wanted any more."""
Channel = NoticeChannel
"""How somebody is told. What a tenant has connected decides which of them there are."""
Line = Annotated[tuple[Channel, ...], Field(min_length=1, max_length=8)]
"""Channels in the order in which they are tried: the next one only where the one before failed."""
Lines = Annotated[tuple[Line, ...], Field(max_length=8)]
"""Every line is told, each by the first of its channels that can: [["wecom", "sms"], ["phone"]]."""
Cost = Annotated[str, Field(pattern=r"^[0-9]{1,6}(\.[0-9]{1,4})?$", examples=["0.045"])]
"""What one piece costs, to a hundredth of a fen."""


class AudienceDocument(Contract):
    """Who hears of it. named: whom the event names (its assignee, its recipients); where it names nobody, operators.
    operators: who runs the hub (administrators, integrators). duty: who is on duty of `team` when it leaves. people:
    these. customer: the event's customer, if they allow it. group: a group chat (群): WeCom's by its id, the others' by
    their robots."""

    who: Literal["named", "operators", "duty", "people", "customer", "group"]
    group: Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{0,64}$")] = ""
    team: Slug | Literal[""] = ""
    people: Annotated[tuple[PersonId, ...], Field(max_length=50)] = ()


class CancelDocument(Contract):
    """What takes a notice back that has not left yet: a later event of this type with the same value in `same`."""

    event: str
    same: Slug
    when: dict[str, Any] = Field(default={})


class WordsDocument(Contract):
    """What it says: `{ticket_id}` stands for that field of the event, as its reader may see it."""

    title: Label
    text: Label


class RepeatDocument(Contract):
    """Told again on every line until somebody acknowledges it."""

    every_seconds: Annotated[int, Field(ge=30, le=86_400)]
    times: Annotated[int, Field(ge=1, le=20)]


class SmsDocument(Contract):
    """The template (模板) that the SMS platform approved, and its variables: a text each, with fields as in `words`."""

    template: Annotated[str, Field(min_length=1, max_length=64)]
    params: dict[str, str] = Field(default={})


class NoticeRule(Contract):
    """One notice rule (通知规则): when this happens, these people hear of it like this.

    when: a condition over the event's fields (hub.rules). words: none for the hub's own card. priority: `event` is the
    event's own, normal where it has none. channels: none for the tenant's mix of that priority. quiet: whether quiet
    hours and caps hold; what is urgent pierces them.
    """

    title: Label
    enabled: bool = True
    event: str
    when: dict[str, Any] = Field(default={})
    audience: AudienceDocument
    words: WordsDocument | None = None
    priority: Literal["event"] | Priority = "event"
    channels: Lines = ()
    delay_seconds: Annotated[int, Field(ge=0, le=90 * 86_400)] = 0
    cancel_if: Annotated[tuple[CancelDocument, ...], Field(max_length=10)] = ()
    until_ack: RepeatDocument | None = None
    survey: bool = Field(default=False, description="the words bring a link by which the customer gives 1 to 5")
    sms: SmsDocument | None = None
    official_account: SmsDocument | None = None


class QuietDocument(Contract):
    """Quiet hours (免打扰时段) by the recipient's wall clock: from `starts` (in) to `ends` (out). Both the same:
    none."""

    starts: WallTime = "22:00"
    ends: WallTime = "08:00"


class CapDocument(Contract):
    """How many messages of low and normal priority one person gets (防打扰): the last place of a span is the
    digest's. What is more waits and goes as one. 0 per day: no such limit."""

    per_window: Annotated[int, Field(ge=2, le=100)] = 3
    window_seconds: Annotated[int, Field(ge=60, le=3600)] = 600
    per_hour: Annotated[int, Field(ge=2, le=500)] = 12
    per_day: Annotated[int, Field(ge=0, le=1000)] = 0


class MixDocument(Contract):
    """Which channels tell of what, by priority (渠道组合)."""

    low: Lines
    normal: Lines
    high: Lines
    urgent: Lines
    customer: Lines


class NoticeSettings(Contract):
    """How a tenant's notices go out."""

    quiet: QuietDocument = Field(default_factory=QuietDocument)
    customer_quiet: QuietDocument = QuietDocument(starts="21:00", ends="08:00")
    mix: MixDocument
    staff_cap: CapDocument = Field(default_factory=CapDocument)
    customer_cap: CapDocument = CapDocument(per_window=2, window_seconds=3600, per_hour=3, per_day=4)
    costs: dict[Channel, Cost] = Field(default={})


class SendView(Contract):
    """One notice (通知) to one person through one channel."""

    id: str
    notification_id: str = Field(default="", description="the same for all that tell one person of one thing")
    kind: str = Field(description="the event's type, `rung.unreached`, or `digest`")
    rule: str = Field(default="", description="the notice rule that asked for it")
    audience: Literal["staff", "customer"] = "staff"
    recipient: Annotated[str, Located("people")]
    channel: str
    state: SendState
    reason: str = Field(description="why it failed, '' otherwise")
    fallback_of: str = Field(default="", description="the send that failed before this one, '' for the first")
    event_id: str
    ticket_id: str
    ticket_type: str
    priority: Priority
    rung: str
    fallback: bool = Field(default=False, description="nobody else was there to hear it")
    connection_id: str = Field(default="", description="what a platform's notice is about; it has no ticket")
    about: str = Field(
        default="",
        description="<channel>/<kind>/<status> of a platform's notice, <person>/<thing> of broken glass, "
        "<endpoint>/<cause> of a disabled endpoint, the person whom an escalation did not reach",
    )
    attempt: int
    created_at: Moment
    release_at: Moment | None = Field(description="when a delayed notice goes out")
    sent_at: Moment | None
    delivered_at: Moment | None = Field(default=None, description="when its platform said that it arrived")
    acknowledged_at: Moment | None = None
    digest_id: str = Field(description="the digest that carried it, '' otherwise")
    platform_id: str = Field(description="the platform's message id, '' when none")
    cost: Annotated[str, Classified("cost")] = Field(default="0", description="what it cost, by the price list")


class SendQuery(PageQuery):
    """Filters and paging, newest first. A filtered page may hold fewer than `limit` and still have more behind it."""

    recipient: str = ""
    ticket: str = ""


class RehearseRule(Contract):
    """What is rehearsed: a version of the rule, or its draft (0), over the events of the last days, beside what is in
    force. drafts: of these other rules the drafts, too. others: all rules that are in force are played as well, so that
    they take places under a cap and stand in digests as they do in life."""

    version: Annotated[int, Field(ge=0)] = 0
    days: Annotated[int, Field(ge=1, le=30)] = 7
    events: Annotated[int, Field(ge=1, le=10_000)] = Field(default=1000, description="so many at most, the latest")
    drafts: Annotated[tuple[Slug, ...], Field(max_length=50)] = ()
    others: bool = False


class RehearsedSend(Contract):
    """One message as it would have gone, or stayed."""

    recipient: Annotated[str, Located("people")]
    channel: str
    state: SendState
    sent_at: Moment | None
    in_digest: bool = Field(description="it left inside a digest")


class NoticeDifference(Contract):
    """One event of which others would have heard, or by other channels, or at another time."""

    event_id: str
    at: Moment
    ticket_id: str
    link: str = Field(description="the ticket that it is about, '' for none")
    was: tuple[RehearsedSend, ...]
    would_be: tuple[RehearsedSend, ...]


class NoticeRehearsal(Contract):
    """A rehearsal's report: what rules would have sent. events: so many happened that they are about, or that take
    something back; since: the first of them. counts: of what is in force (`….was`) and of the draft (`….would_be`):
    `messages` that left, by channel as well, what was told by each of the `rules`, `digests`, `people` told (in each
    thousand events), what `waited` and still `waits`, was `taken_back`, and was `unreached`. largest: first where most
    is told more or less, then where most is told otherwise."""

    events: int
    since: Moment | None
    counts: dict[str, int]
    largest: tuple[NoticeDifference, ...]


class SurveyAnswer(Contract):
    """What a customer thinks (满意度): 1 to 5, and why."""

    score: Annotated[int, Field(ge=1, le=5)]
    comment: Annotated[str, Field(max_length=500), Classified("words")] = ""


class SurveyView(Contract):
    """A survey as its customer sees it."""

    ticket_type: str
    score: int | None = Field(description="what was answered, null before")
