"""less (扣减): an item of the fact, or a rate of it, off what runs."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from functions.settlement.rules.figure import (
    Case,
    Figure,
    exact,
    in_yuan,
    minor_of,
    phrase_of,
    show_money,
    show_percent,
)
from functions.settlement.rules.money_fields import amount_findings
from functions.settlement.rules.step import About, Of, Price, Rate, Step
from hub.documents.kinds import Finding


class Less(Step):
    """Takes `of` × `rate`, or `amount`, off what runs: the material before the labour is shared, the platform's fee
    before a store gets its part. May go below zero; a floor after it says otherwise."""

    about: ClassVar = About(
        "扣减", "an item off what runs", "in: minor units; out: minor units, taken off", monotone=False
    )
    rule: Literal["less"] = "less"
    of: Of | None = None
    rate: Rate = "1"
    amount: Price | None = None

    def apply(self, figure: Figure, case: Case) -> Figure:
        """running − item × rate, or running − amount."""
        if self.of is None:
            fixed = minor_of(self.amount or "0", figure.currency) * case.scale
            shown = f"{show_money(fixed, figure.currency)} {figure.currency}"
            return figure.at(figure.value - fixed, f"减 {in_yuan(fixed, figure.currency)}", f"less {shown}")
        item, rate = phrase_of(self.of, case.measure(self.of), figure.currency), exact(self.rate)
        part = "" if rate == 1 else f" × {show_percent(rate)}"
        off = case.measure(self.of) * rate
        return figure.at(figure.value - off, f"减 {item.zh}{part}", f"less {item.en}{part}")

    def findings(self, place: str, currency: str) -> Iterator[Finding]:
        """Neither or both, or an amount that the currency cannot express."""
        if (self.of is None) == (self.amount is None):
            yield Finding(place, "must say either `of` or `amount`")
        yield from amount_findings(self, ("amount",), place, currency)

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.of,) if self.of else ()
