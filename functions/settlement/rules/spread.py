"""spread (分期摊销): the figure over several periods, each part due at its period's end."""

from typing import ClassVar, Literal

from pydantic import Field

from functions.settlement.rules.figure import Case, Figure
from functions.settlement.rules.step import About, Step

PARTS, EACH = "spread_parts", "spread_each"


class Spread(Step):
    """Equal parts at the end of this and the next `parts` − 1 periods; they sum to the whole, the earlier parts taking
    what cannot be divided. What is left is reversed when the sale is."""

    about: ClassVar = About(
        "分期摊销",
        "over several periods, due at the end of each",
        "in: whole minor units; out: whole minor units a period",
        rounding="toward zero, a period at a time",
        remainder="the earlier periods, one unit each",
    )
    rule: Literal["spread"] = "spread"
    parts: int = Field(ge=2, le=60)
    each: Literal["month", "quarter", "year"]

    def apply(self, figure: Figure, case: Case) -> Figure:  # noqa: ARG002 - time asks nothing of the fact
        """The figure as it is, marked with how it is spread."""
        return figure.marked(PARTS, str(self.parts)).marked(EACH, self.each)
