"""subsidy (补贴): something on top, a fixed amount or a rate of what runs."""

from collections.abc import Iterator
from fractions import Fraction
from typing import ClassVar, Literal

from functions.settlement.rules.figure import Case, Figure, exact, in_yuan, minor_of, show_money
from functions.settlement.rules.money_fields import amount_findings
from functions.settlement.rules.step import About, Price, Rate, Step
from hub.documents.kinds import Finding


class Subsidy(Step):
    """Adds `amount`, or `rate` of what runs."""

    about: ClassVar = About("补贴", "something on top", "in: minor units; out: minor units, added")
    rule: Literal["subsidy"] = "subsidy"
    amount: Price | None = None
    rate: Rate | None = None

    def apply(self, figure: Figure, case: Case) -> Figure:
        """running + amount, or running × (1 + rate)."""
        if self.amount is not None:
            extra = Fraction(minor_of(self.amount, figure.currency)) * case.scale
        else:
            extra = figure.value * exact(self.rate or "0")
        shown = f"{show_money(extra, figure.currency)} {figure.currency}"
        return figure.plus(extra, f"补贴 {in_yuan(extra, figure.currency)}", f"subsidy {shown}")

    def findings(self, place: str, currency: str) -> Iterator[Finding]:
        """Neither or both, something below zero, or an amount that the currency cannot express."""
        if (self.amount is None) == (self.rate is None):
            yield Finding(place, "must say either `amount` or `rate`")
        for field in ("amount", "rate"):
            if (getattr(self, field) or "").startswith("-"):
                yield Finding(f"{place}/{field}", "must not be below 0: a deduction is a penalty")
        yield from amount_findings(self, ("amount",), place, currency)
