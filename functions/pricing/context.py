"""What the room's kinds of documents are checked against, and read from: stores, books, sheets, and books of before."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from itertools import islice
from typing import Any, Protocol

from functions.pricing.books.books import Book, PriceTable, Service
from functions.pricing.books.guards import Guards
from functions.pricing.places.places import NO_PLACES, Places, Store
from hub.kernel.dataclass import dataclass
from hub.kernel.places import is_known_region

TABLES_LIMIT = 400
"""So many services, of all books together, a campaign is held against at its draft."""


class Stores(Protocol):
    """The room's copy of the stores."""

    def every_store(self) -> Sequence[Store]: ...

    def find(self, store_id: str) -> Store | None: ...


class Sheets(Protocol):
    """The room's sheets of prices."""

    def table(self, sheet_id: str, currency: str) -> PriceTable: ...

    def fits(self, sheet_id: str, currency: str) -> bool: ...


def no_areas() -> Collection[str]:
    """The same."""
    return ()


def no_places() -> Places:
    """Before the room's documents are there."""
    return NO_PLACES


def no_books() -> Mapping[str, Book]:
    """Before the room's documents are there."""
    return {}


@dataclass
class Context:
    """old_books: what was stored of books before they were documents. books: every book in force, by its key; guards:
    the guard rails in force; places: the tenant's own;
    areas: each of them as prices name it, those too that hold from a later day on."""

    stores: Stores
    sheets: Sheets
    old_books: Any = field(repr=False)
    books: Callable[[], Mapping[str, Book]] = no_books
    guards: Callable[[], Guards] = Guards
    places: Callable[[], Places] = no_places
    areas: Callable[[], Collection[str]] = no_areas

    def every_store(self) -> Sequence[Store]:
        """All stores, by id."""
        return self.stores.every_store()

    def missing(self, places: Iterable[str]) -> Mapping[str, str]:
        """Those of these places that there are not, each with what it must be: regions by the whole data (GB/T 2260),
        stores by our copy of them, business districts and groups by the tenant's places."""
        named = {*places}
        stores = {f"store:{store.id}" for store in self.every_store()} if any(map(_is_store, named)) else set()
        areas = self.areas() if any(place.startswith(("area:", "group:")) for place in named) else ()
        missing = {}
        for place in sorted(named):
            if _is_store(place):
                if place not in stores and self.stores.find(place.partition(":")[2]) is None:
                    missing[place] = "must be a store that there is"
            elif ":" not in place:
                if not is_known_region(place):
                    missing[place] = "must be a region's code that there is"
            elif not place.startswith("tier:") and place not in areas:
                missing[place] = "must be one of the tenant's places"
        return missing

    def sheet_fits(self, sheet_id: str, currency: str) -> bool:
        """Whether there is such a sheet in this currency."""
        return self.sheets.fits(sheet_id, currency)

    def table_of(self, book: Book, service: Service) -> PriceTable:
        """The prices of a service of a book."""
        return service.table or self.sheets.table(service.sheet, book.currency)

    def every_table(self) -> Iterator[tuple[str, Book, str, PriceTable]]:
        """The prices of each service of each book in force, with the book's key; TABLES_LIMIT of them at most."""
        services = ((name, book, key) for name, book in self.books().items() for key in book.services)
        for name, book, key in islice(services, TABLES_LIMIT):
            yield name, book, key, self.table_of(book, book.services[key])


def _is_store(place: str) -> bool:
    return place.startswith("store:")
