"""cap (封顶): never more than so much."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from functions.settlement.rules.bounds import Per, bounded
from functions.settlement.rules.figure import Case, Figure
from functions.settlement.rules.money_fields import amount_findings
from functions.settlement.rules.step import About, Price, Step
from hub.documents.kinds import Finding


class Cap(Step):
    """What runs, at most `most`, for each fact or for the party's period."""

    about: ClassVar = About("封顶", "a maximum", "in: minor units; out: minor units", by_window=True)
    rule: Literal["cap"] = "cap"
    most: Price
    per: Per

    def apply(self, figure: Figure, case: Case) -> Figure:
        """min(running, most)."""
        return bounded(figure, case, self.per, None, self.most, ("封顶", "capped at"))

    def findings(self, place: str, currency: str) -> Iterator[Finding]:
        """A bound that the currency cannot express."""
        yield from amount_findings(self, ("most",), place, currency)

    @property
    def by_window(self) -> bool:
        return self.per == "period"
