"""Profit and loss (损益) of a ticket, an order, a store, a service: benefits less costs, item by item. Pure.

What a job brings is its list price, and then discount and coupon are costs; where only an amount or a charge is said,
that is net of both already. What people report as they work (work facts) stands for what the ticket sums up of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from fractions import Fraction
from typing import Any, Literal

from pydantic import Field

from functions.settlement.facts.facts import Fact
from functions.settlement.facts.items import ITEMS
from functions.settlement.facts.refunds import UNDOES
from functions.settlement.rules.figure import rounded
from hub.contracts.base import Contract, Slug
from hub.documents.kinds import Finding, Kind, Proposal
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem
from hub.rules.conditions import All, holds, parse_condition
from hub.rules.schema import Schema

Colour = Literal["green", "yellow", "red"]
REPORTED = ("labour", "parts", "travel")
"""What work facts say, and a closed ticket only sums up."""
HOUR_MINUTES = 60
DIMENSIONS = ("ticket", "order", "person", "hour", "store", "region", "item", "channel")
BOARD_SCHEMA = Schema.parse(
    {
        "region": "region",
        **dict.fromkeys(("item", "ticket_type", "store", "channel"), "text"),
        **dict.fromkeys(("benefit", "cost", "margin", "margin_rate", "estimate_rate"), "number"),
    }
)


@dataclass(frozen=True)
class Profit:
    """items: minor units by item, of benefits and costs alike; estimate: what was expected of the margin, None where
    nobody said."""

    currency: str
    items: Mapping[str, int] = field(default_factory=dict)
    measures: Mapping[str, Fraction] = field(default_factory=dict)
    estimate_minor: int | None = None

    @property
    def benefit_minor(self) -> int:
        return sum(minor for name, minor in self.items.items() if ITEMS[name].side == "benefit")

    @property
    def cost_minor(self) -> int:
        return sum(minor for name, minor in self.items.items() if ITEMS[name].side == "cost")

    @property
    def margin_minor(self) -> int:
        return self.benefit_minor - self.cost_minor

    @property
    def estimate_rate(self) -> Fraction | None:
        """By how much the margin differs from its estimate: −15 % is −0.15."""
        if not self.estimate_minor:
            return None
        return Fraction(self.margin_minor - self.estimate_minor, self.estimate_minor)


def profit_of(facts: Sequence[Fact], currency: str = "CNY") -> Profit:
    """All of these facts together; those of other currencies are left out."""
    items: dict[str, int] = {}
    measures: dict[str, Fraction] = {}
    counted = [fact for fact in facts if fact.currency == currency]
    reported = {fact.about.get("ticket") for fact in counted if fact.kind == "work"}
    for fact in counted:
        for name, minor in _items_of(fact, reported).items():
            items[name] = items.get(name, 0) + minor
        for name, number in fact.quantities.items():
            measures[name] = measures.get(name, Fraction(0)) + number
    estimates = [fact.amounts["estimate"] for fact in counted if "estimate" in fact.amounts]
    return Profit(currency, items, measures, sum(estimates) if estimates else None)


def _items_of(fact: Fact, reported: set[str | None]) -> dict[str, int]:
    if fact.kind == "refund":
        sign = 1 if UNDOES in fact.about else -1
        return {"amount": sign * abs(fact.amounts["refund"])} if fact.amounts.get("refund") else {}
    amounts = {name: minor for name, minor in fact.amounts.items() if name in ITEMS and ITEMS[name].side != "measure"}
    if "list_price" in amounts:
        amounts = {name: minor for name, minor in amounts.items() if name not in ("amount", "charge")}
    else:
        amounts = {name: minor for name, minor in amounts.items() if name not in ("discount", "coupon")}
    if fact.kind == "ticket" and fact.about.get("ticket") in reported:
        amounts = {name: minor for name, minor in amounts.items() if name not in REPORTED}
    minutes = fact.quantities.get("labour_minutes", Fraction(0))
    if "labour" not in amounts and minutes and "labour_rate" in fact.amounts:
        amounts["labour"] = rounded(minutes * fact.amounts["labour_rate"] / HOUR_MINUTES, "HALF_UP")
    return amounts


def profit_by(facts: Iterable[Fact], dimension: str) -> dict[str, list[Fact]]:
    """Facts by what they are about, "" for those that say nothing of it."""
    groups: dict[str, list[Fact]] = {}
    for fact in facts:
        names = fact.names()
        name = names.get(dimension) or (names.get("assignee", "") if dimension == "person" else "")
        groups.setdefault(name, []).append(fact)
    return groups


class BoardRow(Contract):
    """`when` of a cell: it is this colour. The first row that holds counts; green where none does."""

    id: Slug
    when: dict[str, Any] = Field(default={})
    colour: Colour


class BoardDocument(Contract):
    """Which figures are red, yellow and green (红绿规则)."""

    rows: tuple[BoardRow, ...] = Field(max_length=200)


@dataclass(frozen=True)
class Board:
    """The rows, their conditions parsed."""

    document: BoardDocument
    conditions: tuple[All, ...]

    def colour_of(self, figures: Mapping[str, Any]) -> Colour:
        """The colour of a cell. figures: money in major units, rates as they are, and what the cell is about."""
        for row, when in zip(self.document.rows, self.conditions, strict=True):
            if holds(when, figures):
                return row.colour
        return "green"


def board_of(document: BoardDocument) -> Board:
    """What a document says. Raises Invalid with the place of what cannot be read."""
    rows = enumerate(document.rows)
    return Board(document, tuple(parse_condition(row.when, BOARD_SCHEMA, f"/rows/{nth}/when") for nth, row in rows))


def lint_board(proposal: Proposal[Board], _context: Any) -> Iterable[Finding]:
    """Rows behind one that takes all."""
    rows = proposal.value.document.rows
    for nth, row in enumerate(rows[:-1]):
        if not row.when:
            yield Finding(f"/rows/{nth + 1}", "can never be reached: the row before it takes all")


BOARDS = Kind[Board](
    name="settlement_board",
    path="/settlement/board",
    title="收益看板红绿规则 · Colours of the profit board",
    schema=BoardDocument,
    read=board_of,
    lint=lint_board,
    presets=lambda: {
        "board": {
            "rows": [
                {"id": "loss", "when": {"margin": {"lt": 0}}, "colour": "red"},
                {"id": "below_estimate", "when": {"estimate_rate": {"lte": "-0.15"}}, "colour": "red"},
                {"id": "thin", "when": {"margin_rate": {"lt": "0.05"}}, "colour": "yellow"},
            ]
        }
    },
    only="board",
    readers=("finance", "supervisor", "store_manager"),
    editors=("finance",),
)


def wanted_dimension(name: str) -> str:
    """A dimension that facts are added up by. Raises Invalid, naming query:by."""
    if name not in DIMENSIONS:
        raise Invalid("by", problems=[Problem("query:by", "must be one of: " + ", ".join(DIMENSIONS))])
    return name
