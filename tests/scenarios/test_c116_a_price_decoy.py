"""C116: online the guide price stands; a scan in the dealer's area D1 gives a coupon that holds in D1 alone."""

from __future__ import annotations

from tests.support.carts import NAME, campaign, strategy
from tests.support.pricing import Room, pricing_room

DECOY = strategy("decoy_coupon", {"amount": "3.00", "areas": ["area:d1", "area:d2"]}, funding={"dealer": 1})


def open_areas(room: Room) -> None:
    """Two dealers' areas with a store each, a book with a guide price for marketplaces, and the decoy."""
    room.store("s1")
    room.store("s2", "330102")
    areas = [{"id": "d1", "name": NAME, "stores": ["s1"]}, {"id": "d2", "name": NAME, "stores": ["s2"]}]
    room.publish("/pricing/places", {"areas": areas})
    tea = {"name": NAME, "prices": {"base": "22.00"}, "guide": "28.00"}
    book = {"services": {"fruit_tea": tea}, "guide_channels": ["douyin", "jd"]}
    room.publish("/pricing/books/standard", book)
    room.publish("/pricing/campaigns/decoy", campaign(DECOY))


def scan(room: Room, store: str) -> str:
    body = {"campaign": "decoy", "strategy": "decoy_coupon", "customer_id": "c1", "store": store}
    code: str = room.made("POST", "/pricing/scans", body)["code"]
    return code


def test_the_coupon_holds_where_it_was_scanned_and_nowhere_else() -> None:
    """In D1 it takes 3.00 off; redeemed in D2 it is 409, with the reason and both places; in D1 it is redeemed once."""
    with pricing_room() as room:
        open_areas(room)
        code = scan(room, "s1")
        body = {"service": "fruit_tea", "customer_id": "c1", "coupons": [code]}
        totals = [room.made("POST", "/pricing/quotes", {**body, "store": store})["total"] for store in ("s1", "s2")]
        redeem = f"/pricing/coupons/{code}/redeem"
        elsewhere = room.call("POST", redeem, {"store": "s2", "order_id": "o1"})
        here = room.call("POST", redeem, {"store": "s1", "order_id": "o2"})
        assert (totals, elsewhere.status, here.status) == (["19.00", "22.00"], 409, 200)
        facts = elsewhere.json["facts"]
        assert (facts["reason"], facts["area"], facts["here"]) == ("coupon_elsewhere", "area:d1", "store:s2")


def test_the_marketplaces_price_never_changes() -> None:
    """28.00 before, during and after, with the coupon and without."""
    with pricing_room() as room:
        open_areas(room)
        body = {"service": "fruit_tea", "store": "s1", "channel": "douyin", "customer_id": "c1"}
        before = room.made("POST", "/pricing/quotes", body)
        during = room.made("POST", "/pricing/quotes", {**body, "coupons": [scan(room, "s1")]})
        room.publish("/pricing/campaigns/sale", campaign(strategy("weekday", {"days": [1], "cut": {"percent": "50"}})))
        after = room.made("POST", "/pricing/quotes", body)
        assert [made["total"] for made in (before, during, after)] == ["28.00"] * 3


def test_a_scan_outside_every_area_gives_nothing() -> None:
    """409, and which areas there are."""
    with pricing_room() as room:
        open_areas(room)
        body = {"campaign": "decoy", "strategy": "decoy_coupon", "customer_id": "c1", "region": "440103"}
        refused = room.call("POST", "/pricing/scans", body)
        assert (refused.status, refused.json["facts"]["areas"]) == (409, "area:d1, area:d2")
