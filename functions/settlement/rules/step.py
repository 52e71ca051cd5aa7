"""A step (规则原语) of a pipeline, and what each primitive says of itself. Pure."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field

from functions.settlement.rules.figure import Case, Figure
from hub.contracts.base import Amount, Contract, Slug
from hub.documents.kinds import Finding
from hub.kernel.dataclass import dataclass

Rate = Annotated[str, Field(pattern=r"^-?[0-9]{1,6}(\.[0-9]{1,10})?$", examples=["0.05"])]
"""An exact rate: "0.05" is five percent."""
Number = Annotated[str, Field(pattern=r"^[0-9]{1,12}(\.[0-9]{1,6})?$", examples=["10.5"])]
"""An exact number that is not below zero."""
Of = Annotated[Slug, Field(examples=["labour"])]
"""An item of the fact (hubctl settlement rules lists them), or `running`: what the pipeline has come to."""
Price = Annotated[Amount, Field(examples=["100.00"])]


@dataclass(frozen=True, slots=True)
class About:
    """What `hubctl settlement rules` prints of a primitive.

    units: what goes in and what comes out. rounding, remainder: what becomes of fractions, and of what cannot be
    divided. monotone: more of what it measures, or more from the steps before, never makes less.
    by_window: what it makes of one fact depends on the others of the party's period.
    """

    zh: str
    en: str
    units: str
    rounding: str = "none: exact until the posting is rounded"
    remainder: str = "none"
    monotone: bool = True
    by_window: bool = False


class Step(Contract):
    """One step. `rule` names the primitive."""

    about: ClassVar[About]
    rule: str

    def apply(self, figure: Figure, case: Case) -> Figure:
        """The figure after this step. Value in, value out."""
        raise NotImplementedError

    def findings(self, place: str, currency: str) -> Iterator[Finding]:  # noqa: ARG002 - most have none
        """What of this step can't work, each with its place (a JSON pointer that begins with `place`)."""
        yield from ()

    @property
    def by_window(self) -> bool:
        """Whether it depends, as it is set here, on the other facts of its window."""
        return self.about.by_window

    @property
    def monotone(self) -> bool:
        """Whether it is, as it is set here, what `about.monotone` says."""
        return self.about.monotone

    @property
    def reads(self) -> tuple[str, ...]:
        """The items of the fact that it asks for, by the field that names each."""
        return ()


@dataclass(frozen=True, slots=True)
class Share:
    """A part of what is distributed. account: as the document writes it, names in braces. component: the id of the
    fact's component that it is for, "" for none."""

    account: str
    amount_minor: int
    component: str = ""


class Distribution(Step):
    """A step that says whose the figure is. It stands last, and gets whole minor units."""

    def apply(self, figure: Figure, case: Case) -> Figure:  # noqa: ARG002 - the figure itself stays as it is
        """Distributing changes no figure."""
        return figure

    def distribute(self, amount_minor: int, case: Case) -> tuple[Share, ...]:
        """Shares that sum to the amount exactly."""
        raise NotImplementedError
