"""override (改写): another amount where a number of the fact says so."""

from collections.abc import Iterator
from fractions import Fraction
from typing import ClassVar, Literal

from functions.settlement.facts.items import is_money
from functions.settlement.rules.figure import Case, Figure, exact, in_yuan, minor_of, show_money
from functions.settlement.rules.money_fields import amount_findings
from functions.settlement.rules.step import About, Number, Of, Price, Step
from hub.documents.kinds import Finding


class Override(Step):
    """`amount` takes the place of what runs where the fact's `of` is at least `at_least` (major units of money)."""

    about: ClassVar = About(
        "改写", "another amount in a stated case", "in: minor units; out: minor units", monotone=False
    )
    rule: Literal["override"] = "override"
    of: Of
    at_least: Number
    amount: Price

    def apply(self, figure: Figure, case: Case) -> Figure:
        """amount, or running."""
        border = exact(self.at_least) * (10**2 if is_money(self.of) and figure.currency != "JPY" else 1)
        if case.fact.measure(self.of) < border:
            return figure
        value = Fraction(minor_of(self.amount, figure.currency)) * case.scale
        shown = f"{show_money(value, figure.currency)} {figure.currency}"
        return figure.at(value, f"改为 {in_yuan(value, figure.currency)}", f"instead {shown}")

    def findings(self, place: str, currency: str) -> Iterator[Finding]:
        """An amount that the currency cannot express."""
        yield from amount_findings(self, ("amount",), place, currency)

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.of,)
