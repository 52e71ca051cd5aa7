"""fx (换汇): into another currency, at the rate that the fact came with."""

from fractions import Fraction
from typing import ClassVar, Literal

from functions.settlement.rules.figure import Case, Figure, show_number
from functions.settlement.rules.step import About, Of, Step
from hub.contracts.settlement import Currency
from hub.kernel.errors import Invalid, Problem
from hub.kernel.money import EXPONENTS


class Fx(Step):
    """What runs × `rate_of`, in `to`. The rate is of the day on which the fact was posted and is kept with it, so what
    goes back goes back at the rate that it came with. A fact that is in `to` already needs none."""

    about: ClassVar = About(
        "换汇", "into another currency at the fact's rate", "in: minor units and a rate; out: minor units of `to`"
    )
    rule: Literal["fx"] = "fx"
    to: Currency
    rate_of: Of = "fx_rate"

    def apply(self, figure: Figure, case: Case) -> Figure:
        """running × rate, scaled from one currency's minor units to the other's. Raises Invalid where no rate is known:
        the fact waits until one is."""
        if figure.currency == self.to:
            return figure
        rate = case.fact.measure(self.rate_of)
        if not rate:
            problem = Problem(f"/quantities/{self.rate_of}", f"no rate of {figure.currency} is known for its day")
            raise Invalid("unknown rate", problems=[problem])
        scale = Fraction(10) ** (EXPONENTS[self.to] - EXPONENTS[figure.currency])
        made = figure.at(figure.value * rate * scale, f"× 汇率 {show_number(rate)}", f"× rate {show_number(rate)}")
        return Figure(made.value, self.to, made.phrases, made.carries, made.marks)

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.rate_of,)
