"""apportion (按受益分摊): the figure over the fact's components, by what each measures."""

from fractions import Fraction
from typing import ClassVar, Literal

from pydantic import Field

from functions.settlement.facts.facts import component_of
from functions.settlement.rules.figure import Case
from functions.settlement.rules.remainders import Remainder, allocate
from functions.settlement.rules.step import About, Distribution, Of, Share


class Apportion(Distribution):
    """Whole minor units over the components, in proportion to `by` (kilometres, pieces, stand-alone values); where none
    of them measures anything, all of it stays on `otherwise`. `to` may name what a component is about."""

    about: ClassVar = About(
        "按受益分摊",
        "over the fact's components, by what each measures",
        "in: whole minor units; out: whole minor units a component",
        rounding="toward zero, a component at a time",
        remainder="declared: the largest fractions, the first component or the last",
    )
    rule: Literal["apportion"] = "apportion"
    by: Of
    to: str = Field(min_length=1, max_length=150)
    otherwise: str = Field(min_length=1, max_length=150)
    remainder: Remainder

    def distribute(self, amount_minor: int, case: Case) -> tuple[Share, ...]:
        """A share a component, in the order of the fact."""
        weights = [component_of(case.fact, part).measure(self.by) for part in case.fact.components]
        if not weights or min(weights) < 0 or sum(weights, Fraction(0)) == 0:
            return (Share(self.otherwise, amount_minor),)
        parts = allocate(amount_minor, weights, self.remainder)
        components = zip(case.fact.components, parts, strict=True)
        return tuple(Share(self.to, part, component.id) for component, part in components)
