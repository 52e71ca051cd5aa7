"""Guard rails (护栏): what things cost us, how much a price may change in one step, and from when on a second person
must say yes. One document."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import field
from decimal import ROUND_CEILING, Decimal

from functions.pricing.places.places import Chain
from hub.contracts.pricing_books import GuardDocument
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem
from hub.kernel.money import Money

KEY = "guards"


@dataclass(frozen=True, slots=True)
class Guards:
    """costs_minor: by service and place. The percentages are of a hundred."""

    costs_minor: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    min_margin: Decimal = Decimal(0)
    max_change: Decimal = Decimal(50)
    approval: Decimal = Decimal(20)

    def margin(self, service: str, chain: Chain, price_minor: int) -> Decimal | None:
        """What is left of a price, of a hundred; None where nobody said what it costs."""
        cost = self._cost(service, chain)
        if cost is None:
            return None
        return (
            (Decimal(price_minor - cost) * 100 / price_minor).quantize(Decimal("0.01"))
            if price_minor
            else Decimal(-100)
        )

    def floor(self, service: str, chain: Chain) -> int:
        """Below which a price leaves too small a margin, in minor units; 0 where nobody said what it costs."""
        cost = self._cost(service, chain)
        if cost is None:
            return 0
        left = Decimal(100) - self.min_margin
        return int((Decimal(cost) * 100 / left).to_integral_value(ROUND_CEILING)) if left > 0 else sys.maxsize

    def lowest_step(self, was_minor: int) -> int:
        """The lowest price that one step down may lead to."""
        left = max(Decimal(0), Decimal(100) - self.max_change)
        return int((Decimal(was_minor) * left / 100).to_integral_value(ROUND_CEILING))

    def _cost(self, service: str, chain: Chain) -> int | None:
        costs = self.costs_minor.get(service, {})
        return next((costs[place] for place, _ in chain if place in costs), None)


def guards_of(document: GuardDocument) -> Guards:
    """What the document says. Raises Invalid for a cost that cannot be."""
    costs: dict[str, dict[str, int]] = {}
    problems: list[Problem] = []
    for service, places in document.costs.items():
        for place, cost in places.items():
            try:
                costs.setdefault(service, {})[place] = Money.parse(cost).amount_minor
            except Invalid as error:
                problems += [Problem(f"/costs/{service}/{place}", problem.rule) for problem in error.problems]
    if problems:
        raise Invalid("guards", problems=problems)
    return Guards(
        costs, Decimal(document.min_margin_percent), Decimal(document.max_change_percent),
        Decimal(document.approval_percent),
    )  # fmt: skip
