"""A proposal is rehearsed on past quotes before anybody says yes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.carts import campaign, strategy
from tests.support.pricing import Room, pricing_room

TEA = {"service": "fruit_tea", "store": "s1"}
PULSE = {"store": "s1", "service": "fruit_tea", "turnover_days": 60}
MONDAYS = {"days": [1], "cut": {"percent": "50"}}


@pytest.fixture
def room() -> Iterator[Room]:
    """A clearance of 20 percent waits for a word; on Mondays tea costs half."""
    with pricing_room() as room:
        room.store("s1")
        room.store("s2")
        clearance = strategy("clearance", {"limit_days": 45, "cut_percent": "20"})
        room.publish("/pricing/campaigns/spring", campaign(clearance, strategy("weekday", MONDAYS, priority=0)))
        yield room


def quote(room: Room, **more: Any) -> Any:
    return room.made("POST", "/pricing/quotes", {**TEA, **more})


def rehearsed(room: Room, offer_id: str, days: int = 7) -> dict[str, Any]:
    answer: dict[str, Any] = room.made("POST", f"/pricing/offers/{offer_id}/rehearse", {"days": days})
    return answer


def test_past_quotes_say_what_a_proposal_would_do(room: Room) -> None:
    """Tea at 25.00, on a Monday at 12.50, where 20.00 change nothing. Over three days: one piece on Monday, two on
    Tuesday, a repair visit on Wednesday, nothing of another store; 75.00 would be 62.50. Nothing is changed by it."""
    asked = ({}, {"quantity": 2}, {"service": "repair_visit"})
    for more in asked:
        quote(room, **more)
        quote(room, store="s2")
        room.clock.advance(days=1)
    (proposed,) = (row["offer"] for row in room.made("POST", "/pricing/pulse", PULSE)["results"])
    told = rehearsed(room, proposed["id"])
    assert (proposed["state"], proposed["price"]) == ("proposed", "20.00")
    assert (told["quotes"], told["changed"], told["left_out"]) == (3, 1, 0)
    visit = quote(room, service="repair_visit")["total"]
    assert float(told["was"]) - float(visit) == 62.50
    assert float(told["was"]) - float(told["now"]) == 10.00
    assert room.made("GET", f"/pricing/offers/{proposed['id']}")["state"] == "proposed"


def test_only_the_days_that_are_asked_for_count(room: Room) -> None:
    """Three days ago and today: of one day today's alone. What was asked for another moment is no past quote."""
    quote(room)
    room.clock.advance(days=3)
    quote(room)
    quote(room, at="2026-11-30T02:00:00Z")
    (proposed,) = (row["offer"] for row in room.made("POST", "/pricing/pulse", PULSE)["results"])
    assert [rehearsed(room, proposed["id"], days)["quotes"] for days in (1, 7)] == [1, 2]


def test_what_is_sold_no_more_is_left_out_and_counted(room: Room) -> None:
    """The book has changed since: the quote cannot be priced, and the figures say so."""
    quote(room, service="repair_visit")
    (proposed,) = (row["offer"] for row in room.made("POST", "/pricing/pulse", PULSE)["results"])
    tea = {"fruit_tea": {"name": {"zh": "茶", "en": "Tea"}, "prices": {"base": "25.00"}}}
    room.publish("/pricing/books/standard", {"services": tea})
    told = rehearsed(room, proposed["id"])
    assert (told["quotes"], told["left_out"], told["was"]) == (0, 1, "0.00")
