"""C119: a turnover of 60 days against a limit of 45 proposes 5 percent less, within guard rails; it is not applied by
itself beyond what was set, and everything is on record."""

from __future__ import annotations

from typing import Any

import pytest

from functions.pricing import app
from tests.support.carts import NAME, campaign, strategy
from tests.support.http import Context
from tests.support.pricing import Room, pricing_room


def pulse(room: Room, days: int = 60, **more: Any) -> Any:
    body = {"store": "s1", "service": "cooler", "turnover_days": days, **more}
    return room.made("POST", "/pricing/pulse", body)["results"]


def our_price(room: Room) -> Any:
    return room.made("POST", "/pricing/quotes", {"service": "cooler", "store": "s1"})["total"]


def open_shop(room: Room, floor: str = "80.00", auto_percent: str = "0") -> None:
    room.store("s1")
    cooler = {"name": NAME, "prices": {"base": "100.00"}, "floors": {"base": floor}}
    room.publish("/pricing/books/standard", {"services": {"cooler": cooler}})
    terms = {"limit_days": 45, "repurchase_limit_days": 90, "cut_percent": "5", "auto_percent": auto_percent}
    room.publish("/pricing/campaigns/pulse", campaign(strategy("clearance", terms)))


def test_what_stays_too_long_is_proposed_for_less_and_waits_for_a_word() -> None:
    """−5 % of 100.00, with the facts; the price stays until somebody approves, and the record says who."""
    with pricing_room() as room:
        open_shop(room)
        (result,) = pulse(room)
        offer, before = result["offer"], our_price(room)
        room.made("POST", f"/pricing/offers/{offer['id']}/decide", {"decision": "approve"})
        (logged,) = room.made("GET", "/pricing/offers")["data"]
        assert (offer["price"], offer["change_percent"], offer["state"]) == ("95.00", "-5.00", "proposed")
        assert (offer["why"], before, our_price(room)) == ("turnover 60 d > 45 d", "100.00", "95.00")
        assert (logged["id"], logged["state"], logged["decided_by"]) == (offer["id"], "holding", "boss")


def test_an_offer_says_what_it_is_expected_to_change() -> None:
    """Pieces times the difference: 40 coolers at 5.00 less; of one piece where the pulse says no number."""
    with pricing_room() as room:
        open_shop(room)
        (counted,) = pulse(room, units=40)
        assert counted["offer"]["effect"] == {"zh": "40 件 × -5.00 = -200.00", "en": "40 pieces × -5.00 = -200.00"}
    with pricing_room() as room:
        open_shop(room)
        assert pulse(room)[0]["offer"]["effect"] == {"zh": "每件 -5.00", "en": "-5.00 apiece"}


@pytest.mark.parametrize(
    ("auto_percent", "state", "price"), [("4.99", "proposed", "100.00"), ("5", "holding", "95.00")]
)
def test_nobody_has_to_ask(auto_percent: str, state: str, price: str) -> None:
    """88 coolers counted, 28 sold in the 28 days after, so 60 that last 60 days: the morning's schedule proposes −5 %,
    rehearsed on the week's quotes, on record, and holding by itself only within what was set."""
    with pricing_room() as room:
        open_shop(room, auto_percent=auto_percent)
        room.made("POST", "/pricing/stock", {"store": "s1", "service": "cooler", "units": 88})
        for nth in range(28):
            room.clock.advance(days=1)
            till = {"order_id": f"till-{nth}", "store": "s1", "service": "cooler", "customer_id": f"c{nth}"}
            room.made("POST", "/pricing/purchases", till)
            our_price(room)
        app.look({}, Context())
        (logged,) = room.made("GET", "/pricing/offers")["data"]
        assert (logged["why"], logged["price"], logged["state"]) == ("turnover 60 d > 45 d", "95.00", state)
        assert (logged["rehearsal"]["changed"], logged["rehearsal"]["change_percent"]) == (8, "-5.00")
        assert our_price(room) == price


@pytest.mark.parametrize(
    ("auto_percent", "state", "price"), [("4.99", "proposed", "100.00"), ("5", "holding", "95.00")]
)
def test_it_applies_by_itself_only_up_to_what_was_set(auto_percent: str, state: str, price: str) -> None:
    """5 percent less: with a limit of 5 it holds at once, with 4.99 it waits."""
    with pricing_room() as room:
        open_shop(room, auto_percent=auto_percent)
        (result,) = pulse(room)
        assert (result["offer"]["state"], our_price(room)) == (state, price)


def test_the_guard_rails_hold() -> None:
    """The floor of 97.00 stops the cut there; at the floor nothing is proposed; within the limits nothing is either; a
    repurchase cycle that is too long counts as well."""
    with pricing_room() as room:
        open_shop(room, floor="97.00")
        (within,), (rare,) = pulse(room, 45), pulse(room, 10, repurchase_days=91)
        assert (within["reason"], rare["offer"]["price"]) == ("within_limit", "97.00")
    with pricing_room() as room:
        open_shop(room, floor="100.00")
        assert pulse(room)[0]["reason"] == "at_floor"
