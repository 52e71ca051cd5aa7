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
    assert again["rows"] == 8
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


def test_a_file_as_excel_in_china_writes_it_is_read(room: Room) -> None:
    """CSV in GB18030 without a BOM, with a note in a column of its own that only GB18030 can hold."""
    text = HEADER.strip() + ",备注\n" + "fruit_tea,base,21.00,,,,,,,䶮记\n"
    body = {"content_base64": base64.b64encode(text.encode("gb18030")).decode()}
    assert room.made("POST", TABLE, body)["rows"] == 1
    assert room.made("POST", "/pricing/quotes", {"service": "fruit_tea", "region": "310000"})["price"] == "21.00"


@pytest.mark.parametrize(
    ("row", "pointer"),
    [
        ("fruit_tea,base,20.00,,,,mon,,", "/rows/2/weekdays/0"),
        ("fruit_tea,base,20.00,,,,8,,", "/rows/2/weekdays/0"),
        ("fruit_tea,base,20.00,,,,²,,", "/rows/2/weekdays/0"),
        ("fruit_tea,base,20.00,,,0,,,", "/rows/2/min_quantity"),
        ("fruit_tea,base,20.00,,,,,09:00,", "/rows/2/hours/ends"),
        ("fruit_tea,base,20.00,,,,,09:00,25:00", "/rows/2/hours/ends"),
        ("fruit_tea,base,-1.00,,,,,,", "/rows/2/price"),
        ("fruit_tea,990000,20.00,,,,,,", "/fruit_tea/rows/0"),
        ("fruit_tea,store:nowhere,20.00,,,,,,", "/document/services/fruit_tea/sheet"),
    ],
)
def test_each_cell_that_cannot_be_is_refused_by_row_and_column(room: Room, row: str, pointer: str) -> None:
    """A word for a weekday is not every day: 422 with the row and the column, and nothing is taken."""
    refused = upload(room, row + "\n")
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, pointer)
    assert room.made("POST", "/pricing/quotes", {"service": "fruit_tea", "region": "310000"})["price"] == "25.00"


def test_floors_stay_however_often_a_table_is_handed_in(room: Room) -> None:
    """The table says nothing of floors: what was the floor before the first and the second is it after."""
    tea = {"name": {"zh": "茶", "en": "Tea"}, "prices": {"base": "20.00"}, "floors": {"base": "16.00"}}
    room.publish("/pricing/books/standard", {"services": {"fruit_tea": tea}})
    for price in ("19.00", "18.00"):
        assert upload(room, f"fruit_tea,base,{price},,,,,,\n").status == 200
    refused = upload(room, "fruit_tea,base,15.00,,,,,,\n")
    assert refused.json["errors"][0]["detail"] == "comes to 15.00 in base, below its floor 16.00"


def test_what_falls_with_quantity_falls_in_a_table_too(room: Room) -> None:
    """Declared so in the book: ten that cost more apiece are refused, wherever the rows lie."""
    tea = {"name": {"zh": "茶", "en": "Tea"}, "prices": {"base": "20.00"}, "falling": True}
    room.publish("/pricing/books/standard", {"services": {"fruit_tea": tea}})
    refused = upload(room, "fruit_tea,base,20.00,,,,,,\nfruit_tea,310000,21.00,,,10,,,\n")
    rule = "must not cost more apiece: 21.00 from 10 pieces on in 310000, and 20.00 before"
    assert [error["detail"] for error in refused.json["errors"]] == [rule]
    assert upload(room, "fruit_tea,base,20.00,,,,,,\nfruit_tea,310000,19.00,,,10,,,\n").status == 200
