"""C115: a competitor at 2.8 km asks 15 against our 18: we answer with 15.50, or our floor of 16; at 3.2 km not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.carts import NAME, campaign, strategy
from tests.support.pricing import Room, pricing_room

OWN = (31.2304, 121.4737)
NEAR = {"latitude": 31.2284, "longitude": 121.5074, "datum": "gcj02"}
"""2.78 km away; read as WGS-84 it would be 3.21 km."""
FAR = {"latitude": 31.2304, "longitude": 121.5073, "datum": "wgs84"}
"""3.2 km away."""
MOAT = strategy("moat", {"radius_m": 3000, "above": "0.50", "apply": "auto", "own_brands": ["果味"]})


def tell(room: Room, position: dict[str, Any], **more: Any) -> list[Any]:
    body = {"competitor_id": "rival", "service": "fruit_tea", "price": "15.00", "position": position, **more}
    results: list[Any] = room.made("POST", "/pricing/competitors", body)["results"]
    return results


def our_price(room: Room, store: str = "s1") -> Any:
    return room.made("POST", "/pricing/quotes", {"service": "fruit_tea", "store": store})["total"]


def open_shop(room: Room, floor: str) -> None:
    tea = {"name": NAME, "prices": {"base": "18.00"}, "floors": {"base": floor}}
    room.store("s1", at=OWN)
    room.publish("/pricing/books/standard", {"services": {"fruit_tea": tea}})
    room.publish("/pricing/campaigns/moat", campaign(MOAT))


@pytest.mark.parametrize(("floor", "price"), [("14.00", "15.50"), ("16.00", "16.00")])
def test_we_answer_within_three_kilometres_and_never_below_the_floor(floor: str, price: str) -> None:
    """In the very call that tells of it: 15.50 by the stated rule, or the floor."""
    with pricing_room() as room:
        open_shop(room, floor)
        (result,) = tell(room, NEAR)
        assert (result["distance_m"], result["offer"]["price"], result["offer"]["state"]) == (2784, price, "holding")
        assert our_price(room) == price


def test_beyond_three_kilometres_nothing_happens() -> None:
    """3.2 km: no offer, and the price stays."""
    with pricing_room() as room:
        open_shop(room, "14.00")
        assert (tell(room, FAR), our_price(room)) == ([], "18.00")


def test_own_stores_never_trigger_each_other() -> None:
    """Two own stores 1 km apart: neither the id nor the brand of one makes the other answer, and what one offers
    against a rival does not reach the other."""
    with pricing_room() as room:
        open_shop(room, "14.00")
        room.store("s2", at=(31.2304, 121.4632))
        own = {"latitude": 31.2304, "longitude": 121.4632, "datum": "wgs84"}
        by_id, by_brand = tell(room, own, competitor_id="s2"), tell(room, own, brand="果味")
        (answered,) = tell(room, NEAR)
        assert {row["reason"] for row in (*by_id, *by_brand)} == {"own_store"}
        assert (answered["store"], our_price(room), our_price(room, "s2")) == ("s1", "15.50", "18.00")
