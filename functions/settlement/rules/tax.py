"""tax (税): what of the figure is tax, or what is left without it."""

from typing import ClassVar, Literal

from functions.settlement.rules.figure import Case, Figure, exact, show_percent
from functions.settlement.rules.step import About, Rate, Step


class Tax(Step):
    """`included`: the figure contains the tax (价税合计), so tax = running × rate / (1 + rate). `withheld`: it is taken
    off (代扣): tax = running × rate. `added`: it comes on top. keep: go on with the figure `net` of it (with it, where
    it is added), or with the `tax` alone."""

    about: ClassVar = About("税", "tax included, withheld or added", "in: minor units; out: minor units")
    rule: Literal["tax"] = "tax"
    rate: Rate
    how: Literal["included", "withheld", "added"]
    keep: Literal["net", "tax"]

    def apply(self, figure: Figure, case: Case) -> Figure:  # noqa: ARG002 - tax asks nothing of the fact
        """The net or the tax."""
        rate = exact(self.rate)
        tax = figure.value * rate / (1 + rate) if self.how == "included" else figure.value * rate
        net = figure.value + tax if self.how == "added" else figure.value - tax
        shown = show_percent(rate)
        if self.keep == "tax":
            return figure.at(tax, f"税 {shown}", f"tax {shown}")
        return figure.at(net, f"税率 {shown} 后", f"after tax of {shown}")

    @property
    def monotone(self) -> bool:
        return 0 <= exact(self.rate) <= 1
