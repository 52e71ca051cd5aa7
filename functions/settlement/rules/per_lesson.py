"""per_lesson (按课时): so much a lesson."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from functions.settlement.rules.figure import Case, Figure, minor_of, show_number
from functions.settlement.rules.money_fields import amount_findings
from functions.settlement.rules.step import About, Of, Price, Step
from hub.documents.kinds import Finding


class PerLesson(Step):
    """Adds `of` × `price`: so much a lesson."""

    about: ClassVar = About("按课时", "so much a lesson", "in: lessons; out: minor units, added")
    rule: Literal["per_lesson"] = "per_lesson"
    of: Of = "lessons"
    price: Price

    def apply(self, figure: Figure, case: Case) -> Figure:
        """running + lessons × price."""
        count = case.measure(self.of)
        value = count * minor_of(self.price, figure.currency)
        number = show_number(count)
        return figure.plus(value, f"{number} 课时 × {self.price}", f"{number} lessons × {self.price}")

    def findings(self, place: str, currency: str) -> Iterator[Finding]:
        """A price that the currency cannot express."""
        yield from amount_findings(self, ("price",), place, currency)

    @property
    def monotone(self) -> bool:
        return not self.price.startswith("-")

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.of,)
