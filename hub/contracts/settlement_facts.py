"""HTTP bodies of settlement's facts: what happened outside the hub, handed in to be settled; and what came of it."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from hub.contracts.base import Contract, Moment, Slug, Words
from hub.contracts.classes import Classified
from hub.contracts.http import PageQuery
from hub.contracts.settlement import EarnedTotal, Explained

FACTS_LIMIT = 200
"""In one call."""


def _no_negative_zero(text: str) -> str:
    if text.startswith("-") and not text.strip("-0."):
        raise ValueError('must not be "-0": nothing is 0')
    return text


FactAmount = Annotated[
    str,
    Field(pattern=r"^-?[0-9]{1,13}(\.[0-9]{1,2})?$", examples=["180.00"]),
    AfterValidator(_no_negative_zero),
    Classified("cost"),
]
"""Money in major units, as a decimal string: no exponent, no NaN, no third decimal, no minus before nothing."""
FactNumber = Annotated[
    str,
    Field(pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$", examples=["90"]),
    AfterValidator(_no_negative_zero),
    Classified("cost"),
]
"""An exact number: minutes, kilometres, pieces, a score, a rate."""
FactId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9:._@-]{0,119}$", examples=["erp:lesson-20261120-7"])]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.@-]{1,64}$", examples=["wang.wei"])]
Text = Annotated[str, Field(min_length=1, max_length=100)]
FactKind = Literal[
    "ticket",
    "work",
    "order",
    "order_line",
    "refund",
    "transfer",
    "lesson",
    "visit",
    "milestone",
    "bill",
    "score",
    "stream",
    "redemption",
    "gift",
    "release",
    "compensation",
    "activation",
    "acceptance",
]


class ComponentBody(Contract):
    """A part of a fact with figures of its own: an order's line, a store that shares a cost."""

    id: Name
    amounts: dict[Slug, FactAmount] = Field(default={}, max_length=40)
    quantities: dict[Slug, FactNumber] = Field(default={}, max_length=40)
    parties: dict[Slug, Name] = Field(default={}, max_length=20)


class SettlementFact(Contract):
    """One fact. `id` is its identity: said again, it is the same fact. amounts, quantities: by item
    (`GET /settlement/rules` lists them). parties: role → id. about: what else it concerns (order, ticket, item …).
    reverses: the id of the fact that it takes back.
    """

    id: FactId
    kind: FactKind
    occurred_at: Moment
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "CNY"
    amounts: dict[Slug, FactAmount] = Field(default={}, max_length=60)
    quantities: dict[Slug, FactNumber] = Field(default={}, max_length=60)
    parties: dict[Slug, Name] = Field(default={}, max_length=30)
    about: Annotated[dict[Slug, Text], Classified("contract")] = Field(default={}, max_length=30)
    components: tuple[ComponentBody, ...] = Field(default=(), max_length=24)
    reverses: FactId | Literal[""] = ""


class FactsBody(Contract):
    facts: tuple[SettlementFact, ...] = Field(min_length=1, max_length=FACTS_LIMIT)


FactState = Literal["settled", "parked", "refused"]
ParkReason = Literal[
    "", "unknown_party", "unknown_currency", "unknown_period", "unknown_sale", "unknown_rate", "too_much_back"
]


class FactResult(Contract):
    """What became of one fact. parked (待处理): kept with its `park_reason` and place until it is mended; `errors` says
    it in words. entries: how many it made; provisional: what waits for its period's run."""

    id: str
    state: FactState
    park_reason: ParkReason = ""
    pointer: str = ""
    entries: int = 0
    provisional: int = 0
    known: bool = False


class FactsAnswer(Contract):
    results: tuple[FactResult, ...]


class ParkedFact(Contract):
    """A fact that waits to be mended."""

    id: str
    kind: str
    occurred_at: Moment
    park_reason: ParkReason
    pointer: str


class ParkedQuery(PageQuery):
    pass


class PartiesBody(Contract):
    """Parties that facts may name from now on; those of the directory are known by themselves."""

    parties: tuple[Annotated[str, Field(pattern=r"^(person|store|dealer|supplier):[A-Za-z0-9_.@-]{1,64}$")], ...] = (
        Field(min_length=1, max_length=FACTS_LIMIT)
    )


class PartiesAnswer(Contract):
    """retried: how many parked facts were settled because of it."""

    parties: tuple[str, ...]
    retried: int


class TriedLine(Contract):
    """One line of a trial: debits positive."""

    account: str
    amount: EarnedTotal
    currency: str


class TriedEntry(Contract):
    """An entry that would be posted. provisional: it depends on the party's whole period."""

    fact_id: str
    purpose: str
    occurred_at: Moment
    provisional: bool
    lines: tuple[TriedLine, ...]
    reason: Explained


class RuleView(Contract):
    """A primitive. reference: its fields, as JSON schema."""

    rule: str
    title: Words
    units: str
    rounding: str
    remainder: str
    monotone: bool
    by_window: bool
    reference: Annotated[dict[str, str], Classified("contract")]


class ItemView(Contract):
    """An item that facts may count or cost."""

    item: str
    title: Words
    unit: str
    side: str


class RulesView(Contract):
    """The catalogue that policies are written from."""

    rules: tuple[RuleView, ...]
    items: tuple[ItemView, ...]
