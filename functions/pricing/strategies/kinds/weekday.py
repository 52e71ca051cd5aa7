"""星期价: a price on some days of the week."""

from pydantic import Field

from functions.pricing.strategies.cart import Act, Cart, Effect, Line
from functions.pricing.strategies.cuts import CutTerms, cut_of
from functions.pricing.strategies.kind import StrategyKind
from functions.pricing.strategies.units import OTHER_TIME, lowest_of, recut
from hub.contracts.base import Contract
from hub.contracts.pricing_books import Weekday


class WeekdayTerms(Contract):
    """days: 1 is Monday."""

    days: tuple[Weekday, ...] = Field(min_length=1, max_length=7)
    cut: CutTerms


def plan(terms: WeekdayTerms, currency: str) -> Act:
    """By the tenant's own day."""
    days, cut = frozenset(terms.days), cut_of(terms.cut, currency)

    def act(cart: Cart, lines: list[Line]) -> Effect | str:
        return recut(lines, cut) if cart.weekday in days else OTHER_TIME

    return act


def lowest(terms: WeekdayTerms, _service: str, price_minor: int, currency: str) -> int | None:
    """Its cut."""
    return lowest_of([terms.cut], price_minor, currency)


KIND = StrategyKind(
    "weekday", "星期价", "Weekday", "price", WeekdayTerms, plan, {"days": [2], "cut": {"price": "15.00"}}, lowest
)
