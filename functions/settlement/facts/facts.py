"""Facts (事实): what happened, with who it concerns, what it counts and what it costs. Everything that settlement books
follows from facts and rules alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from datetime import datetime
from fractions import Fraction
from typing import get_args

from hub.contracts.settlement_facts import FactKind
from hub.kernel.dataclass import dataclass

KINDS: tuple[str, ...] = get_args(FactKind)

ROLES = (
    "person",
    "assignee",
    "store",
    "region",
    "platform",
    "dealer",
    "teacher",
    "guide",
    "seller",
    "manager",
    "captain",
    "influencer",
    "referrer",
    "brand",
    "home_region",
    "home_store",
    "from_store",
    "to_store",
)
"""In which parts somebody may stand in a fact (角色): what accounts name in braces."""

TEXTS = (
    "order",
    "order_no",
    "ticket",
    "item",
    "node",
    "channel",
    "ticket_type",
    "outcome",
    "skill",
    "level",
    "contract",
    "hour",
    "serial",
)
"""What else a fact is about, by which it is added up and conditions ask."""


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a fact with figures of its own: an order's line, a store that shares a cost, a bundle's component.

    amounts: minor units. quantities: exact. parties: who it concerns, above those of the fact.
    """

    id: str
    amounts: Mapping[str, int] = field(default_factory=dict)
    quantities: Mapping[str, Fraction] = field(default_factory=dict)
    parties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Back:
    """How much of what it reverses a refund takes back: from this share of it to that, 0 to 1. Shares of all refunds of
    a fact follow on one another, so their parts sum to the whole."""

    before: Fraction
    after: Fraction


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact, by its id. amounts: minor units of `currency`, by item (items.py). quantities: exact, by item.
    parties: role → id, e.g. {"person": "wang.wei", "store": "s1"}. about: see TEXTS. reverses: the id of the fact that
    this one takes back, wholly or in part; back: how much of it.
    """

    id: str
    kind: str
    occurred_at: datetime
    currency: str = "CNY"
    amounts: Mapping[str, int] = field(default_factory=dict)
    quantities: Mapping[str, Fraction] = field(default_factory=dict)
    parties: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)
    components: tuple[Component, ...] = ()
    reverses: str = ""
    back: Back | None = None

    def measure(self, name: str) -> Fraction:
        """What an item comes to: minor units of money, or a quantity; 0 where the fact says nothing of it."""
        if name in self.amounts:
            return Fraction(self.amounts[name])
        return self.quantities.get(name, Fraction(0))

    def names(self) -> dict[str, str]:
        """What an account may name."""
        return {**self.about, **self.parties}

    @property
    def order(self) -> tuple[datetime, str]:
        """The canonical order of facts: by when they occurred, then by id."""
        return (self.occurred_at, self.id)


def in_order(facts: Iterable[Fact]) -> list[Fact]:
    """Each fact once, in canonical order, however often and in whichever order they were delivered."""
    return sorted({fact.id: fact for fact in facts}.values(), key=lambda fact: fact.order)


def component_of(fact: Fact, component: Component) -> Fact:
    """A component as a fact of its own."""
    return replace(
        fact,
        amounts=component.amounts,
        quantities=component.quantities,
        parties={**fact.parties, **component.parties},
        about={**fact.about, "item": component.id},
        components=(),
    )
