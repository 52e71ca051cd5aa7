"""第N件优惠: every n-th piece is cut, of each n the cheapest."""

from pydantic import Field

from functions.pricing.strategies.cart import Act, Cart, Effect, Line
from functions.pricing.strategies.cuts import CutTerms, cut_of
from functions.pricing.strategies.kind import StrategyKind
from functions.pricing.strategies.units import TOO_FEW, lowest_of
from hub.contracts.base import Contract


class EveryTerms(Contract):
    """n: of all the pieces that it is about, the dearest counted first."""

    n: int = Field(ge=2, le=1000)
    cut: CutTerms


def plan(terms: EveryTerms, currency: str) -> Act:
    """Three for two is n 3 with 100 percent off."""
    n, cut = terms.n, cut_of(terms.cut, currency)

    def act(_cart: Cart, lines: list[Line]) -> Effect | str:
        cuts, counted = {}, 0
        for line in sorted(lines, key=lambda line: (-(line.amount_minor // line.quantity), line.number)):
            each = line.amount_minor // line.quantity
            pieces = (counted + line.quantity) // n - counted // n
            counted += line.quantity
            if saved := max(0, each - cut(each)) * pieces:
                cuts[line.number] = saved
        return Effect(cuts, sum(cuts.values())) if cuts else TOO_FEW

    return act


def lowest(terms: EveryTerms, _service: str, price_minor: int, currency: str) -> int | None:
    """What n pieces come to, apiece."""
    cheapest = lowest_of([terms.cut], price_minor, currency)
    return None if cheapest is None else (price_minor * (terms.n - 1) + cheapest) // terms.n


KIND = StrategyKind(
    "every_n", "第N件优惠", "Every n-th piece", "item", EveryTerms, plan, {"n": 3, "cut": {"percent": "100"}}, lowest
)
