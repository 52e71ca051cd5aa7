"""penalty (扣罚): something off, never below nothing."""

from collections.abc import Iterator
from fractions import Fraction
from typing import ClassVar, Literal

from functions.settlement.rules.figure import Case, Figure, in_yuan, minor_of, show_money
from functions.settlement.rules.money_fields import amount_findings
from functions.settlement.rules.step import About, Of, Price, Step
from hub.documents.kinds import Finding


class Penalty(Step):
    """Takes `amount` off what runs for each of `of` (hours late, complaints), but no more than there is."""

    about: ClassVar = About(
        "扣罚", "something off, never below nothing", "in: minor units and a quantity; out: minor units", monotone=False
    )
    rule: Literal["penalty"] = "penalty"
    of: Of
    amount: Price

    def apply(self, figure: Figure, case: Case) -> Figure:
        """max(running − of × amount, 0), mirrored below zero."""
        count = case.fact.measure(self.of)
        off = Fraction(minor_of(self.amount, figure.currency)) * count * abs(case.scale)
        if off == 0:
            return figure
        value = max(figure.value - off, Fraction(0)) if case.scale > 0 else min(figure.value + off, Fraction(0))
        off_minor = abs(figure.value - value)
        shown = f"{show_money(off_minor, figure.currency)} {figure.currency}"
        return figure.at(value, f"扣罚 {in_yuan(off_minor, figure.currency)}", f"penalty {shown}")

    def findings(self, place: str, currency: str) -> Iterator[Finding]:
        """Something below zero, or an amount that the currency cannot express."""
        if self.amount.startswith("-"):
            yield Finding(f"{place}/amount", "must not be below 0: something on top is a subsidy")
        yield from amount_findings(self, ("amount",), place, currency)

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.of,)
