"""cumulative_tier (累计阶梯): what a party's whole period comes to through a table of tiers."""

from collections.abc import Iterator
from fractions import Fraction
from typing import ClassVar, Literal

from pydantic import Field

from functions.settlement.rules.figure import Case, Figure, exact, phrase_of
from functions.settlement.rules.step import About, Of, Step
from functions.settlement.rules.tiers import Border, Reach, Tier, rising, tier_at, tier_findings, tiered
from hub.documents.kinds import Finding


class CumulativeTier(Step):
    """Adds what this fact moves the period's figure by: tiers(total with it) − tiers(total before it). What goes back
    takes off the top first.

    on: the amount that the rate is of, where the tier is found by another number (a rebate by units sold); with it,
    `reach` is "whole".
    """

    about: ClassVar = About(
        "累计阶梯",
        "tiers over a party's period so far",
        "in: minor units or a quantity; out: minor units, added",
        by_window=True,
    )
    rule: Literal["cumulative_tier"] = "cumulative_tier"
    of: Of
    on: Of | None = None
    border: Border
    reach: Reach
    tiers: tuple[Tier, ...] = Field(min_length=1, max_length=50)

    def apply(self, figure: Figure, case: Case) -> Figure:
        """running + the difference that this fact makes."""
        step, base = case.measure(self.of), case.measure(self.on) if self.on else Fraction(0)
        before, base_before = case.before("of"), case.before("on")
        total = before + step
        curve = self._curve(total, base_before + base, figure.currency)
        moved = curve - self._curve(before, base_before, figure.currency)
        item = phrase_of(self.of, total, figure.currency)
        made = figure.plus(moved, f"本期累计{item.zh} 按阶梯", f"the period's {item.en} by tiers")
        return made.carrying(**{case.slot("of"): step, case.slot("on"): base})

    def _curve(self, total: Fraction, base: Fraction, currency: str) -> Fraction:
        if not self.on:
            return tiered(self.tiers, total, self.border, self.reach, self.of, currency)
        return base * exact(tier_at(self.tiers, total, self.border).rate or "0")

    def findings(self, place: str, currency: str) -> Iterator[Finding]:
        """Gaps, overlaps, what can't be reached, and a rate on something else that isn't of all of it."""
        yield from tier_findings(self.tiers, place, self.of, currency)
        if self.on and self.reach != "whole":
            yield Finding(f"{place}/reach", 'must be "whole" where `on` says what the rate is of')

    @property
    def monotone(self) -> bool:
        return rising(self.tiers, self.reach)

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.of, self.on) if self.on else (self.of,)
