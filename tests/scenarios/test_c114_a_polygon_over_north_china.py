"""C114: a polygon over 华北 selects exactly 57 of 300 stores; a bulk change is previewed, applied, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from hubctl.cli import app
from tests.support.chain_of_stores import NORTH_CHINA, stores_of_the_chain
from tests.support.pricing import Room, pricing_room

NAME = {"zh": "华北降价", "en": "Less in North China"}
SELECTION = {"polygon": NORTH_CHINA, "datum": "wgs84"}
BULK = "/pricing/books/standard/bulk"


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    with pricing_room() as room:
        room.hear(*stores_of_the_chain())
        costs = {"fruit_tea": {"base": "15.00"}}
        room.publish("/pricing/guards", {"costs": costs, "min_margin_percent": "10"})
        yield room


def prices(room: Room, *stores: str) -> list[Any]:
    bodies = [{"service": "fruit_tea", "store": store} for store in stores]
    return [room.made("POST", "/pricing/quotes", body)["price"] for body in bodies]


def test_there_are_more_than_twenty_strategies(room: Room) -> None:
    """`hubctl pricing strategies` prints a line each, and the catalogue over HTTP has as many: 24."""
    printed = CliRunner().invoke(app, ["pricing", "strategies"])
    catalogue = room.made("GET", "/pricing/strategies")["data"]
    assert (printed.exit_code, len(printed.stdout.splitlines())) == (0, len(catalogue))
    assert len(catalogue) == 24


def test_the_polygon_selects_exactly_the_stores_in_it(room: Room) -> None:
    """57, and the same by the codes of the five provinces."""
    by_codes = {"regions": ["110000", "120000", "130000", "140000", "150000"]}
    drawn, listed = (room.made("POST", "/pricing/selections", shape) for shape in (SELECTION, by_codes))
    assert (drawn["count"], drawn["stores"], drawn["unplaced"]) == (57, listed["stores"], 0)


def test_a_bulk_change_is_previewed_applied_and_taken_back(room: Room) -> None:
    """The preview shows how many stores, the lowest margin and what speaks against it, and changes nothing; applying is
    one pointer, for every store at once; so is going back."""
    change = {"id": "north", "name": NAME, "services": ["fruit_tea"], "value": "-10", **SELECTION}
    preview = room.made("POST", BULK, change, query={"dry_run": "1"})
    before = prices(room, "s001", "s057", "s058")
    applied = room.made("POST", BULK, change)
    after = prices(room, "s001", "s057", "s058")
    room.made("POST", "/pricing/books/standard/revert", {"version": 0})
    assert (preview["count"], preview["changed_prices"], preview["conflicts"], preview["version"]) == (57, 57, [], None)
    assert (preview["min_margin_percent"], preview["largest_change_percent"]) == ("24.24", "10.00")
    assert (before, after) == (["22.00", "22.00", "22.00"], ["19.80", "19.80", "22.00"])
    assert (applied["version"], prices(room, "s001", "s057")) == (1, ["22.00", "22.00"])


def test_what_speaks_against_a_change_is_said_and_refused(room: Room) -> None:
    """25 percent off leave a margin below the guard rail in every store: shown as conflicts, refused as a whole."""
    change = {"id": "too_much", "name": NAME, "services": ["fruit_tea"], "value": "-25", **SELECTION}
    preview = room.made("POST", BULK, change, query={"dry_run": "1"})
    refused = room.call("POST", BULK, change)
    assert {(row["rule"], row["now"]) for row in preview["conflicts"]} == {("below_margin", "16.50")}
    assert (refused.status, prices(room, "s001")) == (422, ["22.00"])
