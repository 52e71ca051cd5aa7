"""套餐: several services together for one price."""

from pydantic import Field

from functions.pricing.strategies.cart import Act, Cart, Effect, Line
from functions.pricing.strategies.cuts import effect_of, minor
from functions.pricing.strategies.kind import StrategyKind
from functions.pricing.strategies.units import TOO_FEW
from hub.contracts.base import Contract, Slug
from hub.contracts.pricing_books import Price


class BundleTerms(Contract):
    """items: how many of each make one set; price: of a set."""

    items: dict[Slug, int] = Field(min_length=1, max_length=20)
    price: Price


def plan(terms: BundleTerms, currency: str) -> Act:
    """As many sets as the cart has whole; what is over costs what it costs."""
    items = {service: count for service, count in terms.items.items() if count > 0}
    price = minor(terms.price, currency)

    def act(_cart: Cart, lines: list[Line]) -> Effect | str:
        own: dict[str, Line] = {}
        for line in lines:
            if line.service in items and line.service not in own:
                own[line.service] = line
        sets = min((own[s].quantity // n if s in own else 0 for s, n in items.items()), default=0)
        if not sets:
            return TOO_FEW
        usual = sum(own[service].amount_minor // own[service].quantity * n for service, n in items.items())
        return effect_of((usual - price) * sets, list(own.values()))

    return act


KIND = StrategyKind(
    "bundle", "套餐", "Bundle", "item", BundleTerms, plan, {"items": {"fruit_tea": 2, "cake": 1}, "price": "45.00"}
)
