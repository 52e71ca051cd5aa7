"""会员价: a price of its own for members."""

from pydantic import Field

from functions.pricing.strategies.cart import Act, Cart, Effect, Line
from functions.pricing.strategies.cuts import cut_pieces, fixed, minor
from functions.pricing.strategies.kind import StrategyKind
from functions.pricing.strategies.units import OTHER_LEVEL, merged
from hub.contracts.base import Contract, Slug
from hub.contracts.pricing_books import Price


class MemberPriceTerms(Contract):
    """levels: whose price it is; prices: by service."""

    levels: tuple[Slug, ...] = Field(min_length=1, max_length=20)
    prices: dict[Slug, Price] = Field(min_length=1)


def plan(terms: MemberPriceTerms, currency: str) -> Act:
    """A price that is above what anybody pays gives nothing."""
    levels = frozenset(terms.levels)
    prices = {service: minor(price, currency) for service, price in terms.prices.items()}

    def act(cart: Cart, lines: list[Line]) -> Effect | str:
        if cart.level not in levels:
            return OTHER_LEVEL
        return merged(cut_pieces([line], fixed(prices[line.service])) for line in lines if line.service in prices)

    return act


def lowest(terms: MemberPriceTerms, service: str, _price_minor: int, currency: str) -> int | None:
    """What it says of the service."""
    return minor(terms.prices[service], currency) if service in terms.prices else None


KIND = StrategyKind(
    "member_price", "会员价", "Member price", "item", MemberPriceTerms, plan,
    {"levels": ["gold"], "prices": {"fruit_tea": "16.00"}}, lowest,
)  # fmt: skip
