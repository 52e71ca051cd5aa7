"""限量特价: a special price for the first pieces of an order; limits.uses says of how many orders."""

from pydantic import Field

from functions.pricing.strategies.cart import Act, Cart, Effect, Line
from functions.pricing.strategies.cuts import CutTerms, cut_first, cut_of
from functions.pricing.strategies.kind import StrategyKind
from functions.pricing.strategies.units import lowest_of
from hub.contracts.base import Contract


class LimitedQuantityTerms(Contract):
    """pieces: of one order, the first lines first."""

    pieces: int = Field(ge=1, le=10_000)
    cut: CutTerms


def plan(terms: LimitedQuantityTerms, currency: str) -> Act:
    """The other pieces cost what they cost."""
    pieces, cut = terms.pieces, cut_of(terms.cut, currency)

    def act(_cart: Cart, lines: list[Line]) -> Effect | str:
        return cut_first(lines, cut, pieces)

    return act


def lowest(terms: LimitedQuantityTerms, _service: str, price_minor: int, currency: str) -> int | None:
    """Its cut."""
    return lowest_of([terms.cut], price_minor, currency)


KIND = StrategyKind(
    "limited_quantity", "限量特价", "Limited quantity", "item", LimitedQuantityTerms, plan,
    {"pieces": 2, "cut": {"price": "9.90"}}, lowest,
)  # fmt: skip
