"""Prices as tables: out as CSV and XLSX, and in again."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.pricing import Room, pricing_room

TABLE = "/pricing/books/standard/table"
HEADER = "service,place,price,channel,level,min_quantity,weekdays,begins,ends\n"


@pytest.fixture
def room() -> Iterator[Room]:
    with pricing_room() as room:
        yield room


def upload(room: Room, text: str, **query: str) -> Any:
    body = {"content_base64": base64.b64encode((HEADER + text).encode()).decode()}
    return room.call("POST", TABLE, body, query=query)


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_what_goes_out_comes_in_again_the_same(room: Room, file_format: str) -> None:
    """Every price of the book, in either format."""
    table = room.made("GET", TABLE, query={"format": file_format})
    body = {"format": file_format, "content_base64": table["content_base64"]}
    done = room.made("POST", TABLE, body)
    again = room.made("GET", TABLE, query={"format": file_format})
    assert (table["rows"], done["rows"], done["version"]) == (8, 8, 1)
    assert base64.b64decode(again["content_base64"])[:2000] or again["rows"] == 8
    assert room.made("POST", "/pricing/quotes", {"service": "fruit_tea", "region": "410300"})["price"] == "18.00"


def test_a_table_replaces_the_prices_of_the_services_that_it_names(room: Room) -> None:
    """Rows with level, weekdays and hours; the other services stay; a rehearsal changes nothing."""
    rows = "fruit_tea,base,20.00,,,,,,\nfruit_tea,base,18.00,,gold,,17,09:00,12:00\n"
    rehearsed = upload(room, rows, dry_run="1").json
    before = room.made("POST", "/pricing/quotes", {"service": "fruit_tea", "region": "310000"})["price"]
    upload(room, rows)
    quotes = [
        room.made("POST", "/pricing/quotes", {"service": service, "region": "310000", "customer_level": level})["price"]
        for service, level in (("fruit_tea", ""), ("fruit_tea", "gold"), ("repair_visit", ""))
    ]
    assert (rehearsed["version"], before, quotes) == (None, "25.00", ["20.00", "18.00", "100.00"])


def test_every_wrong_row_is_named_and_nothing_is_taken(room: Room) -> None:
    """A price that is none, a place that is none, a service that is not sold, two rows for the same."""
    wrong = upload(room, "fruit_tea,base,x,,,,,,\nfruit_tea,31,2.00,,,,,,\n")
    stranger = upload(room, "haircut,base,1.00,,,,,,\n")
    twice = upload(room, "fruit_tea,base,1.00,,,,,,\nfruit_tea,base,2.00,,,,,,\n")
    pointers = [error["pointer"] for answer in (wrong, stranger, twice) for error in answer.json["errors"]]
    assert [answer.status for answer in (wrong, stranger, twice)] == [422] * 3
    assert pointers == ["/rows/2/price", "/rows/3/place", "/rows", "/fruit_tea/rows/1"]
