"""A posting over very many lines (批量试算): its steps as whole numbers, for what-if over months of history. Pure.

A pipeline of one fact's own figures is a chain of multiplications, additions and bounds. Scaled by the denominators of
its rates it needs whole numbers alone, is exact as the pipeline is, and rounds once at its end as the pipeline does.
What depends on other facts, on time or on several currencies is left to the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from functions.settlement.rules.cap import Cap
from functions.settlement.rules.figure import RUNNING, exact, minor_of
from functions.settlement.rules.flat import Flat
from functions.settlement.rules.floor import Floor
from functions.settlement.rules.guarantee import Guarantee
from functions.settlement.rules.percent import Percent
from functions.settlement.rules.policy import Posting

Amount = Callable[[int], int]
"""From minor units of the one item that is read to minor units."""
_ROUNDINGS: dict[str, Callable[[int, int], int]] = {
    "HALF_UP": lambda above, below: (2 * above + below) // (2 * below),
    "DOWN": lambda above, below: above // below,
    "UP": lambda above, below: -(-above // below),
}


def compiled(posting: Posting, currency: str = "CNY") -> tuple[str, Amount] | None:
    """The item that a posting reads and what it makes of it; None for one that is not so simple."""
    items = {name for step in posting.steps for name in step.reads if name != RUNNING}
    simple = all(isinstance(step, Flat | Percent | Cap | Floor | Guarantee) for step in posting.steps)
    if len(items) != 1 or not simple or posting.window or posting.credit is None or posting.rounding not in _ROUNDINGS:
        return None
    scale = 1
    for step in posting.steps:
        scale *= exact(step.rate).denominator if isinstance(step, Percent) else 1
    moves = [_move(step, scale, currency) for step in posting.steps]
    return items.pop(), _chained(moves, scale, _ROUNDINGS[posting.rounding])


def _chained(moves: list[Callable[[int, int], int]], scale: int, rounding: Callable[[int, int], int]) -> Amount:
    """Few moves are written out: a loop over them costs more than they do."""
    if len(moves) == 1:
        (only,) = moves
        return lambda amount: _signed(only(0, amount), scale, rounding)
    if len(moves) == 2:
        first, second = moves
        return lambda amount: _signed(second(first(0, amount), amount), scale, rounding)

    def chain(amount: int) -> int:
        running = 0
        for move in moves:
            running = move(running, amount)
        return _signed(running, scale, rounding)

    return chain


def _signed(running: int, scale: int, rounding: Callable[[int, int], int]) -> int:
    return rounding(running, scale) if running >= 0 else -rounding(-running, scale)


def _move(step: Any, scale: int, currency: str) -> Callable[[int, int], int]:
    if isinstance(step, Flat):
        added = minor_of(step.amount, currency) * scale
        return lambda running, _amount: running + added
    if isinstance(step, Percent):
        rate = exact(step.rate)
        if step.of == RUNNING:
            return lambda running, _amount: running * rate.numerator // rate.denominator
        factor = rate.numerator * (scale // rate.denominator)
        return lambda running, amount: running + amount * factor
    low = minor_of(step.least, currency) * scale if getattr(step, "least", None) is not None else None
    high = minor_of(step.most, currency) * scale if getattr(step, "most", None) is not None else None
    if low is None:
        return lambda running, _amount: running if running < high else high  # type: ignore[operator,return-value]
    if high is None:
        return lambda running, _amount: running if running > low else low
    return lambda running, _amount: low if running < low else high if running > high else running


def totals_of_lines(lines: Iterable[bytes], amount_at: int, party_at: int, amount_of: Amount) -> dict[bytes, int]:
    """What a posting comes to by party over lines of comma-separated fields, amounts with two decimals.

    One line at a time is held, whatever the file's size.
    """
    totals: dict[bytes, int] = {}
    for line in lines:
        fields = line.split(b",")
        party = fields[party_at]
        amount = amount_of(int(fields[amount_at].replace(b".", b"")))
        try:
            totals[party] += amount
        except KeyError:
            totals[party] = amount
    return totals
