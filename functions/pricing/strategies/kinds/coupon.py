"""优惠券: a single-use coupon that the buyer brings."""

from typing import Annotated, Literal

from pydantic import Field

from functions.pricing.strategies.cart import Act
from functions.pricing.strategies.coupon_use import use_coupon
from functions.pricing.strategies.cuts import OffTerms, lowest_off
from functions.pricing.strategies.kind import StrategyKind
from hub.contracts.pricing_books import Price


class CouponTerms(OffTerms):
    """min_amount: from which it holds, on a declared base. valid_days: from the day on which it is issued; the last
    day counts whole."""

    min_amount: Price = "0"
    base: Literal["list", "after_items", "after_order"]
    valid_days: Annotated[int, Field(ge=1, le=3650)] = 30


def plan(terms: CouponTerms, currency: str) -> Act:
    """The first coupon of this strategy that holds."""
    return use_coupon(terms, currency, terms.min_amount, terms.base)


def lowest(terms: CouponTerms, _service: str, price_minor: int, _currency: str) -> int | None:
    """What so much of a hundred leaves; of an amount the cart decides."""
    return lowest_off(terms, price_minor)


KIND = StrategyKind(
    "coupon", "优惠券", "Coupon", "coupon", CouponTerms, plan,
    {"amount": "20.00", "min_amount": "100.00", "base": "after_items", "valid_days": 30}, lowest,
)  # fmt: skip
