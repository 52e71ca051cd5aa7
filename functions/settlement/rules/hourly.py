"""hourly (按小时): minutes of work at a price an hour."""

from collections.abc import Iterator
from fractions import Fraction
from typing import ClassVar, Literal

from pydantic import Field

from functions.settlement.rules.figure import Case, Figure, minor_of, rounded, show_number
from functions.settlement.rules.money_fields import amount_findings
from functions.settlement.rules.step import About, Of, Price, Step
from hub.documents.kinds import Finding

HOUR_MINUTES = 60


class Hourly(Step):
    """Adds `of` minutes × `price` / 60. block_minutes: what is begun of so many minutes counts whole; 1 counts exactly.
    A price of the fact's own (`labour_rate`) stands in `price_of`."""

    about: ClassVar = About(
        "按小时",
        "minutes at a price an hour",
        "in: minutes; out: minor units, added",
        rounding="minutes up to whole blocks, where block_minutes is above 1",
    )
    rule: Literal["hourly"] = "hourly"
    of: Of = "labour_minutes"
    price: Price | None = None
    price_of: Of | None = None
    block_minutes: int = Field(default=1, ge=1, le=480)

    def apply(self, figure: Figure, case: Case) -> Figure:
        """running + minutes × price / 60."""
        minutes = case.fact.measure(self.of)
        if self.block_minutes > 1:
            minutes = Fraction(rounded(minutes, "UP", self.block_minutes))
        price = case.fact.measure(self.price_of) if self.price_of else minor_of(self.price or "0", figure.currency)
        value = minutes * price * case.scale / HOUR_MINUTES
        number, hour = show_number(minutes), show_number(Fraction(price) / 100)
        return figure.plus(value, f"{number} 分钟 × {hour}/小时", f"{number} minutes × {hour} an hour")

    def findings(self, place: str, currency: str) -> Iterator[Finding]:
        """No price or two, or one that the currency cannot express."""
        if (self.price is None) == (self.price_of is None):
            yield Finding(place, "must say either `price` or `price_of`")
        yield from amount_findings(self, ("price",), place, currency)

    @property
    def monotone(self) -> bool:
        return not (self.price or "").startswith("-")

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.of, self.price_of) if self.price_of else (self.of,)
