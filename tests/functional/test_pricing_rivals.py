"""A competitor's price by the open webhook: our stores nearby have answered before a minute is over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from functions.pricing import app
from hub.contracts.events import CompetitorPriced, StoreChanged
from tests.support.aws import TENANT
from tests.support.carts import campaign, strategy
from tests.support.http import Context, bus_batch, call
from tests.support.pricing import MAY_1
from tests.support.rooms import Rooms, connect_pricing, rooms

RIVAL = {"competitor_id": "rival-1", "service": "fruit_tea", "price": "15.00"}
NEAR = {"latitude": 31.2284, "longitude": 121.5074, "datum": "gcj02"}
"""About 2.79 km from the store, on another datum than the store's."""
MOAT = strategy("moat", {"above": "0.50", "apply": "auto", "max_cut_percent": "50"})


def opened(shop: Rooms) -> None:
    """A store in 上海 that sells at 18.00, floor 14.00, with a moat."""
    connect_pricing(shop.hub)
    position = {"latitude": 31.2304, "longitude": 121.4737, "datum": "wgs84"}
    facts: dict[str, Any] = {"store_id": "s1", "version": 1, "region": "310101", "position": position}
    hear(StoreChanged.model_validate({"id": "evt_s1", "tenant": TENANT, "at": MAY_1, **facts}))
    tea = {"name": {"zh": "鲜果茶", "en": "Fruit tea"}, "prices": {"base": "18.00"}, "floors": {"base": "14.00"}}
    publish("books/standard", {"services": {"fruit_tea": tea}})
    publish("campaigns/moat", campaign(MOAT))


def hear(*events: Any) -> None:
    assert app.on_event(bus_batch(*events), Context()) == {"batchItemFailures": []}


def publish(path: str, document: Any) -> None:
    assert call(app.room, "POST", f"/pricing/{path}/publish", {"document": document}).status == 200


def told(shop: Rooms, **more: Any) -> list[dict[str, Any]]:
    """A system says so, twice on the bus; the offers that there are then."""
    assert shop.system_says("competitor.updated", {**RIVAL, "position": NEAR, **more})["statusCode"] == 200
    events = [event for event in shop.said if isinstance(event, CompetitorPriced)]
    for _ in range(2):
        hear(*events)
    rows: list[dict[str, Any]] = call(app.room, "GET", "/pricing/offers").json["data"]
    return rows


def test_a_signed_word_of_a_competitor_becomes_an_offer() -> None:
    """15.00 at 2.79 km, ours 18.00: 15.50 holds in the store, within 60 seconds of when it was said; said twice it is
    one offer. Another currency, and what we do not sell, answer nothing."""
    with rooms() as shop:
        opened(shop)
        said_at = shop.hub.clock.now
        (offer,) = told(shop)
        taken = (datetime.fromisoformat(offer["starts_at"]) - said_at).total_seconds()
        assert (offer["price"], offer["state"], 0 <= taken <= 60) == ("15.50", "holding", True)
        assert len(told(shop, competitor_id="rival-2", currency="USD")) == 1
        assert len(told(shop, competitor_id="rival-3", service="haircut")) == 1
