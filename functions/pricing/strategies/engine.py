"""The engine (策略引擎): a cart through the stages, each strategy with what it gave or why it gave nothing. Pure.

price   what makes the unit price, one after the other, by priority
item    what is taken off items
order   what is taken off the order: thresholds are tested on what stands after `item`, once
coupon  what the buyer brings

No line goes below its floor or below nothing, whatever is given: what cannot be given lapses, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from functions.pricing.strategies import units
from functions.pricing.strategies.cart import Cart, Effect, Gift, Line, Usage
from functions.pricing.strategies.kind import STAGES
from functions.pricing.strategies.strategies import Group, Plan, Strategy

ORDER = STAGES.index("order")


@dataclass(frozen=True, slots=True)
class Trace:
    """What came of one strategy. reason: why nothing, "" where it counts. given_minor: what it took off, and how that
    is spread over the lines (negative: what it put on); lapsed_minor: what it could not give."""

    strategy: Strategy
    reason: str = ""
    given_minor: int = 0
    lines_minor: Mapping[int, int] = field(default_factory=dict)
    lapsed_minor: int = 0
    gifts: tuple[Gift, ...] = ()
    coupon: str = ""


def apply_plan(plan: Plan, cart: Cart) -> list[Trace]:
    """Take the cart through every stage: its lines are changed, and each strategy is told of."""
    traces: list[Trace] = []
    for stage, groups in enumerate(plan.stages):
        if stage == ORDER:
            for line in cart.lines:
                line.items_minor = line.amount_minor
        for group in groups:
            traces += _apply_group(group, cart)
    return traces


def _apply_group(group: Group, cart: Cart) -> list[Trace]:
    if group.stacking == "stack":
        return [_apply(strategy, cart, _effect(strategy, cart)) for strategy in group.strategies]
    if group.stacking == "best":
        return _apply_best(group, cart)
    traces, holds = [], False
    for strategy in group.strategies:
        effect = units.EXCLUDED if holds else _effect(strategy, cart)
        holds = holds or isinstance(effect, Effect)
        traces.append(_apply(strategy, cart, effect))
    return traces


def _apply_best(group: Group, cart: Cart) -> list[Trace]:
    """All are weighed on the same cart; of two that give the same the first counts."""
    effects = [_effect(strategy, cart) for strategy in group.strategies]
    values = [_given(effect, cart) if isinstance(effect, Effect) else None for effect in effects]
    best = max((value for value in values if value is not None), default=None)
    first = values.index(best) if best is not None else -1
    return [
        _apply(strategy, cart, effect if nth == first or isinstance(effect, str) else units.NOT_BEST)
        for nth, (strategy, effect) in enumerate(zip(group.strategies, effects, strict=True))
    ]


def _effect(strategy: Strategy, cart: Cart) -> Effect | str:
    """What a strategy would really do to the cart as it stands, or why nothing."""
    if reason := strategy.why_not(cart):
        return reason
    lines = [line for line in cart.lines if line.service in strategy.services] if strategy.services else cart.lines
    if not lines:
        return units.OTHER_SERVICE
    cart.acting = strategy.key
    effect = strategy.act(cart, lines)
    return effect if isinstance(effect, str) else _bounded(effect, strategy, cart)


def _bounded(effect: Effect, strategy: Strategy, cart: Cart) -> Effect | str:
    """The effect with no line below its floor; a reason where nothing is left, or the budget does not hold it."""
    lines = {line.number: line for line in cart.lines}
    cuts = {number: min(cut, lines[number].room_minor) for number, cut in effect.cuts_minor.items()}
    cuts = {number: cut for number, cut in cuts.items() if cut > 0}
    prices = {number: _floored(lines[number], price) for number, price in effect.units_minor.items()}
    prices = {number: price for number, price in prices.items() if price != lines[number].unit_minor}
    if not (cuts or prices or effect.gifts):
        return units.AT_FLOOR
    bounded = Effect(prices, cuts, effect.offered_minor, effect.gifts, effect.coupon)
    budget = strategy.limits.budget_minor if strategy.limits else None
    if budget is not None and cart.usage.get(strategy.key, Usage()).spent_minor + _given(bounded, cart) > budget:
        return units.NO_BUDGET
    return bounded


def _floored(line: Line, price: int) -> int:
    """A new unit price: never below the floor, unless the book's own already was."""
    return max(price, min(line.floor_minor, line.unit_minor))


def _given(effect: Effect, cart: Cart) -> int:
    lines = {line.number: line for line in cart.lines}
    repriced = sum((lines[n].unit_minor - price) * lines[n].quantity for n, price in effect.units_minor.items())
    return repriced + sum(effect.cuts_minor.values())


def _apply(strategy: Strategy, cart: Cart, effect: Effect | str) -> Trace:
    """Change the lines by what an effect says."""
    if isinstance(effect, str):
        return Trace(strategy, effect)
    parts: dict[int, int] = {}
    for line in cart.lines:
        if (price := effect.units_minor.get(line.number)) is not None:
            parts[line.number] = (line.unit_minor - price) * line.quantity
            line.unit_minor, line.amount_minor = price, price * line.quantity
        if cut := effect.cuts_minor.get(line.number):
            parts[line.number] = parts.get(line.number, 0) + cut
            line.amount_minor -= cut
    given = sum(parts.values())
    lapsed = max(0, effect.offered_minor - given) if effect.offered_minor else 0
    return Trace(strategy, "", given, parts, lapsed, effect.gifts, effect.coupon)
