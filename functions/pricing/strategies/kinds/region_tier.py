"""区域档位: the price of the nearest place that the terms name."""

from functions.pricing.strategies.cart import Act, Cart, Effect, Line
from functions.pricing.strategies.cuts import CutTerms, cut_of
from functions.pricing.strategies.kind import StrategyKind
from functions.pricing.strategies.units import ELSEWHERE, lowest_of, recut
from hub.contracts.base import Contract
from hub.contracts.pricing_books import PricePlace


class RegionTierTerms(Contract):
    """by: the cut of each place; the most specific one counts."""

    by: dict[PricePlace, CutTerms]


def plan(terms: RegionTierTerms, currency: str) -> Act:
    """Most specific wins, as in the book."""
    cuts = {place: cut_of(cut, currency) for place, cut in terms.by.items()}

    def act(cart: Cart, lines: list[Line]) -> Effect | str:
        for place, _ in cart.chain:
            if place in cuts:
                return recut(lines, cuts[place])
        return ELSEWHERE

    return act


def lowest(terms: RegionTierTerms, _service: str, price_minor: int, currency: str) -> int | None:
    """That of the place that takes off most."""
    return lowest_of(terms.by.values(), price_minor, currency)


KIND = StrategyKind(
    "region_tier", "区域档位", "Region tier", "price", RegionTierTerms, plan,
    {"by": {"310000": {"price": "25.00"}, "tier:3": {"price": "18.00"}}}, lowest,
)  # fmt: skip
