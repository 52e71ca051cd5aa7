"""floor (下限): never less than so much for one fact."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from functions.settlement.rules.bounds import bounded
from functions.settlement.rules.figure import Case, Figure
from functions.settlement.rules.money_fields import amount_findings
from functions.settlement.rules.step import About, Price, Step
from hub.documents.kinds import Finding


class Floor(Step):
    """What runs, at least `least`: "0" keeps a deduction from going below nothing."""

    about: ClassVar = About("下限", "a minimum for one fact", "in: minor units; out: minor units")
    rule: Literal["floor"] = "floor"
    least: Price

    def apply(self, figure: Figure, case: Case) -> Figure:
        """max(running, least)."""
        return bounded(figure, case, "fact", self.least, None, ("不低于", "at least"))

    def findings(self, place: str, currency: str) -> Iterator[Finding]:
        """A bound that the currency cannot express."""
        yield from amount_findings(self, ("least",), place, currency)
