"""Price books (价目表): tables of prices by place, and how a price is found in one. Pure.

Books are documents with effective dates (book_kind.py): nothing has to fire at a switch, the moment asked for picks the
version. A price is the nearest one to the customer, on the way outward: store → group → business district (商圈) →
district → city → tier of the city (档位) → province → base. Then the book's factors are applied, and rounded once; and
what is below the floor (底价) there is lifted to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from decimal import Decimal
from itertools import combinations, pairwise
from typing import Literal

from functions.pricing.places.places import Chain, Level, regions_of
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem
from hub.kernel.money import Money, round_minor

HOUR_MINUTES = 60
DAY_MINUTES = 24 * HOUR_MINUTES


@dataclass(frozen=True, slots=True)
class Case:
    """For whom and when a price is asked for. weekday: 1 is Monday; minute: of the day, in the tenant's zone."""

    quantity: int = 1
    channel: str = ""
    level: str = ""
    weekday: int = 1
    minute: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A price of one place, and for what it holds. hours: minutes of the day, the end excluded; they may run over
    midnight."""

    place: str
    price_minor: int
    channel: str = ""
    level: str = ""
    min_quantity: int = 1
    weekdays: frozenset[int] = frozenset()
    hours: tuple[int, int] | None = None

    def fits(self, case: Case) -> bool:
        """Whether it holds for the case."""
        return (
            case.quantity >= self.min_quantity
            and (not self.channel or self.channel == case.channel)
            and (not self.level or self.level == case.level)
            and (not self.weekdays or case.weekday in self.weekdays)
            and (self.hours is None or in_hours(case.minute, self.hours))
        )

    @property
    def is_plain(self) -> bool:
        """Whether it holds for every case."""
        return self == Row(self.place, self.price_minor)

    @property
    def weight(self) -> tuple[bool, bool, bool, bool, int]:
        """How much it says: the heavier row counts."""
        return bool(self.level), bool(self.channel), self.hours is not None, bool(self.weekdays), self.min_quantity


@dataclass(frozen=True, slots=True)
class PriceTable:
    """The prices of one service: by place, the heaviest row first; and the floors by place."""

    by_place: Mapping[str, tuple[Row, ...]]
    floors_minor: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[Row], floors_minor: Mapping[str, int] | None = None) -> PriceTable:
        by_place: dict[str, list[Row]] = {}
        for row in rows:
            by_place.setdefault(row.place, []).append(row)
        ordered = {place: tuple(sorted(own, key=_by_weight, reverse=True)) for place, own in by_place.items()}
        return cls(ordered, dict(floors_minor or {}))

    def row(self, place: str, case: Case) -> Row | None:
        """The row of a place that counts for a case."""
        for row in self.by_place.get(place, ()):
            if row.fits(case):
                return row
        return None

    def nearest(self, chain: Chain, case: Case) -> Row | None:
        """The row that counts: of the nearest place that has one."""
        by_place = self.by_place
        for place, _ in chain:
            for row in by_place.get(place, ()):
                if row.fits(case):
                    return row
        return None

    def floor(self, chain: Chain) -> int:
        """Below which nothing sells there; 0 where nobody said."""
        for place, _ in chain:
            if place in self.floors_minor:
                return self.floors_minor[place]
        return 0

    @property
    def places(self) -> frozenset[str]:
        """Every place that has a price or a floor."""
        return frozenset({*self.by_place, *self.floors_minor})


@dataclass(frozen=True, slots=True)
class Service:
    """What is sold, and its names. table: its prices, None where they lie in the sheet of that name; falling: whether
    more pieces never cost more apiece."""

    key: str
    name_zh: str
    name_en: str
    table: PriceTable | None
    sheet: str = ""
    guide_minor: int | None = None
    falling: bool = False


@dataclass(frozen=True, slots=True)
class Factor:
    """What a price is multiplied by, what is added to it, or what it is instead; amounts in minor units."""

    id: str
    input: str
    name_zh: str
    name_en: str
    mode: Literal["times", "plus", "set"]
    values: Mapping[str, Decimal]
    services: frozenset[str] = frozenset()

    def at(self, service: str, chain: Chain) -> tuple[str, Decimal] | None:
        """The nearest place that has a value, and the value."""
        if self.services and service not in self.services:
            return None
        return next(((place, self.values[place]) for place, _ in chain if place in self.values), None)

    def apply(self, price_minor: Decimal, value: Decimal) -> Decimal:
        """The price with it; never below nothing."""
        changed = {"times": price_minor * value, "plus": price_minor + value, "set": value}[self.mode]
        return max(changed, Decimal())


@dataclass(frozen=True, slots=True)
class Book:
    """What one version of a book says. tiers: the tier of each city that has one."""

    currency: str
    services: Mapping[str, Service]
    tiers: Mapping[str, int] = field(default_factory=dict)
    factors: tuple[Factor, ...] = ()
    guide_channels: frozenset[str] = frozenset()

    def service(self, key: str, pointer: str = "/service") -> Service:
        """One of its services. Raises Invalid with the known ones."""
        if key in self.services:
            return self.services[key]
        known = ", ".join(sorted(self.services))
        raise Invalid("service", problems=[Problem(pointer, f"must be one of: {known}")])


@dataclass(frozen=True, slots=True)
class Step:
    """One place looked at. price: what the book says there, None for nothing; used: it is the answer."""

    place: str
    level: Level
    price: Money | None
    used: bool


@dataclass(frozen=True, slots=True)
class FactorStep:
    """A factor that was applied: where its value comes from, and the price with it, not rounded yet (minor units)."""

    factor: Factor
    place: str
    value: Decimal
    price_minor: Decimal


@dataclass(frozen=True, slots=True)
class Resolution:
    """A price and how it was found. floor_minor: below which nothing sells there; lifted: the price is the floor, since
    what the book says is below it."""

    price: Money
    service: Service
    steps: tuple[Step, ...]
    factors: tuple[FactorStep, ...] = ()
    row: Row | None = None
    floor_minor: int = 0
    lifted: bool = False


def resolve_price(
    book: Book, service: Service, table: PriceTable, chain: Chain, case: Case, pointer: str = ""
) -> Resolution:
    """The price of a service at a chain of places, by one version of a book.

    Raises Invalid, naming `pointer`/region, where no place on the way has a price: with the nearest that has one.
    """
    row = table.nearest(chain, case)
    if row is None:
        raise Invalid("region", problems=[Problem(f"{pointer}/region", _missing(service.key, table, chain, case))])
    factors = tuple(_factor_steps(book.factors, service.key, chain, Decimal(row.price_minor)))
    minor = round_minor(factors[-1].price_minor) if factors else row.price_minor
    steps, floor = tuple(_steps(table, chain, case, row, book.currency)), table.floor(chain)
    price = Money(max(minor, floor), book.currency)
    return Resolution(price, service, steps, factors, row, floor, lifted=minor < floor)


def price_minor_at(book: Book, service: Service, table: PriceTable, chain: Chain, case: Case) -> int | None:
    """The same price without how it was found; None where there is none."""
    row = table.nearest(chain, case)
    return None if row is None else max(factored_minor(book, service.key, chain, row), table.floor(chain))


def factored_minor(book: Book, service: str, chain: Chain, row: Row) -> int:
    """A row's price with the book's factors there, which may lie below the floor."""
    if not book.factors:
        return row.price_minor
    price = Decimal(row.price_minor)
    for step in _factor_steps(book.factors, service, chain, price):
        price = step.price_minor
    return round_minor(price)


def mentions_areas(book: Book, tables: Iterable[PriceTable]) -> bool:
    """Whether any price, floor or factor hangs on a business district or a store group, so that they must be read."""
    places = {place for table in tables for place in table.places} | {p for f in book.factors for p in f.values}
    return any(place.startswith(("area:", "group:")) for place in places)


def clashes(rows: Sequence[Row]) -> Iterator[tuple[int, int]]:
    """Each two rows of one place that would hold for the same case with the same weight: their numbers."""
    alike: dict[object, list[int]] = {}
    for nth, row in enumerate(rows):
        alike.setdefault((row.place, row.channel, row.level, row.weight), []).append(nth)
    for group in alike.values():
        for first, second in combinations(group, 2):
            if _share_time(rows[first], rows[second]):
                yield first, second


def rising(rows: Sequence[Row]) -> Iterator[tuple[int, int]]:
    """Each two rows that differ in quantity alone, where more pieces cost more apiece: their numbers."""
    alike: dict[object, list[int]] = {}
    for nth, row in enumerate(rows):
        alike.setdefault((row.place, row.channel, row.level, row.weekdays, row.hours), []).append(nth)
    for group in alike.values():
        ordered = sorted(group, key=lambda nth: rows[nth].min_quantity)
        for fewer, more in pairwise(ordered):
            if rows[more].price_minor > rows[fewer].price_minor:
                yield fewer, more


def first_gap(rows: Iterable[Row]) -> str | None:
    """When in the week one piece for anybody, in no channel, is caught by none of the rows of a place: the first time;
    None where one always is."""
    open_rows = [row for row in rows if not row.channel and not row.level and row.min_quantity == 1]
    edges = sorted({0, *(edge % DAY_MINUTES for row in open_rows if row.hours for edge in row.hours)})
    for weekday in range(1, 8):
        for minute in edges:
            if not any(row.fits(Case(weekday=weekday, minute=minute)) for row in open_rows):
                return f"from {minute // HOUR_MINUTES:02}:{minute % HOUR_MINUTES:02} on weekday {weekday}"
    return None


def in_hours(minute: int, hours: tuple[int, int]) -> bool:
    """Whether a minute of the day lies in hours that may run over midnight."""
    begins, ends = hours
    return begins <= minute < ends if begins < ends else minute >= begins or minute < ends


def minute_of(clock: str) -> int:
    """17:30 is 1050."""
    return int(clock[:2]) * HOUR_MINUTES + int(clock[3:])


def _by_weight(row: Row) -> tuple[bool, bool, bool, bool, int]:
    return row.weight


def _factor_steps(factors: Sequence[Factor], service: str, chain: Chain, price_minor: Decimal) -> Iterator[FactorStep]:
    for factor in factors:
        if (held := factor.at(service, chain)) is not None:
            place, value = held
            price_minor = factor.apply(price_minor, value)
            yield FactorStep(factor, place, value, price_minor)


def _steps(table: PriceTable, chain: Chain, case: Case, used: Row, currency: str) -> Iterator[Step]:
    for place, level in chain:
        row = table.row(place, case)
        price = None if row is None else Money(row.price_minor, currency)
        yield Step(place, level, price, used=row is used)


def _share_time(first: Row, second: Row) -> bool:
    if first.weekdays and not first.weekdays & second.weekdays:
        return False
    if first.hours is None or second.hours is None:
        return True
    return in_hours(first.hours[0], second.hours) or in_hours(second.hours[0], first.hours)


def _missing(service: str, table: PriceTable, chain: Chain, case: Case) -> str:
    """What is missing, and the nearest place that has a price for the case: one in the same city, else in the same
    province."""
    region = next((place for place, _ in chain if place.isdigit()), "")
    places = [place for place in sorted(table.by_place) if table.row(place, case) is not None]
    near = sorted((place for place in places if place.isdigit()), key=lambda place: -_shared(region, place))
    other = [*near, *(place for place in places if not place.isdigit())][:1]
    nearest = f"; the nearest that has one is {other[0]}" if other else ""
    return f"{service} has no price there{nearest}"


def _shared(region: str, place: str) -> int:
    """How many levels two regions share, from the province inward."""
    inward = [code for code, _ in regions_of(region or "base", {})]
    return sum(code in inward for code, _ in regions_of(place, {}))
