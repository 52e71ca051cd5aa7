"""Findings that several primitives share: amounts a currency cannot express, bounds that cross. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from functions.settlement.rules.figure import minor_of
from functions.settlement.rules.step import Step
from hub.documents.kinds import Finding
from hub.kernel.errors import Invalid


def amount_findings(step: Step, fields: Iterable[str], place: str, currency: str) -> Iterator[Finding]:
    """Amounts that the currency cannot express: three decimals of CNY, any of JPY."""
    for field in fields:
        if (text := getattr(step, field)) is not None:
            yield from money_findings(text, f"{place}/{field}", currency)


def money_findings(text: str, place: str, currency: str) -> Iterator[Finding]:
    """What is wrong with one amount, if anything is."""
    try:
        minor_of(text, currency)
    except Invalid as error:
        yield from (Finding(place, problem.rule) for problem in error.problems)


def bound_findings(step: Step, place: str, currency: str) -> Iterator[Finding]:
    """`least` and `most` that the currency cannot express, or that cross."""
    wrong = list(amount_findings(step, ("least", "most"), place, currency))
    yield from wrong
    least, most = getattr(step, "least", None), getattr(step, "most", None)
    if not wrong and least is not None and most is not None and minor_of(least, currency) > minor_of(most, currency):
        yield Finding(f"{place}/most", "must not be below `least`")
