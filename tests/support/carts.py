"""Carts and campaigns of tests: lines in, what strategies made of them out."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from functions.pricing.places.places import level_of
from functions.pricing.strategies.cart import Cart, Line
from functions.pricing.strategies.catalogue import BY_NAME
from functions.pricing.strategies.engine import apply_plan
from functions.pricing.strategies.plan import Plan, Trace
from functions.pricing.strategies.strategies import campaign_of
from hub.contracts.pricing_campaigns import CampaignDocument

NAME = {"zh": "活动", "en": "Campaign"}
MONDAY_10 = datetime(2026, 11, 30, 2, tzinfo=UTC)
"""10:00 in Shanghai."""
SHANGHAI = ("310101", "310100", "tier:1", "310000", "base")


def strategy(kind: str, terms: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A strategy's document; its id is its kind unless `id` says otherwise, its terms the kind's example."""
    example = dict(BY_NAME[kind].example)
    return {"id": kind, "kind": kind, "name": NAME, "terms": example if terms is None else terms, **more}


def campaign(*strategies: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A campaign's document."""
    return {"name": NAME, "strategies": list(strategies), **more}


def plan(*strategies: dict[str, Any], **more: Any) -> Plan:
    """The plan of one campaign, `c`."""
    return Plan.of({"c": campaign_of(CampaignDocument.model_validate(campaign(*strategies, **more)))})


def cart(*lines: tuple[str, int, int], floors: dict[str, int] | None = None, **facts: Any) -> Cart:
    """A cart in 上海 on a Monday at 10:00. lines: service, unit price in minor units, quantity."""
    places = facts.pop("places", SHANGHAI)
    made = [
        Line(nth, service, quantity, unit, unit, unit * quantity, (floors or {}).get(service, 0), unit * quantity)
        for nth, (service, unit, quantity) in enumerate(lines)
    ]
    moment: dict[str, Any] = {"at": MONDAY_10, "day": date(2026, 11, 30), "weekday": 1, "minute": 600}
    return Cart(lines=made, chain=tuple((place, level_of(place)) for place in places), **{**moment, **facts})


def priced(plan: Plan, cart: Cart) -> tuple[list[int], list[Trace]]:
    """What the lines come to, and what came of each strategy."""
    traces = apply_plan(plan, cart)
    return [line.amount_minor for line in cart.lines], traces
