"""A posting over very many lines (批量试算): its steps as whole numbers, for what-if over months of history. Pure.

A pipeline of rates, fixed amounts and bounds over one item is a straight line within bounds, whatever its length. In
whole numbers that is one multiplication and one division a line of the file, exact as the pipeline is, and rounded once
as the pipeline is. What depends on other facts, on time or on several currencies is left to the engine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from fractions import Fraction
from math import lcm

from functions.settlement.rules.cap import Cap
from functions.settlement.rules.figure import RUNNING, exact, minor_of, rounded
from functions.settlement.rules.flat import Flat
from functions.settlement.rules.floor import Floor
from functions.settlement.rules.guarantee import Guarantee
from functions.settlement.rules.percent import Percent
from functions.settlement.rules.policy import Posting
from functions.settlement.rules.step import Step
from hub.kernel.dataclass import dataclass

Amount = Callable[[int], int]
"""From minor units of the one item that is read to minor units."""


@dataclass(frozen=True, slots=True)
class _Line:
    """factor × amount + added, within bounds: exact, in minor units."""

    factor: Fraction = Fraction(0)
    added: Fraction = Fraction(0)
    least: Fraction | None = None
    most: Fraction | None = None

    def times(self, rate: Fraction) -> _Line | None:
        """All of it times a rate; one below zero would turn the bounds round."""
        if rate < 0:
            return None
        bounds = (None if bound is None else bound * rate for bound in (self.least, self.most))
        return _Line(self.factor * rate, self.added * rate, *bounds)

    def plus(self, amount: Fraction) -> _Line:
        """All of it and so much."""
        bounds = (None if bound is None else bound + amount for bound in (self.least, self.most))
        return _Line(self.factor, self.added + amount, *bounds)

    def within(self, least: Fraction | None, most: Fraction | None) -> _Line:
        """All of it within bounds: the bounds of before lie within them, too."""

        def clamp(bound: Fraction) -> Fraction:
            above = bound if least is None else max(bound, least)
            return above if most is None else min(above, most)

        low = least if self.least is None else clamp(self.least)
        high = most if self.most is None else clamp(self.most)
        return _Line(self.factor, self.added, low, high)


def compiled(posting: Posting, currency: str = "CNY") -> tuple[str, Amount] | None:
    """The item that a posting reads and what it makes of it; None for one that is not so simple."""
    items = {name for step in posting.steps for name in step.reads if name != RUNNING}
    if len(items) != 1 or posting.window or posting.credit is None or posting.rounding not in ("HALF_UP", "DOWN", "UP"):
        return None
    line: _Line | None = _Line()
    for step in posting.steps:
        line = _after(line, step, currency) if line else None
    return (items.pop(), _rounded(line, posting.rounding)) if line else None


def _after(line: _Line, step: Step, currency: str) -> _Line | None:
    if isinstance(step, Flat):
        return line.plus(Fraction(minor_of(step.amount, currency)))
    if isinstance(step, Percent) and step.of == RUNNING:
        return line.times(exact(step.rate))
    if isinstance(step, Percent):
        bounded = line.least is not None or line.most is not None
        return None if bounded else _Line(line.factor + exact(step.rate), line.added)
    if isinstance(step, Cap | Floor | Guarantee):
        bounds = (getattr(step, "least", None), getattr(step, "most", None))
        return line.within(*(None if text is None else Fraction(minor_of(text, currency)) for text in bounds))
    return None


def _rounded(line: _Line, rounding: str) -> Amount:
    """One multiplication, one addition, one division; bounds are rounded beforehand, as rounding keeps their order."""
    scale = lcm(line.factor.denominator, line.added.denominator)
    factor, added = int(line.factor * scale), int(line.added * scale)
    low = -(10**30) if line.least is None else rounded(line.least, rounding)
    high = 10**30 if line.most is None else rounded(line.most, rounding)
    twice, half = (2, scale) if rounding == "HALF_UP" else (1, scale - 1 if rounding == "UP" else 0)
    above, constant, below = twice * factor, twice * added + half, twice * scale

    def amount_of(amount: int) -> int:
        running = above * amount + constant
        minor = running // below if running >= half else -((2 * half - running) // below)
        return low if minor < low else high if minor > high else minor

    return amount_of


def totals_of_lines(lines: Iterable[bytes], amount_at: int, party_at: int, amount_of: Amount) -> dict[bytes, int]:
    """What a posting comes to by party over lines of comma-separated fields, amounts with two decimals.

    One line at a time is held, whatever the file's size.
    """
    totals: defaultdict[bytes, int] = defaultdict(int)
    for line in lines:
        fields = line.split(b",")
        totals[fields[party_at]] += amount_of(int(fields[amount_at].replace(b".", b"")))
    return totals
