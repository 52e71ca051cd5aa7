"""会员等级价: a price by customer level."""

from functions.pricing.strategies.cart import Act, Cart, Effect, Line
from functions.pricing.strategies.cuts import CutTerms, cut_of
from functions.pricing.strategies.kind import StrategyKind
from functions.pricing.strategies.units import OTHER_LEVEL, lowest_of, recut
from hub.contracts.base import Contract, Slug


class LevelPriceTerms(Contract):
    """by: the cut of each customer level."""

    by: dict[Slug, CutTerms]


def plan(terms: LevelPriceTerms, currency: str) -> Act:
    """The unit price of the buyer's customer level."""
    cuts = {name: cut_of(cut, currency) for name, cut in terms.by.items()}

    def act(cart: Cart, lines: list[Line]) -> Effect | str:
        cut = cuts.get(cart.level)
        return OTHER_LEVEL if cut is None else recut(lines, cut)

    return act


def lowest(terms: LevelPriceTerms, _service: str, price_minor: int, currency: str) -> int | None:
    """That of the customer level that takes off most."""
    return lowest_of(terms.by.values(), price_minor, currency)


KIND = StrategyKind(
    "level_price",
    "会员等级价",
    "Customer level price",
    "price",
    LevelPriceTerms,
    plan,
    {"by": {"gold": {"amount": "2.00"}}},
    lowest,
)
