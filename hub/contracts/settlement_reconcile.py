"""HTTP bodies of reconciliation: a platform's bill handed in, the report, and the work list of what differs."""

from typing import Annotated, Literal

from pydantic import Field

from hub.contracts.base import Contract, Day, Label, Moment, Slug
from hub.contracts.http import PageQuery
from hub.contracts.settlement import Currency
from hub.contracts.settlement_profit import Sum

Resolution = Literal["open", "auto", "accepted", "claimed"]
"""auto: within a rule that finance set. accepted (认可): ours is booked as the bill says. claimed (申诉): the platform
is asked."""
DifferenceKindName = Literal["missing", "extra", "amount", "fee", "duplicate", "wrong_period", "currency"]


class NewReconciliation(Contract):
    """file: the bill, base64; CSV or XLSX. form: which document says its columns. from_day, until_day: the bill's days,
    the second not included."""

    platform: Slug
    form: Slug = "standard"
    from_day: Day
    until_day: Day
    file: Annotated[str, Field(min_length=1, max_length=4_000_000)]


class ReconciliationView(Contract):
    """A bill held against orders and ledger (三方对账), by a job. matching: its rows are being looked up. open: the
    work list is there. failed: `why` says so. counts: differences by kind."""

    id: str
    platform: str
    rows: int
    matched: int
    counts: dict[DifferenceKindName, int]
    open: int
    state: Literal["matching", "open", "approved", "failed"]
    job_id: str
    why: str = ""
    made_at: Moment


class DifferenceView(Contract):
    """One thing that does not agree. lacking: who has it not, of what is missing; `ledger` of an amount that
    the orders and the bill agree on and our books do not. expected, actual: by us in `currency`, by
    the bill in `bill_currency`. by_rule: which rule of the bill's form settled it, "" for a person."""

    number: int
    kind: DifferenceKindName
    order_no: str
    bill_row: str
    booked: tuple[str, ...]
    lacking: str
    expected: Sum
    actual: Sum
    currency: Currency
    bill_currency: Currency
    resolution: Resolution
    by_rule: str = ""


class DifferencesQuery(PageQuery):
    resolution: Resolution | None = None


class Resolve(Contract):
    resolution: Literal["accepted", "claimed"]
    words: Label | None = None
