"""What the room's kinds of documents are checked against, and read from: stores, books, sheets, and books of before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from itertools import islice
from typing import Any, Protocol

from functions.pricing.books.books import Book, PriceTable, Service
from functions.pricing.books.guards import Guards
from functions.pricing.places.places import Store
from hub.kernel.frozen import dataclass

TABLES_LIMIT = 50
"""So many services a campaign is held against at its draft; every line is held at its floor when it is quoted."""


class Stores(Protocol):
    """The room's copy of the stores."""

    def every_store(self) -> Sequence[Store]: ...


class Sheets(Protocol):
    """The room's sheets of prices."""

    def table(self, sheet_id: str, currency: str) -> PriceTable: ...

    def fits(self, sheet_id: str, currency: str) -> bool: ...


def no_books() -> Mapping[str, Book]:
    """Before the room's documents are there."""
    return {}


@dataclass
class Context:
    """old_books: what was stored of books before they were documents. books: every book in force, by its key; guards:
    the guard rails in force."""

    stores: Stores
    sheets: Sheets
    old_books: Any = field(repr=False)
    books: Callable[[], Mapping[str, Book]] = no_books
    guards: Callable[[], Guards] = Guards

    def every_store(self) -> Sequence[Store]:
        """All stores, by id."""
        return self.stores.every_store()

    def sheet_fits(self, sheet_id: str, currency: str) -> bool:
        """Whether there is such a sheet in this currency."""
        return self.sheets.fits(sheet_id, currency)

    def table_of(self, book: Book, service: Service) -> PriceTable:
        """The prices of a service of a book."""
        return service.table or self.sheets.table(service.sheet, book.currency)

    def every_table(self) -> Iterator[tuple[Book, str, PriceTable]]:
        """The prices of each service of each book in force, TABLES_LIMIT of them at most."""
        services = ((book, key) for book in self.books().values() for key in book.services)
        for book, key in islice(services, TABLES_LIMIT):
            yield book, key, self.table_of(book, book.services[key])
