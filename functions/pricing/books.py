"""Price books (价目表): effective-dated tables of prices by place, and how a price is found in one. Pure.

A book is an append-only list of versions. From its `valid_from`, to the second, a version is the book, until
one with a later `valid_from` is; a withdrawal is a version too, which takes another one back. Nothing has to
fire at a switch: the moment asked for picks the version. A price is the nearest one to the customer, on the
way outward: district → city → tier of the city (档位) → province → base.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from hub.kernel.errors import Conflict, Invalid, NotFound, Problem
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
class Version:
    """One version of a book. It either holds prices, or `withdraws` another version and holds none."""

    number: int
    valid_from: datetime
    currency: str = "CNY"
    services: Mapping[str, Service] = field(default_factory=dict)
    tiers: Mapping[str, int] = field(default_factory=dict)
    withdraws: int | None = None
    published_at: datetime | None = None
    published_by: str = ""


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


def resolve_price(version: Version, service_key: str, region: str) -> Resolution:
    """The price of a service in a region, by one version of a book.

    Raises Invalid, naming /service with the known ones, or /region where no place on the way has a price.
    """
    service = version.services.get(service_key)
    if service is None:
        known = ", ".join(sorted(version.services))
        raise Invalid("service", problems=[Problem("/service", f"must be one of: {known}")])
    steps, price = [], None
    for place, level in places(region, version.tiers):
        minor = service.prices_minor.get(place)
        here = None if minor is None else Money(minor, version.currency)
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


def version_at(versions: Iterable[Version], at: datetime) -> Version:
    """The version in force at a moment: of those with prices, not withdrawn and valid from it or before, the
    greatest (valid_from, number). Raises NotFound when there is none."""
    known = tuple(versions)
    withdrawn = withdrawals(known)
    in_force = [
        version
        for version in known
        if version.withdraws is None and version.number not in withdrawn and version.valid_from <= at
    ]
    if not in_force:
        raise NotFound("no version of the book is in force then")
    return max(in_force, key=lambda version: (version.valid_from, version.number))


def withdrawals(versions: Iterable[Version]) -> dict[int, int]:
    """Which versions are withdrawn, and the number of the version that first did so."""
    taken_back: dict[int, int] = {}
    for version in sorted(versions, key=lambda version: version.number):
        if version.withdraws is not None:
            taken_back.setdefault(version.withdraws, version.number)
    return taken_back


def find_same(versions: Iterable[Version], draft: Version) -> Version | None:
    """The version that says what the draft says, published by the same person at the same moment: an earlier attempt
    of the same request."""
    return next((version for version in versions if replace(version, number=draft.number) == draft), None)


def latest_number(versions: Sequence[Version]) -> int:
    """The number of the newest version, 0 when there is none."""
    return max((version.number for version in versions), default=0)


def version_or_next(versions: Iterable[Version], at: datetime) -> Version:
    """The version in force, or, before the first one is, the one that will be. Raises NotFound when there is none."""
    known = tuple(versions)
    withdrawn = withdrawals(known)
    remaining = [version for version in known if version.withdraws is None and version.number not in withdrawn]
    if not remaining:
        raise NotFound("the book has no version")
    first = min(remaining, key=lambda version: (version.valid_from, -version.number))
    return version_at(known, max(at, first.valid_from))


def check_withdrawal(versions: Sequence[Version], number: int) -> None:
    """Raises NotFound when there is no such version with prices, Conflict when it is the last one the book has."""
    priced = {version.number for version in versions if version.withdraws is None}
    if number not in priced:
        raise NotFound("no such version", version=number)
    if priced - set(withdrawals(versions)) == {number}:
        raise Conflict("a book keeps at least one version", version=number)
