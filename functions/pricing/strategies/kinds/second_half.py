"""第二件半价: the second piece of the same for half."""

from functions.pricing.strategies.cart import Act, Cart, Effect, Line
from functions.pricing.strategies.cuts import HUNDRED, hundredths, off
from functions.pricing.strategies.kind import StrategyKind
from functions.pricing.strategies.units import TOO_FEW
from hub.contracts.base import Contract
from hub.contracts.pricing_campaigns import Percent


class SecondHalfTerms(Contract):
    """percent: off every second piece of a line."""

    percent: Percent = "50"


def plan(terms: SecondHalfTerms, _currency: str) -> Act:
    """Pairs of the same service alone; the price of the second is rounded half up."""
    cut = off(hundredths(terms.percent))

    def act(_cart: Cart, lines: list[Line]) -> Effect | str:
        each = {line.number: line.amount_minor // line.quantity for line in lines}
        cuts = {line.number: (each[line.number] - cut(each[line.number])) * (line.quantity // 2) for line in lines}
        cuts = {number: saved for number, saved in cuts.items() if saved}
        return Effect(cuts, sum(cuts.values())) if cuts else TOO_FEW

    return act


def lowest(terms: SecondHalfTerms, _service: str, price_minor: int, _currency: str) -> int | None:
    """What two come to, apiece."""
    return price_minor * (2 * HUNDRED - hundredths(terms.percent)) // (2 * HUNDRED)


KIND = StrategyKind("second_half", "第二件半价", "Second half price", "item", SecondHalfTerms, plan, {}, lowest)
