"""per_piece (按件): so much a piece, visit, kilometre or point."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from functions.settlement.rules.figure import Case, Figure, minor_of, show_number
from functions.settlement.rules.money_fields import amount_findings
from functions.settlement.rules.step import About, Of, Price, Step
from hub.documents.kinds import Finding


class PerPiece(Step):
    """Adds `of` × `price`: so much a piece, or whatever `of` counts."""

    about: ClassVar = About(
        "按件", "so much a piece, visit, kilometre or point", "in: a quantity; out: minor units, added"
    )
    rule: Literal["per_piece"] = "per_piece"
    of: Of = "pieces"
    price: Price

    def apply(self, figure: Figure, case: Case) -> Figure:
        """running + pieces × price."""
        count = case.measure(self.of)
        value = count * minor_of(self.price, figure.currency)
        number = show_number(count)
        return figure.plus(value, f"{number} 件 × {self.price}", f"{number} pieces × {self.price}")

    def findings(self, place: str, currency: str) -> Iterator[Finding]:
        """A price that the currency cannot express."""
        yield from amount_findings(self, ("price",), place, currency)

    @property
    def monotone(self) -> bool:
        return not self.price.startswith("-")

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.of,)
