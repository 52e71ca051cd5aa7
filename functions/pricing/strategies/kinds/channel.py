"""渠道价: a price by channel."""

from functions.pricing.strategies.cart import Act, Cart, Effect, Line
from functions.pricing.strategies.cuts import CutTerms, cut_of
from functions.pricing.strategies.kind import StrategyKind
from functions.pricing.strategies.units import OTHER_CHANNEL, lowest_of, recut
from hub.contracts.base import Contract, Slug


class ChannelTerms(Contract):
    """by: the cut of each channel."""

    by: dict[Slug, CutTerms]


def plan(terms: ChannelTerms, currency: str) -> Act:
    """The unit price of the buyer's channel."""
    cuts = {name: cut_of(cut, currency) for name, cut in terms.by.items()}

    def act(cart: Cart, lines: list[Line]) -> Effect | str:
        cut = cuts.get(cart.channel)
        return OTHER_CHANNEL if cut is None else recut(lines, cut)

    return act


def lowest(terms: ChannelTerms, _service: str, price_minor: int, currency: str) -> int | None:
    """That of the channel that takes off most."""
    return lowest_of(terms.by.values(), price_minor, currency)


KIND = StrategyKind(
    "channel",
    "渠道价",
    "Channel price",
    "price",
    ChannelTerms,
    plan,
    {"by": {"mini_program": {"percent": "5"}}},
    lowest,
)
