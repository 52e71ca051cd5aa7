"""C118: headquarters publishes to 300 stores: each price is right at once, each guide hears once, 广州 has its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.carts import campaign, strategy
from tests.support.chain_of_stores import stores_of_the_chain
from tests.support.http import token
from tests.support.pricing import Room, pricing_room

SPRING = "/pricing/campaigns/spring"


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    with pricing_room() as room:
        room.hear(*stores_of_the_chain())
        room.guide("li", "s001")
        yield room


def price(room: Room, store: str) -> Any:
    return room.made("GET", f"/pricing/stores/{store}/catalogue")["data"][0]["sale"]


def test_every_price_is_right_at_once_and_each_guide_hears_once(room: Room) -> None:
    """No sooner has the pointer moved than all 300 stores sell at the new price, 广州 at its own. The stream tells
    of it twice, and each of the 301 guides is in one event. Two acknowledge, and the
    rate says so; the word of who was not told does not count."""
    room.publish(SPRING, campaign(strategy("weekday", {"days": [1], "cut": {"percent": "10"}})))
    own = {"strategies": {"weekday": {"terms": {"cut": {"percent": "20"}}}}}
    room.publish(SPRING, own, scope="440000")
    prices = Counter(price(room, f"s{number:03}") for number in range(1, 301))
    events = room.published(SPRING)
    ids, told = {event["id"] for event in events}, {e["store_id"]: e["recipients"] for e in events}
    assert prices == {"19.80": 246, "22.50": 27, "17.60": 27}
    assert (len(ids), len(told), sum(map(len, told.values())), told["s001"]) == (300, 300, 301, ["li", "ms001"])
    publication = events[0]["publication_id"]
    where = f"/pricing/publications/{publication}/stores/s001/acknowledge"
    for person in ("li", "li", "ms001"):
        assert room.call("POST", where, as_=token("agent", sub=person, level="own")).status == 200
    reach = room.made("GET", f"/pricing/publications/{publication}")
    assert (reach["stores"], reach["guides"], reach["acknowledged"], reach["rate_percent"]) == (300, 301, 2, "0.7")
    stranger = room.call("POST", where.replace("s001", "s002"), as_=token("agent", sub="li", level="own"))
    assert (stranger.status, room.call("POST", where).status) == (404, 403)
