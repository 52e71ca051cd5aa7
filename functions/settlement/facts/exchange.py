"""Exchange rates (汇率): what a day's foreign money is worth in the tenant's own (本位币), by effective dates. Pure.

The rate of the day on which a fact occurred becomes part of it, so entries keep it and what goes back goes back at it.
"""

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Annotated, Any, cast

from pydantic import Field

from functions.settlement.facts.facts import Fact
from functions.settlement.rules.figure import exact
from hub.contracts.base import Contract
from hub.contracts.settlement import Currency
from hub.documents.kinds import Finding, Kind, Proposal

RATE = "fx_rate"
RateNumber = Annotated[str, Field(pattern=r"^[0-9]{1,6}(\.[0-9]{1,8})?$", examples=["7.1234"])]


class ExchangeDocument(Contract):
    """to: the base currency. rates: how much of it one unit of each other currency is."""

    to: Currency = "CNY"
    rates: dict[Currency, RateNumber] = Field(default={}, max_length=50)


def converted(fact: Fact, document: ExchangeDocument) -> Fact:
    """A fact in foreign money with the rate of its day; as it is where it brought one, or where none is published (what
    needs it then waits: `Fx`)."""
    rate = document.rates.get(cast(Currency, fact.currency))
    if rate is None or RATE in fact.quantities:
        return fact
    return replace(fact, quantities={**fact.quantities, RATE: Fraction(exact(rate))})


def lint_exchange(proposal: Proposal[ExchangeDocument], _context: Any) -> Iterable[Finding]:
    """A rate of nothing, and one of the base currency into itself."""
    for currency, rate in proposal.value.rates.items():
        if exact(rate) == 0:
            yield Finding(f"/rates/{currency}", "must be above 0")
        if currency == proposal.value.to:
            yield Finding(f"/rates/{currency}", "is the base currency itself: it has no rate")


EXCHANGE = Kind[ExchangeDocument](
    name="settlement_exchange",
    path="/settlement/exchange-rates",
    title="汇率 · Exchange rates",
    schema=ExchangeDocument,
    lint=lint_exchange,
    presets=lambda: {"exchange": {"to": "CNY", "rates": {}}},
    effective=True,
    only="exchange",
    readers=("finance", "supervisor"),
    editors=("finance",),
)
