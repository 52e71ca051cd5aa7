"""价格护城河: an answer to a competitor nearby, by the stated rule, never below the floor."""

from typing import Annotated, Literal

from pydantic import Field

from functions.pricing.strategies.cart import Act
from functions.pricing.strategies.kind import StrategyKind
from functions.pricing.strategies.units import offered
from hub.contracts.base import Contract
from hub.contracts.pricing_books import Price
from hub.contracts.pricing_campaigns import Percent


class MoatTerms(Contract):
    """The rule: the competitor's price and `above` it, no lower than the floor; only where that is below ours.

    radius_m: how near the competitor must be. apply: whether a person says yes first; `auto` by itself as long as no
    more than `max_cut_percent` is taken off. hours: how long it holds; cooldown_hours: how long after it ended nothing
    new is offered there. own_brands: who is no competitor.
    """

    radius_m: int = Field(default=3000, ge=1, le=50_000)
    above: Price
    apply: Literal["propose", "auto"] = "propose"
    max_cut_percent: Percent = "20"
    hours: Annotated[int, Field(ge=1, le=24 * 90)] = 24
    cooldown_hours: Annotated[int, Field(ge=0, le=24 * 90)] = 24
    own_brands: tuple[str, ...] = Field(default=(), max_length=50)


def plan(_terms: MoatTerms, _currency: str) -> Act:
    """The price of an offer that holds in the store now."""
    return offered("moat")


KIND = StrategyKind(
    "moat", "价格护城河", "Price moat", "price", MoatTerms, plan, {"radius_m": 3000, "above": "0.50", "apply": "auto"}
)
