"""Rates (工时单价): what an hour and a kilometre are worth, by person, skill, region and date. Pure.

People report minutes and kilometres; what these come to is the rate's, not theirs to type.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from pydantic import Field

from functions.settlement.facts.facts import Fact
from functions.settlement.rules.figure import minor_of, rounded
from functions.settlement.rules.policy import FACT_SCHEMA, facts_of
from hub.contracts.base import Amount, Contract, Slug
from hub.contracts.settlement import Currency
from hub.documents.kinds import Finding, Kind, Proposal, preset_files
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem
from hub.rules.conditions import All, holds, parse_condition

HOUR_MINUTES = 60


class RateRow(Contract):
    """For work that `when` holds of: so much an hour, so much a kilometre. The first row that holds counts."""

    id: Slug
    when: dict[str, Any] = Field(default={})
    hour: Amount
    km: Amount = "0.00"


class RatesDocument(Contract):
    """currency: of all rows."""

    currency: Currency = "CNY"
    rows: tuple[RateRow, ...] = Field(min_length=1, max_length=500)


@dataclass(frozen=True)
class Rates:
    """The rows, their conditions parsed."""

    document: RatesDocument
    conditions: tuple[All, ...]


def rates_of(document: RatesDocument) -> Rates:
    """What a document says. Raises Invalid with the place of what cannot be read."""
    rows = enumerate(document.rows)
    return Rates(document, tuple(parse_condition(row.when, FACT_SCHEMA, f"/rows/{nth}/when") for nth, row in rows))


def priced(fact: Fact, rates: Rates) -> Fact:
    """A work report with its labour and travel priced, each rounded half up to the minor unit; the rate stays with it.

    A report without minutes is priced at nothing, whatever somebody typed. Raises Invalid (/quantities/labour_minutes)
    where no row is for such work.
    """
    if fact.kind != "work":
        return fact
    known = facts_of(fact)
    rows = zip(rates.document.rows, rates.conditions, strict=True)
    row = next((row for row, when in rows if fact.currency == rates.document.currency and holds(when, known)), None)
    if row is None:
        raise Invalid("unknown rate", problems=[Problem("/quantities/labour_minutes", "no rate is for such work")])
    hour, km = minor_of(row.hour, fact.currency), minor_of(row.km, fact.currency)
    labour = fact.quantities.get("labour_minutes", Fraction(0)) * hour / HOUR_MINUTES
    travel = fact.quantities.get("travel_km", Fraction(0)) * km
    amounts = {"labour": rounded(labour, "HALF_UP"), "travel": rounded(travel, "HALF_UP"), "labour_rate": hour}
    return replace(fact, amounts={**fact.amounts, **amounts})


def lint_rates(proposal: Proposal[Rates], _context: Any) -> Iterable[Finding]:
    """Rows below zero, and such that nothing can reach behind one that takes all."""
    for nth, row in enumerate(proposal.value.document.rows):
        for field in ("hour", "km"):
            if str(getattr(row, field)).startswith("-"):
                yield Finding(f"/rows/{nth}/{field}", "must not be below 0")
        if not row.when and nth + 1 < len(proposal.value.document.rows):
            yield Finding(f"/rows/{nth + 1}", "can never be reached: the row before it takes all")


def _presets() -> Mapping[str, Any]:
    return preset_files(Path(__file__).parents[1] / "presets" / "rates")()


RATES = Kind[Rates](
    name="settlement_rates",
    path="/settlement/rates",
    title="工时与里程单价 · Rates of labour and travel",
    schema=RatesDocument,
    read=rates_of,
    lint=lint_rates,
    presets=_presets,
    overlays=True,
    effective=True,
    only="rates",
    readers=("finance", "supervisor"),
    editors=("finance",),
)
