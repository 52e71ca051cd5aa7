"""What a quote reads: three items at most, however long the history and however large the book."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from functions.pricing import app
from tests.functional.test_pricing_room import Reads
from tests.support.hosts import install
from tests.support.pricing import NOW, pricing_room

NAME = {"zh": "服务", "en": "Service"}
SERVICES, PLACES, VERSIONS = 200, 2000, 200


def test_three_items_of_a_book_of_400_000_prices_with_200_versions() -> None:
    """200 services with 2,000 prices each, in sheets; 200 versions: a quote in a new process reads the pointer, the
    version and one sheet; in the same process the pointer alone."""
    places = {"base": "25.00"} | {str(110101 + nth): f"{nth % 90 + 10}.00" for nth in range(PLACES - 1)}
    with pricing_room() as room:
        sheets = [
            room.made("POST", "/pricing/sheets", {"prices": {**places, "base": f"{nth + 1}.00"}})
            for nth in range(SERVICES)
        ]
        services: dict[str, Any] = {f"s{nth}": {"name": NAME, "sheet": sheet["id"]} for nth, sheet in enumerate(sheets)}
        assert {sheet["rows"] for sheet in sheets} == {PLACES}
        for number in range(VERSIONS):
            room.clock.now = NOW + timedelta(minutes=number)
            services["s0"] = {"name": {**NAME, "en": f"Service {number}"}, "sheet": sheets[0]["id"]}
            room.publish("/pricing/books/standard", {"services": services})
        reads = Reads(room.session)
        install(app.room, reads, room.clock)
        quotes, counts = [], []
        for _ in range(2):
            reads.items = 0
            quotes.append(room.made("POST", "/pricing/quotes", {"service": "s7", "region": "110105"}))
            counts.append(reads.items)
        assert ([quote["price"] for quote in quotes], quotes[0]["book_version"]) == (["14.00", "14.00"], VERSIONS)
        assert (counts[0] <= 3, counts[1]) == (True, 1)


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
