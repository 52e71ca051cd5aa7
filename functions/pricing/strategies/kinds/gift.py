"""满赠: something comes along for nothing."""

from pydantic import Field

from functions.pricing.strategies.cart import Act, Cart, Effect, Gift, Line
from functions.pricing.strategies.cuts import minor, total
from functions.pricing.strategies.kind import StrategyKind
from functions.pricing.strategies.units import BELOW_THRESHOLD, TOO_FEW
from hub.contracts.base import Contract, Slug
from hub.contracts.pricing_books import Price


class GiftTerms(Contract):
    """From so many pieces, and from such an amount after item discounts, on; a gift counts towards no threshold."""

    min_quantity: int = Field(default=1, ge=1, le=10_000)
    min_amount: Price = "0"
    gift: Slug
    pieces: int = Field(default=1, ge=1, le=1000)
    repeat: bool = False


def plan(terms: GiftTerms, currency: str) -> Act:
    """Once, or with `repeat` as often as the quantity holds."""
    threshold = minor(terms.min_amount, currency)

    def act(_cart: Cart, lines: list[Line]) -> Effect | str:
        quantity = sum(line.quantity for line in lines)
        if quantity < terms.min_quantity:
            return TOO_FEW
        if total(lines) < threshold:
            return BELOW_THRESHOLD
        times = quantity // terms.min_quantity if terms.repeat else 1
        return Effect({}, gifts=(Gift(terms.gift, terms.pieces * times),))

    return act


KIND = StrategyKind("gift", "满赠", "Gift", "item", GiftTerms, plan, {"min_quantity": 2, "gift": "cup"})
