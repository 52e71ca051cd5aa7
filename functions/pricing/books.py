"""Price books (价目表): tables of prices by place, and how a price is found in one. Pure.

Books are documents with effective dates (book_kind.py): nothing has to fire at a switch, the moment asked for picks the
version. A price is the nearest one to the customer, on the way outward: district → city → tier of the city (档位) →
province → base.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Literal

from hub.kernel.errors import Invalid, Problem
from hub.kernel.frozen import dataclass
from hub.kernel.money import Money
from hub.kernel.regions import BASE, path

Level = Literal["district", "city", "tier", "province", "base"]
MUNICIPALITIES = ("110000", "120000", "310000", "500000")


@dataclass(frozen=True, slots=True)
class Service:
    """What is sold, its names, and its price in minor units by place: a region code, `tier:<n>` or `base`."""

    key: str
    name_zh: str
    name_en: str
    prices_minor: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Book:
    """What one version of a book says. tiers: the tier of each city that has one."""

    currency: str
    services: Mapping[str, Service]
    tiers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One place looked at. price: what the book says there, None for nothing; used: it is the answer."""

    region: str
    level: Level
    price: Money | None
    used: bool


@dataclass(frozen=True, slots=True)
class Resolution:
    """A price and how it was found."""

    price: Money
    service: Service
    steps: tuple[Step, ...]


def resolve_price(book: Book, service_key: str, region: str) -> Resolution:
    """The price of a service in a region, by one version of a book.

    Raises Invalid, naming /service with the known ones, or /region where no place on the way has a price.
    """
    service = book.services.get(service_key)
    if service is None:
        known = ", ".join(sorted(book.services))
        raise Invalid("service", problems=[Problem("/service", f"must be one of: {known}")])
    steps, price = [], None
    for place, level in places(region, book.tiers):
        minor = service.prices_minor.get(place)
        here = None if minor is None else Money(minor, book.currency)
        steps.append(Step(place, level, here, used=price is None and here is not None))
        price = price or here
    if price is None:
        raise Invalid("region", problems=[Problem("/region", f"{service_key} has no price there")])
    return Resolution(price, service, tuple(steps))


def places(region: str, tiers: Mapping[str, int]) -> Iterator[tuple[str, Level]]:
    """The places whose price may hold in a region, nearest first; a city's tier comes right after the city. A
    municipality (直辖市) asked for by its province's code is its city."""
    for place in path(f"{region[:2]}0100" if region in MUNICIPALITIES else region):
        level = level_of(place)
        yield place, level
        if level == "city" and place in tiers:
            yield f"tier:{tiers[place]}", "tier"


def level_of(place: str) -> Level:
    """Which level a region code stands for."""
    if place == BASE:
        return "base"
    if place.endswith("0000"):
        return "province"
    return "city" if place.endswith("00") else "district"
