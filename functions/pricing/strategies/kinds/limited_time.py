"""限时特价: a special price between two moments."""

from typing import Self

from pydantic import model_validator

from functions.pricing.strategies.cart import Act, Cart, Effect, Line
from functions.pricing.strategies.cuts import CutTerms, cut_of, cut_pieces
from functions.pricing.strategies.kind import StrategyKind
from functions.pricing.strategies.units import OTHER_TIME, lowest_of
from hub.contracts.base import Contract, Moment


class LimitedTimeTerms(Contract):
    """From `starts_at` (included) to `ends_at` (excluded), to the second."""

    starts_at: Moment
    ends_at: Moment
    cut: CutTerms

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at must be after starts_at")
        return self


def plan(terms: LimitedTimeTerms, currency: str) -> Act:
    """Off every piece."""
    starts, ends, cut = terms.starts_at, terms.ends_at, cut_of(terms.cut, currency)

    def act(cart: Cart, lines: list[Line]) -> Effect | str:
        return cut_pieces(lines, cut) if starts <= cart.at < ends else OTHER_TIME

    return act


def lowest(terms: LimitedTimeTerms, _service: str, price_minor: int, currency: str) -> int | None:
    """Its cut."""
    return lowest_of([terms.cut], price_minor, currency)


KIND = StrategyKind(
    "limited_time", "限时特价", "Limited time", "item", LimitedTimeTerms, plan,
    {"starts_at": "2026-12-12T20:00:00+08:00", "ends_at": "2026-12-12T22:00:00+08:00", "cut": {"price": "9.90"}},
    lowest,
)  # fmt: skip
