"""新客优惠: off somebody's first order."""

from functions.pricing.strategies.cart import Act, Cart, Effect, Line
from functions.pricing.strategies.cuts import OffTerms, cut_of, effect_of, lowest_off, minor, total
from functions.pricing.strategies.kind import StrategyKind
from functions.pricing.strategies.units import BELOW_THRESHOLD, NOT_NEW
from hub.contracts.pricing_books import Price


class NewCustomerTerms(OffTerms):
    """min_amount: from which it holds, after item discounts."""

    min_amount: Price = "0"


def plan(terms: NewCustomerTerms, currency: str) -> Act:
    """Whether somebody is new is said by who asks."""
    cut, threshold = cut_of(terms, currency), minor(terms.min_amount, currency)

    def act(cart: Cart, lines: list[Line]) -> Effect | str:
        if not cart.is_new:
            return NOT_NEW
        if sum(line.items_minor for line in lines) < threshold:
            return BELOW_THRESHOLD
        amount = total(lines)
        return effect_of(_off(cut(amount), amount, terms, currency), lines)

    return act


def _off(left: int, amount: int, terms: NewCustomerTerms, currency: str) -> int:
    """What it gives, though the order may bear less."""
    return minor(terms.amount, currency) if terms.amount is not None else amount - left


def lowest(terms: NewCustomerTerms, _service: str, price_minor: int, _currency: str) -> int | None:
    """What so much of a hundred leaves; of an amount the cart decides."""
    return lowest_off(terms, price_minor)


KIND = StrategyKind(
    "new_customer", "新客优惠", "New customer", "order", NewCustomerTerms, plan, {"amount": "5.00"}, lowest
)
