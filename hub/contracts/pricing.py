"""HTTP bodies of pricing: effective-dated price books and quotes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hub.contracts.base import Contract, Label, Moment, RegionCode, Slug, Total, Words

Price = Annotated[str, Field(pattern=r"^[0-9]{1,10}(\.[0-9]{1,2})?$", examples=["25.00"])]
"""A price is never negative: a decimal string in major units."""

PricePlace = Annotated[str, Field(pattern=r"^([0-9]{6}|base|tier:[1-9])$", examples=["310000", "tier:3", "base"])]
"""Where a price holds: a region, every city of a tier (城市档位), or everywhere."""

CityCode = Annotated[str, Field(pattern=r"^[0-9]{4}00$", examples=["410300"])]
Tier = Annotated[int, Field(ge=1, le=9)]
Currency = Literal["CNY", "HKD", "USD", "EUR", "JPY"]
Level = Literal["district", "city", "tier", "province", "base"]


class ServicePrices(Contract):
    """A service, its names, and its price in each place; the nearest place to the customer wins."""

    name: Label
    prices: dict[PricePlace, Price] = Field(min_length=1, max_length=2000)


class BookDocument(Contract):
    """A version of a price book (价目表)."""

    currency: Currency = "CNY"
    services: dict[Slug, ServicePrices] = Field(min_length=1, max_length=200)
    tiers: dict[CityCode, Tier] = Field(default_factory=dict, max_length=400)


class QuoteRequest(Contract):
    """at: the moment of the service, now unless stated; it picks the book's version. known_at: as the book was known
    then, `at` unless stated: a version that was taken back later still counts."""

    service: Slug
    region: RegionCode
    book: Slug = "standard"
    at: Moment | None = None
    known_at: Moment | None = None
    quantity: int = Field(default=1, ge=1, le=10_000)


class PathStep(Contract):
    """One place looked at on the way outward; the first one with a price is used. why_…: in words."""

    region: str
    level: Level
    price: Price | None
    used: bool
    why: Words


class QuoteView(Contract):
    """A price with its reasons, honoured until `valid_until` whatever the book does. `price` is for one.

    state `rehearsal`: asked for another moment than that of the request: shown, never honoured."""

    id: str
    service: Slug
    service_name: Words
    region: RegionCode
    price: Price
    quantity: int
    total: Total
    currency: str
    book: Slug
    book_version: int
    path: tuple[PathStep, ...]
    at: Moment
    created_at: Moment
    valid_until: Moment
    state: Literal["valid", "expired", "rehearsal"]
