"""周转清仓: what stays too long sells for less."""

from typing import Annotated

from pydantic import Field

from functions.pricing.strategies.cart import Act
from functions.pricing.strategies.kind import StrategyKind
from functions.pricing.strategies.units import offered
from hub.contracts.base import Contract
from hub.contracts.pricing_campaigns import Percent


class ClearanceTerms(Contract):
    """The rule: a turnover above `limit_days` (库存周转), or a repurchase cycle above `repurchase_limit_days`
    (回购周期), proposes so much off, no lower than the floor. It applies by itself only up to `auto_percent`."""

    limit_days: Annotated[int, Field(ge=1, le=3650)]
    repurchase_limit_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    cut_percent: Percent
    auto_percent: Percent = "0"
    hours: Annotated[int, Field(ge=1, le=24 * 365)] = 24 * 14


def plan(_terms: ClearanceTerms, _currency: str) -> Act:
    """The price of an offer that holds in the store now."""
    return offered("clearance")


KIND = StrategyKind(
    "clearance", "周转清仓", "Clearance by turnover", "price", ClearanceTerms, plan,
    {"limit_days": 45, "cut_percent": "5", "auto_percent": "3"},
)  # fmt: skip
