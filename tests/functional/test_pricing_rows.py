"""Rows, factors and guard rails of a book, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.support.http import token
from tests.support.pricing import Room, pricing_room

NAME = {"zh": "鲜果茶", "en": "Fruit tea"}
ROWS = [
    {"place": "310000", "price": "24.00", "channel": "mini_program"},
    {"place": "310000", "price": "23.00", "level": "gold"},
    {"place": "310000", "price": "22.00", "min_quantity": 10},
    {"place": "310000", "price": "21.00", "weekdays": [6, 7], "hours": {"begins": "22:00", "ends": "02:00"}},
]
TEA = {"name": NAME, "prices": {"base": "20.00", "310000": "25.00"}, "rows": ROWS}
FACTORS = [
    {"id": "level", "input": "city_level", "name": NAME, "values": {"tier:1": "1.15", "base": "1"}},
    {"id": "rivals", "input": "competitor_density", "name": NAME, "values": {"310101": "0.95"}},
    {"id": "freight", "input": "logistics_cost", "name": NAME, "mode": "plus", "values": {"base": "0.50"}},
]


@pytest.fixture
def room() -> Iterator[Room]:
    with pricing_room() as room:
        room.store("s1", "310101")
        room.publish("/pricing/books/standard", {"services": {"tea": TEA}, "tiers": {"310100": 1}})
        yield room


def price(room: Room, **more: Any) -> Any:
    return room.made("POST", "/pricing/quotes", {"service": "tea", "region": "310101", **more})["price"]


def test_the_row_that_says_most_counts(room: Room) -> None:
    """Level before channel before hours and weekdays before quantity; hours run over midnight."""
    night = [datetime.fromisoformat(f"2026-12-05T{at}:00+08:00").isoformat() for at in ("21:59", "22:00", "02:00")]
    prices = [
        price(room),
        price(room, channel="mini_program"),
        price(room, channel="mini_program", customer_level="gold"),
        price(room, quantity=10),
        *(price(room, at=at) for at in night),
    ]
    assert prices == ["25.00", "24.00", "23.00", "22.00", "25.00", "21.00", "25.00"]


def test_factors_show_how_a_price_came_about(room: Room) -> None:
    """25.00 × 1.15 × 0.95 + 0.50 = 27.8125, rounded once, to 27.81; each factor with its place and what it came to."""
    room.publish("/pricing/books/standard", {"services": {"tea": TEA}, "tiers": {"310100": 1}, "factors": FACTORS})
    made = room.made("POST", "/pricing/quotes", {"service": "tea", "region": "310101"})
    factors = [(row["id"], row["place"], row["value"], row["price"]) for row in made["lines"][0]["factors"]]
    assert (made["price"], factors) == (
        "27.81",
        [
            ("level", "tier:1", "1.15", "28.75"),
            ("rivals", "310101", "0.95", "27.3125"),
            ("freight", "base", "0.5", "27.8125"),
        ],
    )


@pytest.mark.parametrize(
    ("row", "pointer"),
    [
        ({"place": "310000", "price": "1.00", "level": "gold"}, "/document/services/tea/rows/4"),
        ({"place": "990000", "price": "1.00"}, "/document/services/tea/rows/4"),
        ({"place": "310000", "price": "-1.00"}, "/document/services/tea/rows/4/price"),
        ({"place": "310000", "price": "26.00", "min_quantity": 20}, "/document/services/tea/rows/4"),
    ],
)
def test_rows_that_cannot_be_are_refused_at_the_draft(room: Room, row: dict[str, Any], pointer: str) -> None:
    """Two for the same case, a region that is none, a negative price, more pieces dearer where prices are declared to
    fall: 422 with the row."""
    tea = {**TEA, "falling": True, "rows": [*ROWS, row]}
    refused = room.call("PUT", "/pricing/books/standard/draft", {"document": {"services": {"tea": tea}}})
    assert (refused.status, [error["pointer"] for error in refused.json["errors"]]) == (422, [pointer])


def test_a_place_without_a_price_names_the_nearest_that_has_one(room: Room) -> None:
    """422: what is missing, and where there is one."""
    tea = {"name": NAME, "prices": {"310115": "25.00", "440000": "20.00"}}
    room.publish("/pricing/books/standard", {"services": {"tea": tea}})
    refused = room.call("POST", "/pricing/quotes", {"service": "tea", "region": "310101"})
    rule = "tea has no price there; the nearest that has one is 310115"
    assert (refused.status, refused.json["errors"]) == (422, [{"pointer": "/region", "detail": rule}])


def test_the_nearest_is_one_that_sells_to_whoever_asks(room: Room) -> None:
    """The next district has a price for gold customers alone, a city further on one for everybody."""
    rows = [
        {"place": "310115", "price": "20.00", "level": "gold"},
        {"place": "310115", "price": "21.00", "min_quantity": 5},
    ]
    tea = {"name": NAME, "prices": {"440100": "25.00"}, "rows": rows}
    room.publish("/pricing/books/standard", {"services": {"tea": tea}})
    asked = {"service": "tea", "region": "310101"}
    refused = [room.call("POST", "/pricing/quotes", {**asked, **more}) for more in ({}, {"customer_level": "gold"})]
    nearest = [answer.json["errors"][0]["detail"].rpartition(" ")[2] for answer in refused]
    assert nearest == ["440100", "310115"]


def test_above_the_approval_limit_it_takes_an_administrator(room: Room) -> None:
    """15 percent less by finance alone; 30 percent is 403 for finance, and an administrator's to do."""
    finance = token("finance", sub="zhao.min")
    statuses = [
        room.call("POST", "/pricing/books/standard/bulk",
                  {"id": f"less{value[1:]}", "name": NAME, "value": value, "stores": ["s1"]}, as_=as_).status
        for value, as_ in (("-15", finance), ("-30", finance), ("-30", None))
    ]  # fmt: skip
    assert (statuses, price(room, store="s1")) == ([200, 403, 200], "14.88")


def test_a_bulk_change_sent_twice_stands_once(room: Room) -> None:
    """With one key the repeat is told what the first made, and prices fall by 10 percent, not by 19; without a key its
    id is known: 422 where it stands in the book, and nothing changes."""
    change = {"id": "autumn", "name": NAME, "value": "-10", "stores": ["s1"]}
    was = price(room, store="s1")
    first, again = (room.call("POST", "/pricing/books/standard/bulk", change, key="k1") for _ in range(2))
    bare = room.call("POST", "/pricing/books/standard/bulk", change)
    assert (first.status, again.json, again.headers["idempotency-replayed"]) == (200, first.json, "true")
    assert (bare.status, bare.json["errors"][0]["pointer"]) == (422, "/document/factors/1/id")
    assert (was, price(room, store="s1")) == ("25.00", "22.50")
