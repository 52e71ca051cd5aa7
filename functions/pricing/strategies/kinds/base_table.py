"""基础价目: one price a service, whatever the book says."""

from functions.pricing.strategies.cart import Act, Cart, Effect, Line
from functions.pricing.strategies.cuts import minor
from functions.pricing.strategies.kind import StrategyKind
from functions.pricing.strategies.units import reprice
from hub.contracts.base import Contract, Slug
from hub.contracts.pricing_books import Price


class BaseTableTerms(Contract):
    """prices: by service."""

    prices: dict[Slug, Price]


def plan(terms: BaseTableTerms, currency: str) -> Act:
    """Each service that the table names has its price."""
    prices = {service: minor(price, currency) for service, price in terms.prices.items()}

    def act(_cart: Cart, lines: list[Line]) -> Effect | str:
        return reprice(lines, lambda line: prices.get(line.service, line.unit_minor))

    return act


def lowest(terms: BaseTableTerms, service: str, _price_minor: int, currency: str) -> int | None:
    """What the table says."""
    return minor(terms.prices[service], currency) if service in terms.prices else None


KIND = StrategyKind(
    "base_table", "基础价目", "Base table", "price", BaseTableTerms, plan, {"prices": {"fruit_tea": "22.00"}}, lowest
)
