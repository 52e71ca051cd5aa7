"""会员折扣: so much off for members, by level."""

from functions.pricing.strategies.cart import Act, Cart, Effect, Line
from functions.pricing.strategies.cuts import cut_pieces, hundredths, off
from functions.pricing.strategies.kind import StrategyKind
from functions.pricing.strategies.units import OTHER_LEVEL
from hub.contracts.base import Contract, Slug
from hub.contracts.pricing_campaigns import Percent


class MemberPercentTerms(Contract):
    """by: of each customer level."""

    by: dict[Slug, Percent]


def plan(terms: MemberPercentTerms, _currency: str) -> Act:
    """Off every piece, rounded half up a line."""
    cuts = {level: off(hundredths(percent)) for level, percent in terms.by.items()}

    def act(cart: Cart, lines: list[Line]) -> Effect | str:
        cut = cuts.get(cart.level)
        return OTHER_LEVEL if cut is None else cut_pieces(lines, cut)

    return act


def lowest(terms: MemberPercentTerms, _service: str, price_minor: int, _currency: str) -> int | None:
    """That of the level that gets most."""
    return min((off(hundredths(percent))(price_minor) for percent in terms.by.values()), default=None)


KIND = StrategyKind(
    "member_percent", "会员折扣", "Member percent", "item", MemberPercentTerms, plan, {"by": {"gold": "10"}}, lowest
)
