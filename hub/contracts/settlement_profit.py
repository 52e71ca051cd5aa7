"""HTTP bodies of what settlement shows of profit: a ticket's and an order's, boards, cubes, provisional earnings."""

from typing import Annotated, Literal

from pydantic import Field

from hub.contracts.base import Contract, Words
from hub.contracts.classes import Classified
from hub.contracts.settlement import EarnedTotal, Explained, Period

Sum = Annotated[str, Field(pattern=r"^-?[0-9]{1,30}(\.[0-9]{1,2})?$", examples=["-20.00"]), Classified("cost")]
RateText = Annotated[str, Classified("cost")]


class ProfitItem(Contract):
    """One item: an amount of money, or with `unit` another a number."""

    item: str
    title: Words
    unit: str
    side: Literal["benefit", "cost", "measure"]
    value: Sum


class ProfitView(Contract):
    """What a ticket or an order brings and takes (工单损益), so far. margin_rate: of the benefit; estimate_rate: by how
    much the margin differs from what was expected; "" where there is nothing to divide by. warning: it is about to
    make, or makes, a loss."""

    id: str
    currency: str
    items: tuple[ProfitItem, ...]
    benefit: Sum
    cost: Sum
    margin: Sum
    margin_rate: RateText
    estimate_rate: RateText
    colour: Literal["green", "yellow", "red"]
    warning: Words | None = None


class ProfitQuery(Contract):
    """by: ticket, order, person, hour, store, region, item or channel."""

    by: str = "item"
    period: Period = "now"


Month = Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-11"])]


class CubeQuery(Contract):
    """by: ticket, order, person, hour, store, region, item or channel. since, until: months, both included; all that
    there are unless stated."""

    by: str = "item"
    since: Month | Literal[""] = ""
    until: Month | Literal[""] = ""


class CubeFileQuery(CubeQuery):
    format: Literal["html", "csv"] = "html"


class ProfitRow(Contract):
    """One line of the board. count: of facts."""

    name: str
    count: int
    benefit: Sum
    cost: Sum
    margin: Sum
    margin_rate: RateText
    estimate_rate: RateText
    colour: Literal["green", "yellow", "red"]


class ProfitBoard(Contract):
    """Facts of a period added up by one dimension (收益看板); the rows sum to `total`. complete: False where there are
    more facts than one request adds up."""

    by: str
    period: str
    rows: tuple[ProfitRow, ...]
    total: ProfitRow
    complete: bool


class CubeRow(Contract):
    """One cell of a dimension: what the ledger's lines come to, by head of account, debits positive."""

    name: str
    expense: Sum
    income: Sum
    payable: Sum
    other: Sum
    colour: Literal["green", "yellow", "red"]


class CubeView(Contract):
    """The ledger by one dimension (收益热力图). The rows of any dimension sum to `total`."""

    by: str
    rows: tuple[CubeRow, ...]
    total: CubeRow
    complete: bool


class ProvisionalLine(Contract):
    """What a period would bring by now, beyond what is posted: it may change until the period's run. count:
    of facts."""

    rule: str
    purpose: str
    period: str
    count: int
    amount: EarnedTotal
    currency: str
    reason: Explained


class ProvisionalView(Contract):
    """Live figures of rules that look at a whole period (暂估): tiers, guarantees, caps."""

    person_id: str
    lines: tuple[ProvisionalLine, ...]
