"""rounding (取整): to a whole number of some unit, in the middle of a pipeline."""

from collections.abc import Iterator
from fractions import Fraction
from typing import ClassVar, Literal

from functions.settlement.rules.figure import Case, Figure, in_yuan, minor_of, rounded, show_money
from functions.settlement.rules.figure import Rounding as How
from functions.settlement.rules.money_fields import amount_findings
from functions.settlement.rules.step import About, Price, Step
from hub.documents.kinds import Finding


class Rounding(Step):
    """What runs, to the nearest `unit` ("0.01", "1.00"). Every posting is rounded to its currency's minor unit at its
    end; this is for what is rounded earlier, or to whole yuan."""

    about: ClassVar = About(
        "取整", "to a whole number of a unit", "in: minor units; out: minor units", rounding="declared, at this place"
    )
    rule: Literal["rounding"] = "rounding"
    unit: Price
    how: How

    def apply(self, figure: Figure, case: Case) -> Figure:  # noqa: ARG002 - rounding asks nothing of the fact
        """The nearest multiple of the unit."""
        value = Fraction(rounded(figure.value, self.how, minor_of(self.unit, figure.currency)))
        if value == figure.value:
            return figure
        shown = f"{show_money(value, figure.currency)} {figure.currency}"
        return figure.at(value, f"取整为 {in_yuan(value, figure.currency)}", f"rounded to {shown}")

    def findings(self, place: str, currency: str) -> Iterator[Finding]:
        """A unit that the currency cannot express, or that is nothing."""
        wrong = list(amount_findings(self, ("unit",), place, currency))
        yield from wrong
        if not wrong and minor_of(self.unit, currency) <= 0:
            yield Finding(f"{place}/unit", "must be above 0")
