"""The engine (策略引擎): a cart through the stages, each strategy with what it gave or why it gave nothing. Pure.

price   what makes the unit price, one after the other, by priority
item    what is taken off items
order   what is taken off the order: thresholds are tested on what stands after `item`, once
coupon  what the buyer brings

No line goes below its floor or below nothing, whatever is given: what cannot be given lapses, and says so.
"""

from __future__ import annotations

from functions.pricing.strategies import units
from functions.pricing.strategies.cart import Cart, Effect
from functions.pricing.strategies.kind import STAGES
from functions.pricing.strategies.plan import Group, Plan, Trace
from functions.pricing.strategies.strategies import UNUSED, Strategy

ORDER = STAGES.index("order")


def apply_plan(plan: Plan, cart: Cart) -> list[Trace]:
    """Take the cart through every stage: its lines are changed, and each strategy is told of, those last that could not
    hold whatever is in the cart. Lines are numbered from 0, in their order."""
    shortlist = plan.shortlist(cart)
    traces: list[Trace] = []
    for stage, groups in enumerate(shortlist.stages):
        if stage == ORDER:
            for line in cart.lines:
                line.items_minor = line.amount_minor
        for group in groups:
            if group.stacking == "stack":
                for strategy in group.strategies:
                    traces.append(_apply(strategy, cart, _effect(strategy, cart)))
            else:
                traces += _apply_best(group, cart) if group.stacking == "best" else _apply_first(group, cart)
    traces += shortlist.out
    return traces


def _apply_first(group: Group, cart: Cart) -> list[Trace]:
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
    if strategy.is_moving and (reason := strategy.why_not_now(cart)):
        return reason
    lines = cart.lines
    if strategy.services:
        lines = [line for line in lines if line.service in strategy.services]
        if not lines:
            return units.OTHER_SERVICE
    cart.acting = strategy.key
    effect = strategy.act(cart, lines)
    return effect if isinstance(effect, str) else _bounded(effect, strategy, cart)


def _bounded(effect: Effect, strategy: Strategy, cart: Cart) -> Effect | str:
    """The effect with no line below its floor; a reason where nothing is left, or the budget does not hold it."""
    lines, counts = cart.lines, bool(effect.gifts)
    for number, cut in effect.cuts_minor.items():
        line = lines[number]
        room = line.amount_minor - line.floor_minor * line.quantity
        if cut > room:
            effect.cuts_minor[number] = cut = max(0, room)
        if cut:
            counts = True
    for number, price in effect.units_minor.items():
        line = lines[number]
        if price < line.floor_minor:
            effect.units_minor[number] = price = max(price, min(line.floor_minor, line.unit_minor))
        counts = counts or price != line.unit_minor
    if not counts:
        return units.AT_FLOOR
    budget = strategy.limits.budget_minor if strategy.limits else None
    if budget is not None and cart.usage.get(strategy.key, UNUSED).spent_minor + _given(effect, cart) > budget:
        return units.NO_BUDGET
    return effect


def _given(effect: Effect, cart: Cart) -> int:
    lines = cart.lines
    repriced = sum((lines[n].unit_minor - price) * lines[n].quantity for n, price in effect.units_minor.items())
    return repriced + sum(effect.cuts_minor.values())


def _apply(strategy: Strategy, cart: Cart, effect: Effect | str) -> Trace:
    """Change the lines by what an effect says."""
    if isinstance(effect, str):
        return Trace(strategy, effect)
    lines, given_minor, parts = cart.lines, 0, {}
    for number, price in effect.units_minor.items():
        line = lines[number]
        if part := (line.unit_minor - price) * line.quantity:
            parts[number] = part
            given_minor += part
            line.unit_minor, line.amount_minor = price, price * line.quantity
    for number, cut in effect.cuts_minor.items():
        if cut:
            parts[number] = parts[number] + cut if number in parts else cut
            given_minor += cut
            lines[number].amount_minor -= cut
    lapsed = effect.offered_minor - given_minor
    return Trace(strategy, "", given_minor, parts, lapsed if lapsed > 0 else 0, effect.gifts, effect.coupon)
