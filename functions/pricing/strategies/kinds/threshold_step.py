"""满减梯度: from an amount on so much less, tested once on a declared base."""

from typing import Literal, Self

from pydantic import Field, model_validator

from functions.pricing.strategies.cart import Act, Cart, Effect, Line
from functions.pricing.strategies.cuts import effect_of, minor
from functions.pricing.strategies.kind import StrategyKind
from functions.pricing.strategies.units import BELOW_THRESHOLD
from hub.contracts.base import Contract, Slug
from hub.contracts.pricing_books import Price


class ThresholdStep(Contract):
    """满 `at` 减 `off`."""

    at: Price
    off: Price


class ThresholdStepTerms(Contract):
    """base: declared, what is held against the steps: list prices, or what is left after item discounts; coupons come
    later and change nothing of it. except_services: what does not count (freight). repeat: for each `at` again, of a
    single step (每满)."""

    base: Literal["list", "after_items"]
    steps: tuple[ThresholdStep, ...] = Field(min_length=1, max_length=20)
    except_services: tuple[Slug, ...] = Field(default=(), max_length=50)
    repeat: bool = False

    @model_validator(mode="after")
    def _rising(self) -> Self:
        steps = [(float(step.at), float(step.off)) for step in self.steps]
        if steps != sorted(steps) or len({at for at, _ in steps}) < len(steps):
            raise ValueError("steps must rise, the more the larger")
        if self.repeat and len(steps) > 1:
            raise ValueError("only a single step repeats")
        if any(off > at for at, off in steps) or steps[0][0] == 0:
            raise ValueError("a step must not take off more than it asks for")
        return self


def plan(terms: ThresholdStepTerms, currency: str) -> Act:
    """The largest step that the base reaches."""
    steps = [(minor(step.at, currency), minor(step.off, currency)) for step in reversed(terms.steps)]
    is_list, apart = terms.base == "list", frozenset(terms.except_services)

    def act(_cart: Cart, lines: list[Line]) -> Effect | str:
        counted = [line for line in lines if line.service not in apart] if apart else lines
        base = 0
        for line in counted:
            base += line.list_minor * line.quantity if is_list else line.items_minor
        for at, off in steps:
            if base >= at:
                return effect_of(off * (base // at) if terms.repeat else off, counted)
        return BELOW_THRESHOLD

    return act


KIND = StrategyKind(
    "threshold_step", "满减梯度", "Threshold step", "order", ThresholdStepTerms, plan,
    {"base": "after_items", "steps": [{"at": "200.00", "off": "30.00"}]},
)  # fmt: skip
