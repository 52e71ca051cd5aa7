"""What customers have spent (累计消费): what was paid for an order less what went back, as far as both are known. Pure.

Each record of a customer counts its own, so a merge adds up and a split takes apart, without anything being moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hub.kernel.dataclass import dataclass

CURRENCY = "CNY"
"""In which levels are said; what is paid in another counts for none."""
SPENT = "spent_"
"""Before the currency: how a stored profile names what was spent in it."""


@dataclass(frozen=True)
class Turnover:
    """One order of a record: what was paid for it and what went back, in minor units of its currency. What goes back
    before we hear of the sale counts once we do."""

    paid_minor: int = 0
    refunded_minor: int = 0

    @property
    def kept_minor(self) -> int:
        """What it counts for; never less than nothing."""
        return max(0, self.paid_minor - self.refunded_minor)

    def plus(self, paid_minor: int, refunded_minor: int) -> Turnover:
        """The order after a payment, which is told once, or a refund."""
        return Turnover(self.paid_minor or paid_minor, self.refunded_minor + refunded_minor)


@dataclass(frozen=True)
class Spend:
    """What somebody has spent: minor units by currency. orders: how many of which something was kept."""

    by_currency: Mapping[str, int]
    orders: int = 0

    @property
    def minor(self) -> int:
        """In the currency of levels."""
        return self.by_currency.get(CURRENCY, 0)


NOTHING = Spend({})


def spend_of(profile: Mapping[str, Any]) -> Spend:
    """What a record has spent, by its profile as it is stored."""
    spent = {name.removeprefix(SPENT): int(minor) for name, minor in profile.items() if name.startswith(SPENT)}
    return Spend(spent, int(profile.get("orders", 0)))


def total_of(spends: Iterable[Spend]) -> Spend:
    """What a customer has spent whose records these are."""
    by_currency: dict[str, int] = {}
    orders = 0
    for spend in spends:
        orders += spend.orders
        for currency, minor in spend.by_currency.items():
            by_currency[currency] = by_currency.get(currency, 0) + minor
    return Spend(by_currency, orders)
