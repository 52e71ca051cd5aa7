"""What a policy says (结算规则): which facts it is for, and the pipelines that make postings of them. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field

from functions.settlement.facts.facts import KINDS, Fact
from functions.settlement.facts.items import ITEMS
from functions.settlement.rules.catalogue import AnyStep
from functions.settlement.rules.figure import Rounding
from functions.settlement.rules.fx import Fx
from functions.settlement.rules.step import Distribution
from functions.settlement.rules.windows import Length
from hub.contracts.base import Contract, Slug
from hub.contracts.settlement import Currency
from hub.contracts.settlement_facts import FactKind
from hub.kernel.dataclass import dataclass
from hub.kernel.money import EXPONENTS
from hub.rules.conditions import All, holds, parse_condition
from hub.rules.schema import Schema

STEPS_LIMIT, POSTINGS_LIMIT = 12, 20
FACT_SCHEMA = Schema.parse(
    {
        "kind": {"enum": list(KINDS)},
        "at": "time",
        "region": "region",
        **dict.fromkeys(("channel", "ticket_type", "outcome", "skill", "level", "node", "item", "contract"), "text"),
        **dict.fromkeys(("person", "store", "platform", "dealer", "influencer", "brand"), "text"),
        **dict.fromkeys(ITEMS, "number"),
    }
)
"""What conditions ask of a fact; money in major units."""

Account = Annotated[str, Field(min_length=1, max_length=150, examples=["payable:person:{person}"])]
"""会计科目, with names of the fact in braces: who it concerns, or what it is about."""


class WindowSpec(Contract):
    """Whose facts, and of which period, are worked out together. party: a role, or `all`."""

    party: Slug
    period: Length


class Posting(Contract):
    """A pipeline: steps from first to last, then rounded once, from account `debit` to `credit`, or to where its last
    step distributes it. zh, en: what it is called on the line.

    Postings of one purpose stand for one another: of those whose `when` holds, the one with the highest `priority`.
    on_acceptance: pending until the ticket or order is accepted (两阶段), then posted, or void.
    """

    purpose: Slug
    zh: str = Field(min_length=1, max_length=100)
    en: str = Field(min_length=1, max_length=100)
    when: dict[str, Any] = Field(default={})
    priority: int = Field(default=0, ge=0, le=1000)
    steps: tuple[AnyStep, ...] = Field(min_length=1, max_length=STEPS_LIMIT)
    rounding: Rounding
    window: WindowSpec | None = None
    on_acceptance: bool = False
    debit: Account
    credit: Account | None = None


class PolicyDocument(Contract):
    """A settlement policy (结算规则): what facts of some kinds make. currency: of the amounts that it names."""

    title: str = Field(default="", max_length=100)
    facts: tuple[FactKind, ...] = Field(min_length=1, max_length=8)
    currency: Currency = "CNY"
    when: dict[str, Any] = Field(default={})
    postings: tuple[Posting, ...] = Field(min_length=1, max_length=POSTINGS_LIMIT)


@dataclass(frozen=True)
class Compiled:
    """A posting, its condition parsed."""

    posting: Posting
    when: All

    @property
    def changes_currency(self) -> bool:
        """Whether it takes amounts of any currency."""
        return any(isinstance(step, Fx) for step in self.posting.steps)

    @cached_property
    def distribution(self) -> Distribution | None:
        """Its last step, where that says whose the figure is."""
        last = self.posting.steps[-1]
        return last if isinstance(last, Distribution) else None


@dataclass(frozen=True)
class Rule:
    """What a policy says, parsed once a version."""

    document: PolicyDocument
    when: All
    postings: tuple[Compiled, ...]

    @cached_property
    def asks(self) -> bool:
        """Whether any of its conditions asks anything."""
        return bool(self.when.parts or any(compiled.when.parts for compiled in self.postings))

    def fitting(self, fact: Fact) -> list[Compiled]:
        """The postings that a fact makes, of each purpose the one with the highest priority, in the document's order.
        A fact in another currency makes those that change it into the policy's."""
        if fact.kind not in self.document.facts:
            return []
        known = facts_of(fact) if self.asks else {}
        if not holds(self.when, known):
            return []
        chosen: dict[str, Compiled] = {}
        for compiled in self.postings:
            purpose, held = compiled.posting.purpose, chosen.get(compiled.posting.purpose)
            if fact.currency != self.document.currency and not compiled.changes_currency:
                continue
            if (held is None or held.posting.priority < compiled.posting.priority) and holds(compiled.when, known):
                chosen[purpose] = compiled
        return list(chosen.values())


@dataclass(frozen=True, slots=True)
class Policy:
    """A version of a policy that is in force."""

    key: str
    version: int
    rule: Rule


def rule_of(document: PolicyDocument) -> Rule:
    """What a document says. Raises Invalid with the place of each condition that cannot be read."""
    postings = (
        Compiled(posting, parse_condition(posting.when, FACT_SCHEMA, f"/postings/{nth}/when"))
        for nth, posting in enumerate(document.postings)
    )
    return Rule(document, parse_condition(document.when, FACT_SCHEMA, "/when"), tuple(postings))


def facts_of(fact: Fact) -> Mapping[str, Any]:
    """A fact as conditions ask of it."""
    scale = Decimal(10) ** -EXPONENTS.get(fact.currency, 2)
    money = {name: minor * scale for name, minor in fact.amounts.items()}
    counts = {name: Decimal(n.numerator) / Decimal(n.denominator) for name, n in fact.quantities.items()}
    return {**money, **counts, **fact.about, **fact.parties, "kind": fact.kind, "at": fact.occurred_at}
