"""What a quote reads: three items at most, however long the history and however large the book."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from typing import Any

from functions.pricing import app
from functions.pricing.books.book_kind import BOOKS
from hub.contracts.pricing_books import PriceSheet
from hub.documents.submissions import Submission
from hub.kernel.places import region_names
from tests.functional.test_pricing_room import Reads
from tests.support.hosts import install
from tests.support.pricing import NOW, Room, pricing_room

NAME = {"zh": "服务", "en": "Service"}
SERVICES, PLACES, VERSIONS = 8, 2000, 30
"""The whole of it, 200 × 2,000 prices and 200 versions, is read in benchmarks/bench_quote_reads.py."""


def test_three_items_however_large_the_book_and_long_its_history() -> None:
    """Services with 2,000 prices each, in sheets, and many versions: a quote in a new process reads the pointer, the
    version and one sheet; in the same process the pointer alone."""
    counts = reads_of_quotes(SERVICES, VERSIONS)
    assert (counts[0] <= 3, counts[1]) == (True, 1)


def reads_of_quotes(count: int, versions: int) -> list[int]:
    """The items that a quote reads in a new process, and the next one in the same."""
    with pricing_room() as room:
        publish_versions(room, count, versions)
        reads = Reads(room.session)
        install(app.room, reads, room.clock)
        quotes, counts = [], []
        for _ in range(2):
            reads.items = 0
            quotes.append(room.made("POST", "/pricing/quotes", {"service": "s7", "region": "110105"}))
            counts.append(reads.items)
        assert ([quote["price"] for quote in quotes], quotes[0]["book_version"]) == (["14.00", "14.00"], versions)
        return counts


def publish_versions(room: Room, count: int, versions: int) -> None:
    """A book of so many services with a sheet each, published so many times: by the room's store, not over HTTP."""
    desk = app.room.desk
    codes = islice(region_names(), PLACES - 1)
    places = {"base": "25.00"} | {code: f"{nth % 90 + 10}.00" for nth, code in enumerate(codes)}
    sheets = [PriceSheet(prices={**places, "base": f"{nth + 1}.00"}) for nth in range(count)]
    services: dict[str, Any] = {
        f"s{nth}": {"name": NAME, "sheet": desk.sheets.keep(sheet, "CNY")} for nth, sheet in enumerate(sheets)
    }
    for number in range(versions):
        room.clock.now = NOW + timedelta(minutes=number)
        services["s0"] = {**services["s0"], "name": {**NAME, "en": f"Service {number}"}}
        desk.documents.publish(BOOKS, "standard", Submission({"services": services}), "finance")


def test_the_same_sheet_is_kept_once_and_a_wrong_one_is_refused() -> None:
    """Named by what it holds; overlapping rows, a price that is none, another currency: 422 with each place."""
    with pricing_room() as room:
        first, again = (room.made("POST", "/pricing/sheets", {"prices": {"base": "1.00"}}) for _ in range(2))
        rows = [{"place": "base", "price": "2.00"}, {"place": "base", "price": "3.00"}]
        refused = room.call("POST", "/pricing/sheets", {"rows": rows})
        book = {"currency": "USD", "services": {"tea": {"name": NAME, "sheet": first["id"]}}}
        foreign = room.call("PUT", "/pricing/books/usa/draft", {"document": book})
        assert first == again
        assert (refused.status, [error["pointer"] for error in refused.json["errors"]]) == (422, ["/rows/1"])
        assert (foreign.status, foreign.json["errors"][0]["pointer"]) == (422, "/document/services/tea/sheet")
