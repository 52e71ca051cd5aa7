"""Price books as documents: with effective dates, so that a switch of season is a publication made long before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

from functions.pricing.books.approval import approve_book
from functions.pricing.books.books import (
    Book,
    Factor,
    PriceTable,
    Row,
    Service,
    clashes,
    minute_of,
    rising,
)
from functions.pricing.context import Context
from functions.pricing.places.places import level_of
from hub.contracts.pricing_books import BookDocument, PriceFactor, PriceRow, PriceSheet, ServicePrices
from hub.documents.kinds import Finding, Kind, Proposal, preset_files
from hub.kernel.errors import Invalid, Problem
from hub.kernel.money import EXPONENTS, Money
from hub.kernel.regions import is_region


def book_of(document: BookDocument) -> Book:
    """What a document says. Raises Invalid naming each price that its currency cannot express, each row that another
    one already holds for, each place that is none, and each tier of what is no city."""
    problems: list[Problem] = []
    services = {key: _service(key, prices, document.currency, problems) for key, prices in document.services.items()}
    factors = [_factor(factor, document.currency, nth, problems) for nth, factor in enumerate(document.factors)]
    others = (code for code in document.tiers if level_of(code) != "city")
    problems += [Problem(f"/tiers/{code}", "must be a city's code, e.g. 310100 for 上海") for code in others]
    if problems:
        raise Invalid("price book", problems=problems)
    channels = frozenset(document.guide_channels)
    return Book(document.currency, services, dict(document.tiers), tuple(factors), channels)


def table_of(sheet: PriceSheet, currency: str, where: str, problems: list[Problem], *, falling: bool) -> PriceTable:
    """The prices of a service. What is wrong with them is added to `problems`, each behind `where`."""
    pointers = [
        *(f"{where}/prices/{place}" for place in sheet.prices),
        *(f"{where}/rows/{nth}" for nth in range(len(sheet.rows))),
    ]
    rows = [
        _plain_row(place, price, currency, f"{where}/prices/{place}", problems) for place, price in sheet.prices.items()
    ]
    rows += [_row(row, currency, f"{where}/rows/{nth}", problems) for nth, row in enumerate(sheet.rows)]
    for first, second in clashes(rows):
        problems.append(Problem(pointers[second], f"holds for the same as {pointers[first][len(where) :]}"))
    for fewer, more in rising(rows) if falling else ():
        problems.append(Problem(pointers[more], f"must not cost more apiece than {pointers[fewer][len(where) :]}"))
    floors = {
        place: _minor(price, currency, f"{where}/floors/{place}", problems) for place, price in sheet.floors.items()
    }
    problems += [Problem(f"{where}/floors/{place}", NO_REGION) for place in floors if not _is_place(place)]
    return PriceTable.of(rows, floors)


NO_REGION = "must be a region's code that there is"


def _service(key: str, draft: ServicePrices, currency: str, problems: list[Problem]) -> Service:
    where = f"/services/{key}"
    table = None if draft.sheet else table_of(draft, currency, where, problems, falling=draft.falling)
    guide = None if draft.guide is None else _minor(draft.guide, currency, f"{where}/guide", problems)
    return Service(key, draft.name.zh, draft.name.en, table, draft.sheet, guide)


def _plain_row(place: str, price: str, currency: str, where: str, problems: list[Problem]) -> Row:
    if not _is_place(place):
        problems.append(Problem(where, NO_REGION))
    return Row(place, _minor(price, currency, where, problems))


def _row(row: PriceRow, currency: str, where: str, problems: list[Problem]) -> Row:
    if not _is_place(row.place):
        problems.append(Problem(where, NO_REGION))
    minor = _minor(row.price, currency, where, problems)
    hours = (minute_of(row.hours.begins), minute_of(row.hours.ends)) if row.hours else None
    return Row(row.place, minor, row.channel, row.level, row.min_quantity, frozenset(row.weekdays), hours)


def _factor(factor: PriceFactor, currency: str, nth: int, problems: list[Problem]) -> Factor:
    scale = Decimal(1) if factor.mode == "times" else Decimal(10) ** EXPONENTS[currency]
    values = {place: Decimal(value) * scale for place, value in factor.values.items()}
    where = f"/factors/{nth}/values"
    for place, value in values.items():
        if factor.mode != "plus" and value < 0:
            problems.append(Problem(f"{where}/{place}", "must not be negative"))
        if not _is_place(place):
            problems.append(Problem(f"{where}/{place}", NO_REGION))
    name, services = factor.name, frozenset(factor.services)
    return Factor(factor.id, factor.input, name.zh, name.en, factor.mode, values, services)


def _minor(price: str, currency: str, where: str, problems: list[Problem]) -> int:
    try:
        return Money.parse(price, currency).amount_minor
    except Invalid as error:
        problems.extend(Problem(where, problem.rule) for problem in error.problems)
        return 0


def _is_place(place: str) -> bool:
    return ":" in place or is_region(place)


def lint_book(proposal: Proposal[Book], context: Context) -> Iterable[Finding]:
    """Errors: a sheet that there is none of, or of another currency, a factor for what is not sold, or whose id another
    has. Warnings: a service without a price for the whole tenant, and the stores that have none then (gaps)."""
    book = proposal.value
    for key, service in book.services.items():
        if service.sheet and not context.sheet_fits(service.sheet, book.currency):
            yield Finding(f"/services/{key}/sheet", "must be a sheet that there is, in the book's currency")
        if service.table is not None and "base" not in service.table.by_place:
            yield Finding(f"/services/{key}/prices", "has no price for base: places without their own sell nothing",
                          "warning")  # fmt: skip
    ids = [factor.id for factor in book.factors]
    for nth, factor in enumerate(book.factors):
        if factor.id in ids[:nth]:
            yield Finding(f"/factors/{nth}/id", "must stand once")
        strangers = sorted(factor.services - {*book.services})
        if strangers:
            yield Finding(f"/factors/{nth}/services", f"are not sold here: {', '.join(strangers)}")


def sheet_problems(sheet: PriceSheet, currency: str) -> Sequence[Problem]:
    """What is wrong with a sheet."""
    problems: list[Problem] = []
    table_of(sheet, currency, "", problems, falling=False)
    return problems


BOOKS = Kind[Book](
    name="price_book",
    path="/pricing/books",
    title="价目表 · Price book",
    schema=BookDocument,
    read=book_of,
    lint=lint_book,
    approval=approve_book,
    presets=preset_files(Path(__file__).parent / "presets"),
    effective=True,
    legacy=lambda context: context.old_books,
    editors=("finance",),
)
