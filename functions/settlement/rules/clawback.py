"""clawback (追回): how much comes back of what was paid, when its sale does."""

from typing import ClassVar, Literal

from pydantic import Field

from functions.settlement.rules.figure import Case, Figure
from functions.settlement.rules.step import About, Rate, Step

RATE, DAYS = "clawback_rate", "clawback_days"


class Clawback(Step):
    """Changes nothing of a sale; what its refunds take back is `rate` of it, up to `within_days` after the sale and
    nothing later. A posting without this step takes back all, always."""

    about: ClassVar = About(
        "追回", "how much comes back when the sale does", "in: minor units; out: minor units", monotone=False
    )
    rule: Literal["clawback"] = "clawback"
    rate: Rate = "1"
    within_days: int = Field(default=36500, ge=0, le=36500)

    def apply(self, figure: Figure, case: Case) -> Figure:  # noqa: ARG002 - a sale does not ask
        """What runs, marked with what will come back of it."""
        return figure.marked(RATE, self.rate).marked(DAYS, str(self.within_days))
