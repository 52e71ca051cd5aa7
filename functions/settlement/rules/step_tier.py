"""step_tier (阶梯): one fact's own number through a table of tiers."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from functions.settlement.rules.figure import Case, Figure, phrase_of
from functions.settlement.rules.step import About, Of, Step
from functions.settlement.rules.tiers import Border, Reach, Tier, rising, tier_findings, tiered
from hub.documents.kinds import Finding


class StepTier(Step):
    """Adds what the tiers make of the fact's `of`."""

    about: ClassVar = About(
        "阶梯", "tiers over one fact's own number", "in: minor units or a quantity; out: minor units, added"
    )
    rule: Literal["step_tier"] = "step_tier"
    of: Of
    border: Border
    reach: Reach
    tiers: tuple[Tier, ...] = Field(min_length=1, max_length=50)

    def apply(self, figure: Figure, case: Case) -> Figure:
        """running + what the tiers say."""
        basis = case.measure(self.of)
        item = phrase_of(self.of, basis, figure.currency)
        value = tiered(self.tiers, basis, self.border, self.reach, self.of, figure.currency)
        return figure.plus(value, f"{item.zh} 按阶梯", f"{item.en} by tiers")

    def findings(self, place: str, currency: str) -> Iterator[Finding]:
        """Gaps, overlaps and what can't be reached."""
        yield from tier_findings(self.tiers, place, self.of, currency)

    @property
    def monotone(self) -> bool:
        return rising(self.tiers, self.reach)

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.of,)
