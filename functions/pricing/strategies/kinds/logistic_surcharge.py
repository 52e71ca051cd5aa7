"""物流附加: what getting it there costs more, apiece."""

from functions.pricing.strategies.cart import Act, Cart, Effect, Line
from functions.pricing.strategies.cuts import minor
from functions.pricing.strategies.kind import StrategyKind
from functions.pricing.strategies.units import ELSEWHERE, reprice
from hub.contracts.base import Contract
from hub.contracts.pricing_books import Price, PricePlace


class SurchargeTerms(Contract):
    """by: what is added in each place; the most specific one counts."""

    by: dict[PricePlace, Price]


def plan(terms: SurchargeTerms, currency: str) -> Act:
    """Most specific wins, as in the book."""
    amounts = {place: minor(amount, currency) for place, amount in terms.by.items()}

    def act(cart: Cart, lines: list[Line]) -> Effect | str:
        amount = next((amounts[place] for place, _ in cart.chain if place in amounts), None)
        return ELSEWHERE if amount is None else reprice(lines, lambda line: line.unit_minor + amount)

    return act


KIND = StrategyKind(
    "logistic_surcharge", "物流附加", "Logistic surcharge", "price", SurchargeTerms, plan,
    {"by": {"540000": "3.00", "650000": "2.50"}},
)  # fmt: skip
