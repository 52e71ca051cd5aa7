"""A kind of strategy (策略种类): what terms it takes, when it comes in turn, what it does. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from functions.pricing.strategies.cart import Act
from hub.contracts.base import Contract
from hub.kernel.dataclass import dataclass

Stage = Literal["price", "item", "order", "coupon"]
STAGES: tuple[Stage, ...] = ("price", "item", "order", "coupon")
"""In this order: first what makes the unit price, then what is taken off items, then off the order, then coupons."""


def no_lowest(terms: Any, service: str, price_minor: int, currency: str) -> int | None:  # noqa: ARG001 - the signature
    """A kind of which nobody knows beforehand what a piece comes to."""
    return None


@dataclass(frozen=True)
class StrategyKind:
    """name: as documents write it. plan: from terms and a currency to what it does. example: terms that show it.
    lowest: the lowest unit price that it can lead to from a price of a service, None where the cart decides."""

    name: str
    title_zh: str
    title_en: str
    stage: Stage
    terms: type[Contract]
    plan: Callable[[Any, str], Act]
    example: Mapping[str, Any]
    lowest: Callable[[Any, str, int, str], int | None] = no_lowest
