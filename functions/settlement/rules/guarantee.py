"""guarantee (保底与封顶): never less than so much, never more than so much."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from functions.settlement.rules.bounds import Per, bounded
from functions.settlement.rules.figure import Case, Figure
from functions.settlement.rules.money_fields import bound_findings
from functions.settlement.rules.step import About, Price, Step
from hub.documents.kinds import Finding


class Guarantee(Step):
    """What runs, within `least` and `most`, for each fact or for the party's period."""

    about: ClassVar = About(
        "保底与封顶", "a minimum and a maximum", "in: minor units; out: minor units", by_window=True
    )
    rule: Literal["guarantee"] = "guarantee"
    least: Price
    most: Price | None = None
    per: Per

    def apply(self, figure: Figure, case: Case) -> Figure:
        """min(max(running, least), most)."""
        return bounded(figure, case, self.per, self.least, self.most, ("保底", "guaranteed"))

    def findings(self, place: str, currency: str) -> Iterator[Finding]:
        """Bounds that cross, or that the currency cannot express."""
        yield from bound_findings(self, place, currency)

    @property
    def by_window(self) -> bool:
        return self.per == "period"
