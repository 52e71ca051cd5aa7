"""阶梯量价: a lower unit price from a quantity on."""

from typing import Self

from pydantic import Field, model_validator

from functions.pricing.strategies.cart import Act, Cart, Effect, Line
from functions.pricing.strategies.cuts import CutTerms, cut_of
from functions.pricing.strategies.kind import StrategyKind
from functions.pricing.strategies.units import TOO_FEW, lowest_of, reprice
from hub.contracts.base import Contract


class Break(Contract):
    """From so many pieces of one line on."""

    min_quantity: int = Field(ge=2, le=10_000)
    cut: CutTerms


class QuantityBreakTerms(Contract):
    """falling: declared, whether more pieces never cost more apiece; then each break must give at least what the one
    before gives."""

    breaks: tuple[Break, ...] = Field(min_length=1, max_length=20)
    falling: bool

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        quantities = [step.min_quantity for step in self.breaks]
        if quantities != sorted(set(quantities)):
            raise ValueError("breaks must rise")
        if self.falling and any(_gives_less(*pair) for pair in zip(self.breaks, self.breaks[1:], strict=False)):
            raise ValueError("a larger quantity must give at least as much, in the same way")
        return self


def _gives_less(fewer: Break, more: Break) -> bool:
    """Whether the cut from more pieces on gives less; of another sort nobody can say."""
    (before, a), (after, b) = (
        next((name, float(value)) for name, value in step.cut.model_dump(exclude_none=True).items())
        for step in (fewer, more)
    )
    return before != after or (b > a if before == "price" else b < a)


def plan(terms: QuantityBreakTerms, currency: str) -> Act:
    """The largest break that a line reaches; where prices fall with quantity by declaration, one that is dearer than
    what it would cost gives nothing."""
    breaks = [(step.min_quantity, cut_of(step.cut, currency)) for step in reversed(terms.breaks)]

    def unit(line: Line) -> int:
        cut = next((cut for quantity, cut in breaks if line.quantity >= quantity), None)
        if cut is None:
            return line.unit_minor
        return min(line.unit_minor, cut(line.unit_minor)) if terms.falling else cut(line.unit_minor)

    def act(_cart: Cart, lines: list[Line]) -> Effect | str:
        return reprice(lines, unit) if any(line.quantity >= breaks[-1][0] for line in lines) else TOO_FEW

    return act


def lowest(terms: QuantityBreakTerms, _service: str, price_minor: int, currency: str) -> int | None:
    """That of the break that takes off most."""
    return lowest_of([step.cut for step in terms.breaks], price_minor, currency)


KIND = StrategyKind(
    "quantity_break", "阶梯量价", "Quantity break", "price", QuantityBreakTerms, plan,
    {"falling": True, "breaks": [{"min_quantity": 10, "cut": {"percent": "5"}}]}, lowest,
)  # fmt: skip
