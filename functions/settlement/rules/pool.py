"""pool (奖金池): what runs, as long as the pool lasts."""

from collections.abc import Iterator
from fractions import Fraction
from typing import ClassVar, Literal

from functions.settlement.rules.figure import Case, Figure, exact, in_yuan, minor_of, show_money, show_percent
from functions.settlement.rules.money_fields import amount_findings
from functions.settlement.rules.step import About, Price, Rate, Step
from hub.documents.kinds import Finding

EXHAUSTED = "exhausted"


class Pool(Step):
    """Draws what runs out of `budget`, first come first served by the canonical order; the last may get a part. What
    goes back refills it. The fact that takes the last of it carries the mark `pool: exhausted`, once. warn_at: from
    this share of the budget on, lines say how much is used (a quota of 90 %: "0.90")."""

    about: ClassVar = About(
        "奖金池", "out of a budget, as long as it lasts", "in: minor units; out: minor units", by_window=True
    )
    rule: Literal["pool"] = "pool"
    budget: Price
    warn_at: Rate | None = None

    def apply(self, figure: Figure, case: Case) -> Figure:
        """min(running, what is left)."""
        drawn, budget = case.before("drawn"), Fraction(minor_of(self.budget, figure.currency))
        value = min(figure.value, budget - drawn)
        made = figure.carrying(**{case.slot("drawn"): value})
        left = budget - drawn - value
        if value > 0 and left == 0:
            made = made.marked("pool", EXHAUSTED)
        used = (drawn + value) / budget
        if self.warn_at is not None and used > exact(self.warn_at):
            shown = show_percent(used)
            made = made.marked("quota", shown).at(value, f"额度已用 {shown}", f"{shown} of the quota is used")
        if value == figure.value and value != 0:
            return made
        zh, en = in_yuan(left, figure.currency), f"{show_money(left, figure.currency)} {figure.currency}"
        return made.at(value, f"奖金池余 {zh}", f"the pool has {en} left")

    def findings(self, place: str, currency: str) -> Iterator[Finding]:
        """A budget that the currency cannot express, or that is nothing."""
        wrong = list(amount_findings(self, ("budget",), place, currency))
        yield from wrong
        if not wrong and minor_of(self.budget, currency) <= 0:
            yield Finding(f"{place}/budget", "must be above 0: nothing could ever be drawn")
