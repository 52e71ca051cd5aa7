"""What was known then: limits, coupons and offers of the past, whatever became of them since."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.carts import campaign, strategy
from tests.support.pricing import NOW, Room, pricing_room

TEA = {"service": "fruit_tea", "store": "s1"}
RIVAL = {"competitor_id": "rival", "service": "fruit_tea", "price": "20.00",
         "position": {"latitude": 31.2304, "longitude": 121.4940, "datum": "wgs84"}}  # fmt: skip


@pytest.fixture
def room() -> Iterator[Room]:
    with pricing_room() as room:
        room.store("s1", "310101", (31.2304, 121.4737))
        yield room


def quote(room: Room, **more: Any) -> Any:
    return room.made("POST", "/pricing/quotes", {**TEA, **more})


def redeem(room: Room, made: Any, order_id: str, verb: str = "redeem") -> None:
    room.made("POST", f"/pricing/quotes/{made['id']}/{verb}", {"order_id": order_id})


def test_a_limit_of_the_past_is_as_free_as_it_was_then(room: Room) -> None:
    """One use: taken at 10:00, given back at 11:00, taken again at 12:00. Half an hour later each time, and asked for
    at the end: used up, free, used up; by `known_at` alone the same."""
    terms, limits = {"amount": "5.00"}, {"uses": 1, "per_customer": 1, "per_store": 1, "budget": "5.00"}
    room.publish("/pricing/campaigns/spring", campaign(strategy("new_customer", terms, limits=limits)))
    halves, orders = [NOW.isoformat()], (("o1", "redeem"), ("o1", "release"), ("o2", "redeem"))
    made = quote(room, is_new=True, customer_id="c1")
    for order_id, verb in orders:
        room.clock.advance(minutes=1)
        if verb == "redeem" and order_id == "o2":
            made = quote(room, is_new=True, customer_id="c1")
        redeem(room, made, order_id, verb)
        room.clock.advance(minutes=30)
        halves.append(room.clock.now.isoformat())
        room.clock.advance(minutes=29)
    buyer = {"is_new": True, "customer_id": "c1"}
    then = [quote(room, **buyer, at=at, known_at=at)["total"] for at in halves]
    believed = [quote(room, **buyer, known_at=at)["total"] for at in halves]
    assert then == believed == ["20.00", "25.00", "20.00", "25.00"]
    assert quote(room, **buyer)["total"] == "25.00"


def test_what_was_believed_is_shown_and_never_sold(room: Room) -> None:
    """A price of before the book changed, asked for by `known_at` alone: a rehearsal, which no order takes."""
    tea = {"name": {"zh": "茶", "en": "Tea"}, "prices": {"base": "30.00"}}
    room.clock.advance(minutes=1)
    room.publish("/pricing/books/standard", {"services": {"fruit_tea": tea}})
    made = quote(room, known_at=NOW.isoformat())
    taken = room.call("POST", f"/pricing/quotes/{made['id']}/redeem", {"order_id": "o1"})
    assert (made["total"], made["state"], quote(room)["total"]) == ("25.00", "rehearsal", "30.00")
    assert (taken.status, taken.json["facts"]["state"]) == (409, "rehearsal")


def test_a_coupon_of_the_past_is_used_only_from_when_it_was(room: Room) -> None:
    """Issued at 10:00, used at 11:00 and given back at 12:00, used at a till at 13:00: half past each it is free, used,
    free, used. Before it was issued there was none: 422."""
    room.publish("/pricing/campaigns/spring", campaign(strategy("coupon", {"amount": "5.00", "base": "after_items"})))
    before = room.clock.now.isoformat()
    room.clock.advance(minutes=1)
    issue = {"campaign": "spring", "strategy": "coupon", "customers": ["c1"]}
    code = room.made("POST", "/pricing/coupons", issue)["data"][0]["code"]
    brought, halves = {"customer_id": "c1", "coupons": [code]}, []
    made: Any = None
    for step in ("", "redeem", "release", "till"):
        if step == "redeem":
            made = quote(room, **brought)
        if step in ("redeem", "release"):
            redeem(room, made, "o1", step)
        if step == "till":
            room.made("POST", f"/pricing/coupons/{code}/redeem", {"store": "s1", "order_id": "o2"})
        room.clock.advance(minutes=30)
        halves.append(room.clock.now.isoformat())
        room.clock.advance(minutes=30)
    then = [quote(room, **brought, at=at)["total"] for at in halves]
    assert then == ["20.00", "25.00", "20.00", "25.00"]
    refused = room.call("POST", "/pricing/quotes", {**TEA, **brought, "at": before})
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/coupons/0")


def test_an_offer_of_the_past_holds_then_though_another_came_after(room: Room) -> None:
    """A moat holds for a day at 20.50, two days later another one at 18.50: each on its day, none in between."""
    terms = {"above": "0.50", "apply": "auto", "max_cut_percent": "50", "hours": 24, "cooldown_hours": 0}
    room.publish("/pricing/campaigns/moat", campaign(strategy("moat", terms)))
    moments = []
    for price in ("20.00", "", "18.00"):
        if price:
            room.made("POST", "/pricing/competitors", {**RIVAL, "price": price})
        room.clock.advance(hours=12)
        moments.append(room.clock.now.isoformat())
        room.clock.advance(hours=12, minutes=1)
    assert [quote(room, at=at)["price"] for at in moments] == ["20.50", "25.00", "18.50"]
