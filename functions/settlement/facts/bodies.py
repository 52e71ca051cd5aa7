"""Facts on the wire and in the store: decimal strings outside, minor units and exact numbers inside. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from functions.settlement.facts.facts import Component, Fact
from functions.settlement.facts.of_events import hour_of
from hub.contracts.settlement_facts import ComponentBody, SettlementFact
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.errors import Invalid, Problem
from hub.kernel.money import EXPONENTS, Money


def fact_of_body(body: SettlementFact, zone: ZoneInfo, place: str = "") -> Fact:
    """A fact as it was handed in. Raises Invalid, each pointer behind `place`, for amounts that its currency cannot
    express, and for a currency that nobody knows (/currency)."""
    if body.currency not in EXPONENTS:
        raise Invalid("currency", problems=[Problem(f"{place}/currency", "must be one of: " + ", ".join(EXPONENTS))])
    problems: list[Problem] = []
    amounts = _minor(body.amounts, body.currency, f"{place}/amounts", problems)
    components = tuple(
        _component(part, body.currency, f"{place}/components/{nth}", problems)
        for nth, part in enumerate(body.components)
    )
    if problems:
        raise Invalid("amounts", problems=problems)
    about = {"hour": hour_of(body.occurred_at, zone), **body.about}
    return Fact(
        body.id,
        body.kind,
        body.occurred_at,
        body.currency,
        amounts,
        _exact(body.quantities),
        dict(body.parties),
        about,
        components,
        body.reverses,
    )


def document_of(fact: Fact) -> dict[str, Any]:
    """A fact as plain JSON values, for the store."""
    return {
        "id": fact.id,
        "kind": fact.kind,
        "occurred_at": rfc3339(fact.occurred_at),
        "currency": fact.currency,
        **_figures(fact),
        "about": dict(fact.about),
        "components": [{"id": part.id, **_figures(part)} for part in fact.components],
        "reverses": fact.reverses,
    }


def fact_from_document(raw: Mapping[str, Any]) -> Fact:
    """What `document_of` made."""
    parts = (Component(part["id"], *_read(part)) for part in raw["components"])
    return Fact(
        raw["id"],
        raw["kind"],
        parse_rfc3339(raw["occurred_at"]),
        raw["currency"],
        *_read(raw),
        raw["about"],
        tuple(parts),
        raw["reverses"],
    )


def _figures(source: Fact | Component) -> dict[str, Any]:
    quantities = {name: str(number) for name, number in source.quantities.items()}
    return {"amounts": dict(source.amounts), "quantities": quantities, "parties": dict(source.parties)}


def _read(raw: Mapping[str, Any]) -> tuple[dict[str, int], dict[str, Fraction], dict[str, str]]:
    quantities = {name: Fraction(text) for name, text in raw["quantities"].items()}
    return {name: int(minor) for name, minor in raw["amounts"].items()}, quantities, raw["parties"]


def _component(body: ComponentBody, currency: str, place: str, problems: list[Problem]) -> Component:
    amounts = _minor(body.amounts, currency, f"{place}/amounts", problems)
    return Component(body.id, amounts, _exact(body.quantities), dict(body.parties))


def _minor(amounts: Mapping[str, str], currency: str, place: str, problems: list[Problem]) -> dict[str, int]:
    made = {}
    for name, text in amounts.items():
        try:
            made[name] = Money.parse(text, currency).amount_minor
        except Invalid as error:
            problems += [Problem(f"{place}/{name}", problem.rule) for problem in error.problems]
    return made


def _exact(quantities: Mapping[str, str]) -> dict[str, Fraction]:
    return {name: Fraction(Decimal(text)) for name, text in quantities.items()}
