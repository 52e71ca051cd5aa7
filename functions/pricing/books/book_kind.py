"""Price books as documents: with effective dates, so that a switch of season is a publication made long before it."""

from __future__ import annotations

from pathlib import Path

from functions.pricing.books.books import Book, Service, level_of
from hub.contracts.pricing import BookDocument, ServicePrices
from hub.documents.kinds import Kind, preset_files
from hub.kernel.errors import Invalid, Problem
from hub.kernel.money import Money


def book_of(document: BookDocument) -> Book:
    """What a document says. Raises Invalid naming each price that its currency cannot express, and each tier of what is
    no city."""
    problems: list[Problem] = []
    services = {key: _service(key, prices, document.currency, problems) for key, prices in document.services.items()}
    others = (code for code in document.tiers if level_of(code) != "city")
    problems += [Problem(f"/tiers/{code}", "must be a city's code, e.g. 310100 for 上海") for code in others]
    if problems:
        raise Invalid("price book", problems=problems)
    return Book(document.currency, services, dict(document.tiers))


def _service(key: str, draft: ServicePrices, currency: str, problems: list[Problem]) -> Service:
    prices: dict[str, int] = {}
    for place, price in draft.prices.items():
        try:
            prices[place] = Money.parse(price, currency).amount_minor
        except Invalid as error:
            pointer = f"/services/{key}/prices/{place}"
            problems.extend(Problem(pointer, problem.rule) for problem in error.problems)
    return Service(key, draft.name.zh, draft.name.en, prices)


BOOKS = Kind[Book](
    name="price_book",
    path="/pricing/books",
    title="价目表 · Price book",
    schema=BookDocument,
    read=book_of,
    presets=preset_files(Path(__file__).parent / "presets"),
    effective=True,
    legacy=lambda context: context.old_books,
    editors=("finance",),
)
