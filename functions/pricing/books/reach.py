"""What a book may come to (可能的价格): every row in every different chain of places, with the factors there. Pure.

Two chains differ when other prices, floors, factors or costs hang on them: a book of the whole country has as many as
it names places, however many districts there are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import islice, product

from functions.pricing.books.books import DAY_MINUTES, Book, Case, PriceTable, Row, factored_minor
from functions.pricing.books.guards import Guards
from functions.pricing.context import Context
from functions.pricing.places.places import Chain, Level, chain_of, regions_of, spot_of
from hub.kernel.dataclass import dataclass
from hub.kernel.regions import BASE

PRICES_LIMIT = 50_000
"""So many prices of one service are looked at when a book is checked; a quote is held at its floor whatever was."""

CASES_LIMIT = 20_000
"""So many cases of one service are looked at for a price that goes up with the quantity."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A row that may be the price in a chain, what it comes to there with the factors, and the floor."""

    row: Row
    chain: Chain
    price_minor: int
    floor_minor: int

    @property
    def place(self) -> str:
        """Where that is."""
        return self.chain[0][0]


def other_chains(book: Book, context: Context) -> tuple[Chain, ...]:
    """The chains of the stores, and those of the tenant's own places that hold none of them."""
    places = context.places()
    chains = {chain_of(spot_of(store), places, book.tiers) for store in context.every_store()}
    held = {place for chain in chains for place, _ in chain}
    for area in places.areas:
        regions = area.regions or (() if area.place in held else (BASE,))
        level: Level = "group" if area.kind == "group" else "area"
        chains |= {((area.place, level), *regions_of(region, book.tiers)) for region in regions}
    return tuple(sorted(chains, key=lambda chain: (len(chain), chain)))


def reached(
    book: Book, key: str, table: PriceTable, others: Iterable[Chain], costs: Collection[str] = ()
) -> Iterator[Reached]:
    """What a service may cost, PRICES_LIMIT at most: in each different chain, of the regions that are named and of
    `others`, the rows of each place up to the first that holds for every case. costs: the places that what it costs us
    hangs on."""
    factors = [factor for factor in book.factors if not factor.services or key in factor.services]
    named = {*table.places, *costs, *(place for factor in factors for place in factor.values)}
    regions = {BASE, *book.tiers, *filter(str.isdigit, named)}
    chains = [*(tuple(regions_of(region, book.tiers)) for region in sorted(regions)), *others]
    apart: dict[tuple[str, ...], Chain] = {}
    for chain in sorted(chains, key=len):
        apart.setdefault(tuple(place for place, _ in chain if place in named), chain)
    return islice((each for chain in apart.values() for each in _in_chain(book, key, table, chain)), PRICES_LIMIT)


def below_floors(book: Book, key: str, table: PriceTable, chains: Iterable[Chain]) -> Iterator[Reached]:
    """Each row that may come to less than its floor, once: where it lies lowest under it."""
    lowest: dict[Row, Reached] = {}
    for each in reached(book, key, table, chains):
        under = each.price_minor - each.floor_minor
        if under < 0 and (
            each.row not in lowest or under < lowest[each.row].price_minor - lowest[each.row].floor_minor
        ):
            lowest[each.row] = each
    yield from lowest.values()


def lowest_margin(
    book: Book, key: str, table: PriceTable, chains: Iterable[Chain], guards: Guards
) -> tuple[Decimal, Reached] | None:
    """The lowest margin that is left of a service, and where; None where nobody said what it costs."""
    prices = reached(book, key, table, chains, guards.costs_minor.get(key, {}))
    margins = ((guards.margin(key, each.chain, max(each.price_minor, each.floor_minor)), each) for each in prices)
    known = ((margin, each) for margin, each in margins if margin is not None)
    return min(known, key=lambda pair: pair[0], default=None)


@dataclass(frozen=True, slots=True)
class Rise:
    """Where more pieces cost more apiece than fewer: from which quantity on, and the prices."""

    place: str
    quantity: int
    fewer_minor: int
    more_minor: int


def rises(book: Book, table: PriceTable, others: Iterable[Chain]) -> Iterator[Rise]:
    """Each step of quantity at which a price goes up for somebody, whichever rows and places they come from; of
    CASES_LIMIT cases at most."""
    regions = {BASE, *book.tiers, *filter(str.isdigit, table.by_place)}
    chains = {tuple(place for place, _ in regions_of(region, book.tiers)) for region in regions}
    chains |= {tuple(place for place, _ in chain) for chain in others}
    apart = {tuple(place for place in chain if place in table.by_place) for chain in chains}
    cases = ((chain, case) for chain in sorted(apart) if chain for case in _cases_in(table, chain))
    for chain, case in islice(cases, CASES_LIMIT):
        yield from _rises_in(table, chain, case)


def _rises_in(table: PriceTable, chain: tuple[str, ...], case: Case) -> Iterator[Rise]:
    before: int | None = None
    for quantity in sorted({row.min_quantity for place in chain for row in table.by_place[place]}):
        larger = replace(case, quantity=quantity)
        row = next((row for place in chain if (row := table.row(place, larger)) is not None), None)
        if row is not None and before is not None and row.price_minor > before:
            yield Rise(chain[0], quantity, before, row.price_minor)
        before = before if row is None else row.price_minor


def _cases_in(table: PriceTable, chain: tuple[str, ...]) -> Iterator[Case]:
    """Everybody whom the rows of some places tell apart, and every time."""
    rows = [row for place in chain for row in table.by_place[place]]
    weekdays = range(1, 8) if any(row.weekdays for row in rows) else (1,)
    minutes = sorted({0, *(minute % DAY_MINUTES for row in rows if row.hours for minute in row.hours)})
    whom = product(sorted({"", *(row.channel for row in rows)}), sorted({"", *(row.level for row in rows)}))
    for (channel, level), weekday, minute in product(whom, weekdays, minutes):
        yield Case(1, channel, level, weekday, minute)


def _in_chain(book: Book, key: str, table: PriceTable, chain: Chain) -> Iterator[Reached]:
    floor = table.floor(chain)
    for place, _ in chain:
        rows = table.by_place.get(place, ())
        for row in rows:
            yield Reached(row, chain, factored_minor(book, key, chain, row), floor)
        if any(row.is_plain for row in rows):
            return
