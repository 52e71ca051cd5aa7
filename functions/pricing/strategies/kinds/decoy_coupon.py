"""价格诱饵: the guide price stays as it is online; a scan on the spot gives a coupon for that area alone."""

from typing import Annotated

from pydantic import Field

from functions.pricing.strategies.cart import Act
from functions.pricing.strategies.coupon_use import use_coupon
from functions.pricing.strategies.cuts import OffTerms, lowest_off
from functions.pricing.strategies.kind import StrategyKind
from hub.contracts.pricing_books import PricePlace


class DecoyCouponTerms(OffTerms):
    """areas: where it may be scanned; the coupon holds in that very area and nowhere else. valid_days: the day of the
    scan is the first one."""

    areas: tuple[PricePlace, ...] = Field(min_length=1, max_length=200)
    valid_days: Annotated[int, Field(ge=1, le=365)] = 1


def plan(terms: DecoyCouponTerms, currency: str) -> Act:
    """As a coupon without a threshold."""
    return use_coupon(terms, currency, "0", "after_order")


def lowest(terms: DecoyCouponTerms, _service: str, price_minor: int, _currency: str) -> int | None:
    """What so much of a hundred leaves; of an amount the cart decides."""
    return lowest_off(terms, price_minor)


KIND = StrategyKind(
    "decoy_coupon", "价格诱饵", "Decoy coupon", "coupon", DecoyCouponTerms, plan,
    {"amount": "3.00", "areas": ["area:d1"], "valid_days": 1}, lowest,
)  # fmt: skip
