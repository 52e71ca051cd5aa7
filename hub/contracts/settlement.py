"""HTTP bodies of settlement: ledger entries, live earnings, settlement runs and statements."""

from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import Field

from hub.contracts.base import Amount, Contract, Day, Label, Moment, PersonId, RegionCode, Slug, Total, Words
from hub.contracts.classes import Classified, Keyed, Located
from hub.contracts.http import PageQuery

AccountName = Annotated[
    str,
    Field(
        pattern=r"^(asset|expense|income|payable|receivable|equity)(:[A-Za-z0-9_.@-]{1,64}){1,2}$",
        examples=["expense:commission", "payable:person:wang.wei"],
    ),
]
"""会计科目. What a party earned stands on `payable:person:<id>`, `payable:store:<id>` … (`Party`)."""

Party = Annotated[
    str,
    Field(
        pattern=r"^(person|store|dealer|region|platform|supplier):[A-Za-z0-9_.@-]{1,64}$",
        examples=["person:wang.wei"],
    ),
]
"""结算对象: whoever a statement is for."""

RunId = Annotated[
    str,
    Field(
        pattern=r"^([0-9]{6}|base)[.][0-9]{4}-[0-9]{2}(-[0-9]{2}([.]week)?|[.]n[0-9]{4})?$", examples=["base.2026-11"]
    ),
]
"""结算批次: the scope that closes and its period, a month, a day, the week from a day, or a batch of a month."""

Currency = Literal["CNY", "HKD", "USD", "EUR", "JPY"]
Period = Annotated[
    str,
    Field(
        pattern=r"^(now|(19[7-9]|2[0-9]{2})[0-9]-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)$",
        examples=["now", "2026-11"],
    ),
]
"""A calendar month or day in the tenant's zone; `now` is the current month."""

Earned = Annotated[Amount, Classified("earning")]
EarnedTotal = Annotated[Total, Classified("earning")]

State = Literal["awaiting", "pending", "confirmed"]
"""awaiting (待验收): not posted before the work is accepted. pending (待确认): live, not yet
in a statement. confirmed (已确认): in a statement, fixed for good."""


class Reason(Words):
    """Why an entry exists: in words for the party, and the rule and facts that led to it."""

    rule: str
    rule_version: int
    facts: dict[str, str] = Field(default_factory=dict)


Explained = Annotated[Reason, Classified("earning")]
"""The words name the amounts."""


DIMENSIONS = frozenset(
    (
        "order",
        "ticket",
        "item",
        "person",
        "hour",
        "node",
        "channel",
        "book",
        "store",
        "region",
        "counterparty",
        "service",
    )
)
"""What a line may be about without being anybody's: ids of ours and of the tenant."""


class LedgerLine(Contract):
    """One posting: debits are positive, credits negative."""

    account: AccountName
    amount: Earned
    dims: Annotated[dict[Slug, str], Keyed(plain=DIMENSIONS)] = Field(
        default_factory=dict, max_length=20, description="what it is about: order, ticket, item, book …"
    )


class ManualEntry(Contract):
    """A balanced entry that finance posts by hand; `occurred_at` is now unless stated. `reason` is for
    whoever sees the line."""

    currency: Currency = "CNY"
    occurred_at: Moment | None = None
    purpose: Slug = "manual"
    lines: tuple[LedgerLine, ...] = Field(min_length=2, max_length=50)
    reason: Label


class LateReference(Contract):
    """The entry's own period was closed when it came, so it is booked later: which period, and which run closed it."""

    period: str
    run_id: RunId


class LedgerEntryView(Contract):
    """One balanced journal entry (分录). `run_id` is the run in whose statements it is, `period` that run's. `reverses`
    is the entry that it takes back, in whole or in part."""

    id: str
    fact_id: str
    purpose: str
    occurred_at: Moment
    posted_at: Moment
    run_id: RunId
    period: str
    late_for: LateReference | None
    reverses: str = ""
    currency: str
    lines: tuple[LedgerLine, ...]
    reason: Explained


class LedgerSummary(Contract):
    """The ledger proved, the latest entries first: their postings added up again, absolute per currency; 0 is balanced.

    wrong_entries: those that do not balance, or whose lines do not stand with their parties as they should, in a period
    that is open as in one that is closed. complete: False when there are more entries than one request adds up;
    next_cursor asks for the sums of the next ones.
    """

    entries: int
    imbalance_minor: int
    wrong_entries: tuple[str, ...] = ()
    complete: bool
    next_cursor: str = ""


class SummaryQuery(Contract):
    cursor: str = ""


class EarningsQuery(Contract):
    period: Period = "now"


class PartyLine(Contract):
    """What one entry means to one party; positive is what the party earned."""

    entry_id: str
    fact_id: str
    ticket_id: str = ""
    purpose: str
    occurred_at: Moment
    amount: EarnedTotal
    currency: str
    reason: Explained
    late_for: str = Field(default="", description="the run that was closed when it came")
    reverses: str = Field(default="", description="the entry that it takes back")
    state: State
    statement_id: str = ""


class EarningsTotal(Contract):
    """total: pending and confirmed. awaiting: beside it, what is earned once the work is accepted."""

    currency: str
    pending: EarnedTotal
    confirmed: EarnedTotal
    total: EarnedTotal
    awaiting: EarnedTotal = "0.00"


class EarningsView(Contract):
    """收益明白账: every line of a person's period with its reason, and what it adds up to."""

    person_id: Annotated[PersonId, Located("people")]
    period: str
    totals: tuple[EarningsTotal, ...]
    lines: tuple[PartyLine, ...]


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)


class RhythmDocument(Contract):
    """How often a region closes. closes_on: the last day of a week. hour: of the day after a period's last, at which
    its run starts. sends: whether statements go to their parties as soon as they are made. count: with every `count`: a
    batch is closed within the hour in which it has so many entries, and at the month's end."""

    every: Literal["day", "week", "month", "count"]
    closes_on: Weekday = "sun"
    hour: int = Field(default=6, ge=0, le=23)
    sends: bool = True
    count: int = Field(default=0, ge=0, le=1_000_000)


class CalendarDocument(Contract):
    """The settlement calendar (结算周期, 一区一策): what holds for everybody, and which regions close otherwise."""

    base: RhythmDocument
    regions: dict[RegionCode, RhythmDocument] = Field(default_factory=dict, max_length=500)


class RunStart(Contract):
    """Which period: that of `scope` in which `day` lies (the tenant's zone), the last one that is over unless stated.
    mode: close it; prove the hashes of a closed one; send its drafts."""

    scope: RegionCode = "base"
    day: Day | None = None
    mode: Literal["close", "prove", "send"] = "close"


class RunTotal(Contract):
    currency: str
    amount: EarnedTotal


class RunOutcome(Contract):
    """What a run came to. hash: of all its statements in their order; "" in a rehearsal whose windows (tiers, pools)
    have lines that only the run itself makes. wrong: statements whose hash a proof found to be
    another; agrees: whether it found none, and the same hash as when the run closed."""

    statements: int
    lines: int
    totals: tuple[RunTotal, ...]
    hash: str
    at: Moment
    agrees: bool | None = None
    wrong: tuple[str, ...] = ()


class RunProgress(Contract):
    """How many of a run's shards are done, and what they came to so far."""

    shards_done: int
    shards: int
    statements: int
    lines: int


class RunView(Contract):
    """A settlement run (结算批次): the closing of one period. open: posted into. closing: cut off, and its windows are
    posted. drained: nothing comes into it any more. closed: every statement is made."""

    id: RunId
    scope: RegionCode
    period: str
    first: date
    last: date
    state: Literal["starting", "open", "closing", "drained", "closed"]
    due_at: Moment | None = None
    cut_off: Moment | None = None
    drained_at: Moment | None = None
    closed_at: Moment | None = None
    progress: RunProgress | None = None
    outcome: RunOutcome | None = None
    rehearsal: RunOutcome | None = None
    proof: RunOutcome | None = None


StatementState = Literal["draft", "sent", "approved", "disputed"]


class StatementAmounts(Contract):
    """A statement in one currency. total: of its lines. carried_in: what the party owed from before. payout: what is to
    be paid. carried_out: what it owes on. frozen: what is disputed; payable: the payout without that."""

    currency: str
    total: EarnedTotal
    carried_in: EarnedTotal
    payout: EarnedTotal
    carried_out: EarnedTotal
    frozen: EarnedTotal
    payable: EarnedTotal


class StatementView(Contract):
    """The head of a statement (结算单): a closed period of one party. Its lines, totals and hash never change; `state`
    says what has become of it."""

    id: str
    run_id: RunId
    party: Party
    ends_at: Moment
    lines: int
    totals: tuple[StatementAmounts, ...]
    hash: str
    state: StatementState
    disputes: int
    memo: str = ""
    sent_at: Moment | None = None
    approved_at: Moment | None = None
    approved_by: str = ""
    version: int


class StatementLines(Contract):
    """A page of a statement's lines, below 100 KB. first: the number of its first line, from 1 on. next: where the next
    page begins, None at the end."""

    statement_id: str
    first: int
    next: int | None
    lines: tuple[PartyLine, ...]


class LinesQuery(Contract):
    first: int = Field(default=1, ge=1, description="the page that holds this line")


class FileQuery(Contract):
    format: Literal["csv", "xlsx"] = "csv"
    first: int = Field(default=1, ge=1, description="the file's first line: a file holds 20,000")


class PaperQuery(Contract):
    first: int = Field(default=1, ge=1, description="the file's first line: a PDF holds 2,000")


class PayoutsQuery(Contract):
    cursor: str = Field(default="", max_length=500, description="the X-Next-Cursor of the file before")


class StatementsQuery(PageQuery):
    party: Party | None = None
    run: str = ""


class StatementPatch(Contract):
    """What may be changed of a statement that is not approved: a note to it."""

    memo: str = Field(max_length=500)


class LineDispute(Contract):
    """A line by its number, and what is wrong with it: for finance to read."""

    line: int = Field(ge=1)
    reason: str = Field(min_length=1, max_length=1000)


class DisputeAnswer(Contract):
    """released: the line stands, and is paid. corrected: it stays frozen, since a new entry says what is right."""

    line: int = Field(ge=1)
    outcome: Literal["released", "corrected"]
    answer: str = Field(min_length=1, max_length=1000)


class DisputeView(Contract):
    line: int
    entry_id: str
    currency: str
    amount: EarnedTotal
    reason: str
    by: PersonId
    at: Moment
    outcome: Literal["open", "released", "corrected"]
    answer: str = ""
