"""C103: a ticket shows what it brings and takes while it is open, turns red before it is too late, and service by
service it is seen what earns less than was expected."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from functions.settlement.facts.items import TICKET_ITEMS
from tests.support.settlement_room import Till, handed, till


@pytest.fixture(scope="module")
def room() -> Iterator[Till]:
    with till() as made:
        yield made


def test_there_are_at_least_twenty_typed_items(room: Till) -> None:
    """Each has a unit and a side; the API lists them."""
    items = {row["item"] for row in room.call("GET", "/settlement/rules").json["items"]}
    assert len(TICKET_ITEMS) >= 20
    assert {item.key for item in TICKET_ITEMS} <= items


def test_a_loss_is_red_while_the_ticket_is_open(room: Till) -> None:
    """Labour 2 h × 60, part 80, travel 20, revenue 200: green, then yellow with a warning, then −20.00, red."""
    ticket = {"about": {"ticket": "tkt_1", "item": "空调维修"}}
    room.hand_in(handed("ticket", 1, charge="200.00", parts="80.00", **ticket))
    green = room.call("GET", "/settlement/profit/tickets/tkt_1").json
    room.hand_in(handed("ticket", 2, labour_minutes=120, labour_rate="60.00", **ticket))
    thin = room.call("GET", "/settlement/profit/tickets/tkt_1").json
    room.hand_in(handed("ticket", 3, travel="20.00", **ticket))
    loss = room.call("GET", "/settlement/profit/tickets/tkt_1").json
    assert [(view["margin"], view["colour"]) for view in (green, thin, loss)] == [
        ("120.00", "green"),
        ("0.00", "yellow"),
        ("-20.00", "red"),
    ]
    assert thin["warning"]["zh"] == "本单即将亏损"
    assert loss["warning"]["zh"] == "本单已亏损"


def test_a_service_that_earns_less_than_was_expected_is_found(room: Till) -> None:
    """贴膜 was expected to bring 1,000.00 and brings 850.00: −15 %, red."""
    for number in range(10, 20):
        about = {"ticket": f"film_{number}", "item": "贴膜"}
        room.hand_in(handed("ticket", number, charge="115.00", consumables="30.00", estimate="100.00", about=about))
    board = room.call("GET", "/settlement/profit", query={"by": "item"}).json
    film = next(row for row in board["rows"] if row["name"] == "贴膜")
    assert (film["margin"], film["estimate_rate"], film["colour"]) == ("850.00", "-15%", "red")
