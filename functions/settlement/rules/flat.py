"""flat (固定额): so much for each fact."""

from collections.abc import Iterator
from fractions import Fraction
from typing import ClassVar, Literal

from functions.settlement.rules.figure import Case, Figure, in_yuan, minor_of, show_money
from functions.settlement.rules.money_fields import amount_findings
from functions.settlement.rules.step import About, Price, Step
from hub.documents.kinds import Finding


class Flat(Step):
    """Adds `amount`, in the posting's currency; of a refund the share that went back."""

    about: ClassVar = About("固定额", "a fixed amount for each fact", "in: none; out: minor units, added")
    rule: Literal["flat"] = "flat"
    amount: Price

    def apply(self, figure: Figure, case: Case) -> Figure:
        """running + amount."""
        amount = minor_of(self.amount, figure.currency) * case.scale
        shown = Fraction(amount)
        zh, en = in_yuan(shown, figure.currency), f"{show_money(shown, figure.currency)} {figure.currency}"
        return figure.plus(shown, f"固定 {zh}", f"flat {en}")

    def findings(self, place: str, currency: str) -> Iterator[Finding]:
        """An amount that the currency cannot express."""
        yield from amount_findings(self, ("amount",), place, currency)
