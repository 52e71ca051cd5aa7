"""HTTP bodies of settlement: ledger entries, live earnings, settlement runs and statements."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from hub.contracts.base import Amount, Contract, Day, Label, Moment, PersonId, Slug, Total, Words
from hub.contracts.classes import Classified, Located
from hub.contracts.http import PageQuery

AccountName = Annotated[
    str,
    Field(
        pattern=r"^(asset|expense|income|payable|receivable|equity)(:[A-Za-z0-9_.@-]{1,64}){1,2}$",
        examples=["expense:commission", "payable:person:wang.wei"],
    ),
]
"""会计科目. What a party earned stands on `payable:person:<id>` or `payable:store:<id>`."""

Party = Annotated[str, Field(pattern=r"^(person|store):[A-Za-z0-9_.@-]{1,64}$", examples=["person:wang.wei"])]
"""结算对象: whoever a statement is for."""

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

State = Literal["pending", "confirmed"]
"""pending (待确认): live, not yet in a statement. confirmed (已确认): in a statement, fixed for good."""


class Reason(Words):
    """Why an entry exists: in words for the party, and the rule and facts that led to it."""

    rule: str
    rule_version: int
    facts: dict[str, str] = Field(default_factory=dict)


Explained = Annotated[Reason, Classified("earning")]
"""The words name the amounts."""


class LedgerLine(Contract):
    """One posting: debits are positive, credits negative."""

    account: AccountName
    amount: Earned


class ManualEntry(Contract):
    """A balanced entry that finance posts by hand; `occurred_at` is now unless stated. `reason` is for
    whoever sees the line."""

    currency: Currency = "CNY"
    occurred_at: Moment | None = None
    purpose: Slug = "manual"
    lines: tuple[LedgerLine, ...] = Field(min_length=2, max_length=50)
    reason: Label


class LateReference(Contract):
    """The entry's own period was closed when it came, so it is booked later: which period, and which run
    closed it."""

    period: date
    run_id: str


class LedgerEntryView(Contract):
    """One balanced journal entry (分录). `period` is the day on which it is booked."""

    id: str
    fact_id: str
    purpose: str
    occurred_at: Moment
    posted_at: Moment
    period: date
    late_for: LateReference | None
    currency: str
    lines: tuple[LedgerLine, ...]
    reason: Explained


class LedgerSummary(Contract):
    """The whole ledger proved: postings of every entry added up again, absolute per currency; 0 is balanced.

    complete: False when there are more entries than one request adds up.
    """

    entries: int
    imbalance_minor: int
    complete: bool


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
    state: State
    statement_id: str = ""


class EarningsTotal(Contract):
    currency: str
    pending: EarnedTotal
    confirmed: EarnedTotal
    total: EarnedTotal


class EarningsView(Contract):
    """收益明白账: every line of a person's period with its reason, and what it adds up to."""

    person_id: Annotated[PersonId, Located("people")]
    period: str
    totals: tuple[EarningsTotal, ...]
    lines: tuple[PartyLine, ...]


class RunStart(Contract):
    """The run of which day (tenant's zone); today unless stated."""

    day: Day | None = None


class RunView(Contract):
    """A settlement run (结算批次). `cut_off` is fixed when it opens: entries booked up to then are in it."""

    id: str
    day: date
    state: Literal["starting", "open", "closed"]
    cut_off: Moment | None = None
    opened_at: Moment | None = None
    closed_at: Moment | None = None


class StatementTotal(Contract):
    currency: str
    amount: EarnedTotal


class StatementView(Contract):
    """A closed period's totals for one party (结算单); it never changes."""

    id: str
    run_id: str
    party: Party
    cut_off: Moment
    created_at: Moment
    totals: tuple[StatementTotal, ...]
    lines: tuple[PartyLine, ...]


class StatementsQuery(PageQuery):
    party: Party | None = None
    run: str = ""
