"""Price books as documents: with effective dates, so that a switch of season is a publication made long before it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cache
from itertools import islice
from pathlib import Path

from functions.pricing.books.approval import approve_book
from functions.pricing.books.books import (
    Book,
    Factor,
    PriceTable,
    Row,
    Service,
    clashes,
    first_gap,
    minute_of,
    rising,
)
from functions.pricing.books.reach import below_floors, lowest_margin, other_chains, rises
from functions.pricing.context import Context
from functions.pricing.places.places import Chain, level_of
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


def pointers_of(sheet: PriceSheet, currency: str, where: str) -> dict[Row, str]:
    """Where each price of a service stands in its document; none of those that lie in a sheet of their own."""
    rows = {
        _plain_row(place, price, currency, "", []): f"{where}/prices/{place}" for place, price in sheet.prices.items()
    }
    return rows | {_row(row, currency, "", []): f"{where}/rows/{nth}" for nth, row in enumerate(sheet.rows)}


NO_REGION = "must be a region's code that there is"
SHOWN_LIMIT = 5
"""So many stores of a finding are named."""


def _service(key: str, draft: ServicePrices, currency: str, problems: list[Problem]) -> Service:
    where = f"/services/{key}"
    table = None if draft.sheet else table_of(draft, currency, where, problems, falling=draft.falling)
    guide = None if draft.guide is None else _minor(draft.guide, currency, f"{where}/guide", problems)
    return Service(key, draft.name.zh, draft.name.en, table, draft.sheet, guide, draft.falling)


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
    has, a price below its floor, a margin below the guard rails', a place that there is not. Warnings: a service
    without a price for the whole tenant, or with one for some channels, levels, quantities or hours alone (gaps).

    A sheet is read one at a time, and only where it, the factors or the tiers are others than those in force."""
    book = proposal.value
    yield from _nowhere(proposal.content, context)
    ids = [factor.id for factor in book.factors]
    for nth, factor in enumerate(book.factors):
        if factor.id in ids[:nth]:
            yield Finding(f"/factors/{nth}/id", "must stand once")
        strangers = sorted(factor.services - {*book.services})
        if strangers:
            yield Finding(f"/factors/{nth}/services", f"are not sold here: {', '.join(strangers)}")
    in_force = context.books().get(proposal.key) if any(each.sheet for each in book.services.values()) else None
    ground = cache(lambda: other_chains(book, context))
    for key, service in book.services.items():
        if service.sheet and not context.sheet_fits(service.sheet, book.currency):
            yield Finding(f"/services/{key}/sheet", "must be a sheet that there is, in the book's currency")
        elif not (service.sheet and _is_as_it_was(book, key, in_force)):
            yield from _lint_table(proposal, key, context, ground)


def _lint_table(
    proposal: Proposal[Book], key: str, context: Context, ground: Callable[[], Sequence[Chain]]
) -> Iterable[Finding]:
    """The prices of one service, wherever they lie."""
    book, service = proposal.value, proposal.value.services[key]
    table, guards = context.table_of(book, service), context.guards()
    where = f"/services/{key}/{'sheet' if service.sheet else 'prices'}"
    missing = context.missing(table.places) if service.sheet else {}
    yield from (Finding(where, f"{rule}: {place}") for place, rule in missing.items())
    if "base" not in table.by_place:
        yield Finding(where, "has no price for base: places without their own sell nothing", "warning")
    elif (gap := first_gap(table.by_place["base"])) is not None:
        rule = f"has prices for base with conditions alone: {gap} whoever fits none is sold nothing"
        yield Finding(where, rule, "warning")
    yield from (Finding(where, rule, "warning") for rule in _without_price(table, ground()))
    pointers = pointers_of(proposal.content.services[key], book.currency, f"/services/{key}")
    if table.floors_minor:
        for low in below_floors(book, key, table, ground()):
            price, floor = Money(low.price_minor, book.currency), Money(low.floor_minor, book.currency)
            yield Finding(pointers.get(low.row, where), f"comes to {price} in {low.place}, below its floor {floor}")
        highest = max(table.floors_minor.values())
        if book.guide_channels and service.guide_minor is not None and service.guide_minor < highest:
            yield Finding(f"/services/{key}/guide", f"is below a floor of {Money(highest, book.currency)}")
    for rise in islice(rises(book, table, ground()) if service.falling else (), 1):
        fewer, more = (Money(minor, book.currency) for minor in (rise.fewer_minor, rise.more_minor))
        rule = f"must not cost more apiece: {more} from {rise.quantity} pieces on in {rise.place}, and {fewer} before"
        yield Finding(where, rule)
    least = lowest_margin(book, key, table, ground(), guards) if key in guards.costs_minor else None
    if least is not None and least[0] < guards.min_margin:
        margin, low = least
        rule = f"leaves a margin of {margin:f}% in {low.place}, below {guards.min_margin:f}%"
        yield Finding(pointers.get(low.row, where), rule)


def _without_price(table: PriceTable, chains: Sequence[Chain]) -> Iterator[str]:
    """The stores in which somebody is sold nothing, with the first time at which it is so: by that time together."""
    if first_gap(table.by_place.get("base", ())) is None:
        return
    gap_of = cache(lambda places: first_gap(row for place in places for row in table.by_place[place]))
    by_gap: dict[str, list[str]] = {}
    for chain in chains:
        gap = gap_of(tuple(place for place, _ in chain if place in table.by_place))
        if gap is not None and chain[0][1] == "store":
            by_gap.setdefault(gap, []).append(chain[0][0])
    for gap, stores in sorted(by_gap.items()):
        named = ", ".join(sorted(stores)[:SHOWN_LIMIT])
        yield f"sells nothing {gap} in {len(stores)} stores, but to whoever fits a condition: {named}"


def _is_as_it_was(book: Book, key: str, before: Book | None) -> bool:
    """Whether a service's sheet, and all that its prices hang on in the book, are those in force."""
    was = before.services.get(key) if before else None
    if before is None or was is None:
        return False
    new = book.services[key]
    return (was.sheet, was.guide_minor, was.falling, before.factors, before.tiers, before.guide_channels) == (
        new.sheet, new.guide_minor, new.falling, book.factors, book.tiers, book.guide_channels
    )  # fmt: skip


def _nowhere(document: BookDocument, context: Context) -> Iterable[Finding]:
    """Each place of a price, a floor, a factor or a tier that there is not."""
    places = list[tuple[str, str]]()
    for key, sheet in document.services.items():
        where = f"/services/{key}"
        places += [(f"{where}/prices/{place}", place) for place in sheet.prices]
        places += [(f"{where}/floors/{place}", place) for place in sheet.floors]
        places += [(f"{where}/rows/{nth}", row.place) for nth, row in enumerate(sheet.rows)]
    for nth, factor in enumerate(document.factors):
        places += [(f"/factors/{nth}/values/{place}", place) for place in factor.values]
    places += [(f"/tiers/{code}", code) for code in document.tiers]
    missing = context.missing(place for _, place in places)
    yield from (Finding(pointer, missing[place]) for pointer, place in places if place in missing)


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
