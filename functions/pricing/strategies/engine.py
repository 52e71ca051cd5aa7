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
from functions.pricing.strategies.strategies import Strategy

PRICE, ORDER = STAGES.index("price"), STAGES.index("order")


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
                    traces.append(_take(_weigh(strategy, cart), cart))
            else:
                traces += _take_best(group, cart) if group.stacking == "best" else _take_first(group, cart)
    traces += shortlist.out
    return traces


def _take_first(group: Group, cart: Cart) -> list[Trace]:
    traces, holds = [], False
    for strategy in group.strategies:
        trace = Trace(strategy, units.EXCLUDED) if holds else _take(_weigh(strategy, cart), cart)
        holds = holds or not trace.reason
        traces.append(trace)
    return traces


def _take_best(group: Group, cart: Cart) -> list[Trace]:
    """All are weighed on the same cart; of two that give the same the first counts."""
    weighed = [_weigh(strategy, cart) for strategy in group.strategies]
    best = max((trace for trace in weighed if not trace.reason), key=lambda trace: trace.given_minor, default=None)
    if best is not None:
        _take(best, cart)
    return [trace if trace is best or trace.reason else Trace(trace.strategy, units.NOT_BEST) for trace in weighed]


def _weigh(strategy: Strategy, cart: Cart) -> Trace:
    """What would come of a strategy on the cart as it stands: what it really gives, or why nothing."""
    if strategy.is_moving and (reason := strategy.why_not_now(cart)):
        return Trace(strategy, reason)
    lines = cart.lines
    if strategy.services:
        lines = [line for line in lines if line.service in strategy.services]
        if not lines:
            return Trace(strategy, units.OTHER_SERVICE)
    cart.acting = strategy.key
    effect = strategy.act(cart, lines)
    return Trace(strategy, effect) if isinstance(effect, str) else _bounded(strategy, effect, cart)


def _bounded(strategy: Strategy, effect: Effect, cart: Cart) -> Trace:
    """An effect with no line below its floor; a reason where nothing is left, or the budget does not hold it."""
    lines, parts, given_minor = cart.lines, {}, 0
    for number, cut in effect.cuts_minor.items():
        line = lines[number]
        room = line.amount_minor - line.floor_minor * line.quantity
        if part := cut if cut <= room else max(room, min(cut, 0)):
            parts[number] = part
            given_minor += part
    if not (parts or effect.gifts):
        return Trace(strategy, units.AT_FLOOR)
    if strategy.is_moving and not strategy.has_budget(cart, given_minor):
        return Trace(strategy, units.NO_BUDGET)
    lapsed = effect.offered_minor - given_minor
    return Trace(strategy, "", given_minor, parts, lapsed if lapsed > 0 else 0, effect.gifts, effect.coupon)


def _take(trace: Trace, cart: Cart) -> Trace:
    """Change the lines by what a strategy gives; those that make prices change the unit prices too."""
    makes_prices = trace.strategy.stage == PRICE
    for number, part in trace.lines_minor.items():
        line = cart.lines[number]
        line.amount_minor -= part
        if makes_prices:
            line.unit_minor = line.amount_minor // line.quantity
    if trace.strategy.shared is not None and not trace.reason:
        campaign = trace.strategy.campaign
        cart.spent_minor[campaign] = cart.spent_minor.get(campaign, 0) + max(0, trace.given_minor)
    return trace
