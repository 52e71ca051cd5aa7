"""What the room's kinds of documents are checked against, and read from: stores, books, sheets, and books of before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from functions.pricing.books.books import Book, PriceTable
from functions.pricing.places.places import Store
from hub.kernel.errors import NotFound


class Stores(Protocol):
    """The room's copy of the stores."""

    def every_store(self) -> Sequence[Store]: ...


class Sheets(Protocol):
    """The room's sheets of prices."""

    def table(self, sheet_id: str, currency: str) -> PriceTable: ...


def no_books() -> Mapping[str, Book]:
    """Before the room's documents are there."""
    return {}


@dataclass
class Context:
    """old_books: what was stored of books before they were documents. books: every book in force, by its key."""

    stores: Stores
    sheets: Sheets
    old_books: Any = field(repr=False)
    books: Callable[[], Mapping[str, Book]] = no_books

    def every_store(self) -> Sequence[Store]:
        """All stores, by id."""
        return self.stores.every_store()

    def sheet_fits(self, sheet_id: str, currency: str) -> bool:
        """Whether there is such a sheet in this currency."""
        try:
            self.sheets.table(sheet_id, currency)
        except NotFound:
            return False
        return True

    def every_table(self) -> Iterator[tuple[Book, str, PriceTable]]:
        """The prices of each service of each book in force."""
        for book in self.books().values():
            for key, service in book.services.items():
                yield book, key, service.table or self.sheets.table(service.sheet, book.currency)
