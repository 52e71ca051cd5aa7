"""percent (按比例): a rate of an item, or of what the pipeline has come to."""

from typing import ClassVar, Literal

from functions.settlement.rules.figure import RUNNING, Case, Figure, exact, phrase_of, show_percent
from functions.settlement.rules.step import About, Of, Rate, Step


class Percent(Step):
    """Adds `of` × `rate`; of `running`, takes its place."""

    about: ClassVar = About("按比例", "a rate of an item", "in: minor units; out: minor units, added")
    rule: Literal["percent"] = "percent"
    of: Of
    rate: Rate

    def apply(self, figure: Figure, case: Case) -> Figure:
        """running + item × rate, or running × rate."""
        rate = exact(self.rate)
        base = figure.value if self.of == RUNNING else case.measure(self.of)
        if self.of == RUNNING:
            return figure.at(base * rate, f"× {show_percent(rate)}", f"× {show_percent(rate)}")
        item = phrase_of(self.of, base, figure.currency)
        return figure.plus(base * rate, f"{item.zh} × {show_percent(rate)}", f"{item.en} × {show_percent(rate)}")

    @property
    def monotone(self) -> bool:
        return not self.rate.startswith("-")

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.of,)
