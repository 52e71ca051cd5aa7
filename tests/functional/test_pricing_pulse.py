"""The pulse by itself: what orders take and stock that is told, held against the rules each morning."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.pricing import app
from hub.edge.bus import Change
from tests.support.aws import TENANT
from tests.support.carts import NAME, campaign, strategy
from tests.support.http import Context, sqs_batch, token
from tests.support.pricing import NOW, Room, pricing_room

STOCK, PURCHASES = "/pricing/stock", "/pricing/purchases"
COOLER = {"store": "s1", "service": "cooler"}
RULE = {"limit_days": 45, "repurchase_limit_days": 90, "cut_percent": "5", "auto_percent": "0"}


@pytest.fixture
def room() -> Iterator[Room]:
    """Coolers at 100.00, floor 80.00, a rule of 45 days, in a store of 上海."""
    with pricing_room() as room:
        room.store("s1")
        cooler = {"name": NAME, "prices": {"base": "100.00"}, "floors": {"base": "80.00"}}
        room.publish("/pricing/books/standard", {"services": {"cooler": cooler}})
        room.publish("/pricing/campaigns/pulse", campaign(strategy("clearance", RULE)))
        yield room


def look(room: Room) -> list[Any]:
    """The schedule fires; the offers that there are then."""
    app.look({}, Context())
    offers: list[Any] = room.made("GET", "/pricing/offers")["data"]
    return offers


def seen(room: Room) -> Any:
    return room.made("GET", "/pricing/stores/s1/pulse")["data"][0]


def quote(room: Room, **more: Any) -> Any:
    return room.made("POST", "/pricing/quotes", {**COOLER, **more})


def follow(room: Room, made: Any, verb: str, order_id: str, old: dict[str, Any] | None = None) -> None:
    """An order takes the quote or gives it back; the stream tells of it twice."""
    room.made("POST", f"/pricing/quotes/{made['id']}/{verb}", {"order_id": order_id})
    change = {"table": "pricing", "kind": "MODIFY", "pk": f"{TENANT}#quote#{made['id']}", "sk": "redemption",
              "new": None, "old": old}  # fmt: skip
    assert app.room.follows(Change(**change))
    for _ in range(2):
        assert app.on_change(sqs_batch(change), Context()) == {"batchItemFailures": []}


def sell_for_weeks(room: Room, pieces: int) -> None:
    """A piece a day by quotes of the hub's, for four weeks, each of another customer."""
    for nth in range(pieces):
        follow(room, quote(room, customer_id=f"c{nth}"), "redeem", f"o{nth}")
        room.clock.advance(days=1)


def test_the_rules_look_by_themselves_at_what_orders_took_and_what_is_in_stock(room: Room) -> None:
    """88 coolers told, 28 sold in 28 days by redeemed quotes, so 60 left at one a day: 60 d > 45 d, 95.00 is proposed
    by the schedule alone, with what the last week's quotes would have come to. It waits for a word, and the same
    morning's second run proposes nothing more."""
    room.made("POST", STOCK, {**COOLER, "units": 88})
    room.clock.advance(hours=1)
    sell_for_weeks(room, 28)
    (offer,), again = look(room), look(room)
    assert (offer["price"], offer["state"], offer["why"]) == ("95.00", "proposed", "turnover 60 d > 45 d")
    assert offer["effect"]["en"] == "60 pieces × -5.00 = -300.00"
    assert (offer["rehearsal"]["quotes"], offer["rehearsal"]["was"], offer["rehearsal"]["now"]) == (
        7,
        "700.00",
        "665.00",
    )
    assert (len(again), quote(room)["total"]) == (1, "100.00")
    told = seen(room)
    assert (told["units"], told["units_left"], told["sold"], told["turnover_days"]) == (88, 60, 28, 60)
    assert (told["outcome"], told["offer_id"]) == ("proposed", offer["id"])


def test_it_is_looked_at_once_a_day_in_the_morning(room: Room) -> None:
    """Told at 10:00, due at 5:00 the next morning in the tenant's zone: a run before that sees nothing, and says when
    the next is due; after a look it is the morning after."""
    room.made("POST", STOCK, {**COOLER, "units": 88})
    morning = datetime.fromisoformat("2026-12-01T05:00:00+08:00")
    assert datetime.fromisoformat(app.look({}, Context())["rests_until"]) == morning
    assert seen(room)["outcome"] == ""
    room.clock.now = morning
    assert datetime.fromisoformat(app.look({}, Context())["rests_until"]) == morning + timedelta(days=1)
    assert seen(room)["outcome"] == "too_early"


@pytest.mark.parametrize(("steps", "left"), [(1, 93), (2, 96), (3, 93)])
def test_an_order_counts_once_and_no_more_when_it_is_given_back(room: Room, steps: int, left: int) -> None:
    """Of 100 an order takes three, in two lines of a cart; the till tells of it as well, and of four of another. Given
    back, none of the three; taken by another order, that one's."""
    room.made("POST", STOCK, {**COOLER, "units": 100})
    lines = [{"service": "cooler", "quantity": 2}, {"service": "cooler", "quantity": 1}]
    made = room.made("POST", "/pricing/quotes", {"lines": lines, "store": "s1"})
    room.clock.advance(minutes=1)
    taken = [("redeem", "o1", None), ("release", "o1", {"order_id": "o1", "state": "redeemed"}),
             ("redeem", "o2", {"order_id": "o1", "state": "released"})]  # fmt: skip
    follow(room, made, *taken[0])
    till = {"order_id": "o1", **COOLER, "pieces": 3}
    counted = [
        room.made("POST", PURCHASES, {**till, **more})["counted"] for more in ({}, {"order_id": "o9", "pieces": 4})
    ]
    for step in taken[1:steps]:
        follow(room, made, *step)
    room.clock.advance(days=1)
    look(room)
    assert (counted, seen(room)["units_left"]) == ([False, True], left)


def test_a_cycle_that_is_too_long_proposes_as_well(room: Room) -> None:
    """Three customers who come back after 100 days on average, 90 being let: told by the till, without any stock."""
    for nth, gap in enumerate((80, 100, 120)):
        for days, order in ((130, "a"), (130 - gap, "b")):
            at = (NOW - timedelta(days=days)).isoformat()
            body = {"order_id": f"{order}{nth}", **COOLER, "customer_id": f"c{nth}", "at": at}
            room.made("POST", PURCHASES, body)
    (offer,) = look(room)
    assert (offer["why"], offer["price"]) == ("repurchase 100 d", "95.00")


@pytest.mark.parametrize(
    ("guards", "price"),
    [
        ({"costs": {"cooler": {"base": "90.00"}}, "min_margin_percent": "8"}, "97.83"),
        ({"max_change_percent": "3"}, "97.00"),
    ],
)
def test_what_is_proposed_stays_within_the_guard_rails(room: Room, guards: Any, price: str) -> None:
    """5 percent off 100.00 would be 95.00: a margin of 8 percent on a cost of 90.00 holds it at 97.83, a step of 3
    percent at 97.00."""
    room.publish("/pricing/guards", guards)
    (result,) = room.made("POST", "/pricing/pulse", {**COOLER, "turnover_days": 60})["results"]
    assert result["offer"]["price"] == price


def test_what_is_approved_was_rehearsed(room: Room) -> None:
    """Proposed against a competitor it has not been yet; approved, it keeps what the last week would have come to."""
    room.store("s2", at=(31.2304, 121.4737))
    room.publish("/pricing/campaigns/pulse", campaign(strategy("moat", {"above": "0.50"})))
    room.made("POST", "/pricing/quotes", {**COOLER, "store": "s2", "quantity": 2})
    rival = {"competitor_id": "r1", "service": "cooler", "price": "89.50",
             "position": {"latitude": 31.2304, "longitude": 121.4837, "datum": "wgs84"}}  # fmt: skip
    room.clock.advance(minutes=1)
    (result,) = room.made("POST", "/pricing/competitors", rival)["results"]
    done = room.made("POST", f"/pricing/offers/{result['offer']['id']}/decide", {"decision": "approve"})
    assert (result["offer"]["state"], result["offer"]["rehearsal"]) == ("proposed", None)
    assert (done["state"], done["rehearsal"]["was"], done["rehearsal"]["now"]) == ("holding", "200.00", "180.00")
    assert room.made("GET", f"/pricing/offers/{done['id']}")["rehearsal"] == done["rehearsal"]


def test_an_offer_above_the_approval_limit_is_an_administrators(room: Room) -> None:
    """5 percent less where 4 may be approved by whoever decides: the store's manager hears 403, and may say no."""
    room.publish("/pricing/guards", {"approval_percent": "4"})
    (result,) = room.made("POST", "/pricing/pulse", {**COOLER, "turnover_days": 60})["results"]
    manager = token("store_manager", sub="li.na", region="310101", stores=("s1",), level="store")
    where = f"/pricing/offers/{result['offer']['id']}/decide"
    refused = room.call("POST", where, {"decision": "approve"}, as_=manager)
    assert (refused.status, refused.json["facts"]) == (403, {"change": "-5.00%", "limit": "4%"})
    assert room.call("POST", where, {"decision": "refuse"}, as_=manager).status == 200


@pytest.mark.parametrize(
    ("path", "change", "pointer"),
    [
        (STOCK, {"units": -1}, "/units"),
        (STOCK, {"units": 1.5}, "/units"),
        (STOCK, {"store": "nowhere"}, "/store"),
        (STOCK, {"service": "haircut"}, "/service"),
        (STOCK, {"at": "2027-01-01T00:00:00+08:00"}, "/at"),
        (PURCHASES, {"pieces": 0}, "/pieces"),
        (PURCHASES, {"order_id": "#"}, "/order_id"),
        (PURCHASES, {"customer_id": "a b"}, "/customer_id"),
        (PURCHASES, {"store": "nowhere"}, "/store"),
        (PURCHASES, {"service": "haircut"}, "/service"),
        (PURCHASES, {"at": "2027-01-01T00:00:00+08:00"}, "/at"),
    ],
)
def test_a_fact_that_cannot_be_is_refused_by_its_field(
    room: Room, path: str, change: dict[str, Any], pointer: str
) -> None:
    """422 with the place, and nothing is kept."""
    own = {"units": 5} if path == STOCK else {"order_id": "o1"}
    refused = room.call("POST", path, {**COOLER, **own, **change})
    assert (refused.status, [error["pointer"] for error in refused.json["errors"]]) == (422, [pointer])
    assert room.made("GET", "/pricing/stores/s1/pulse")["data"] == []


def test_another_stores_manager_tells_nothing_and_sees_nothing(room: Room) -> None:
    """Facts of a store are its own people's, and systems': another's are refused, its pulse is not there."""
    room.store("s2", "440103")
    stranger = token("store_manager", sub="li.na", region="440103", stores=("s2",), level="store")
    assert room.call("POST", STOCK, {**COOLER, "units": 1}, as_=stranger).status == 403
    assert room.call("POST", PURCHASES, {**COOLER, "order_id": "o1"}, as_=stranger).status == 403
    assert room.call("GET", "/pricing/stores/s1/pulse", as_=stranger).status == 404


def test_a_store_or_service_that_is_gone_holds_up_nothing(room: Room) -> None:
    """A service that the book has no more is noted and looked at again tomorrow; the next one gets its offer."""
    book = {key: {"name": NAME, "prices": {"base": "100.00"}} for key in ("cooler", "fan")}
    room.publish("/pricing/books/standard", {"services": book})
    for service in book:
        room.made("POST", STOCK, {"store": "s1", "service": service, "units": 5})
    room.publish("/pricing/books/standard", {"services": {"fan": book["fan"]}})
    room.clock.advance(days=8)
    assert [offer["service"] for offer in look(room)] == ["fan"]
    assert seen(room)["outcome"] == "no_price"
