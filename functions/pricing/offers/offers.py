"""Offers (应对价): a price of one service in one store for a while, as a rule proposed it: against a competitor nearby
(moat), or because what is there stays too long (clearance). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from functions.pricing.places.places import Store
from functions.pricing.strategies.cuts import hundredths, minor, off
from functions.pricing.strategies.kinds.clearance import ClearanceTerms
from functions.pricing.strategies.kinds.moat import MoatTerms
from hub.contracts.pricing_offers import RehearsalView
from hub.kernel.dataclass import dataclass
from hub.kernel.datum import Point, distance_metres

OfferState = Literal["proposed", "holding", "refused"]


@dataclass(frozen=True, slots=True)
class Offer:
    """state: proposed (until `lapses_at`), holding (until `ends_at`, once a person or the limits said yes), refused.
    was_minor: what it cost; why: the facts that it rests on; units: how many pieces it is about, where anybody said;
    rehearsal: what past quotes would have come to with it, as it was tried before it held."""

    id: str
    kind: Literal["moat", "clearance"]
    strategy: str
    store: str
    region: str
    service: str
    currency: str
    was_minor: int
    price_minor: int
    floor_minor: int
    made_at: datetime
    hours: int
    cooldown_hours: int
    state: OfferState
    why: str
    starts_at: datetime | None = None
    decided_by: str = ""
    units: int | None = None
    rehearsal: RehearsalView | None = None

    @property
    def lapses_at(self) -> datetime | None:
        """When nobody can say yes any more, as long after it was made as it would have held; None once decided."""
        return self.made_at + timedelta(hours=self.hours) if self.state == "proposed" else None

    @property
    def ends_at(self) -> datetime | None:
        """When it is over, None before it holds."""
        return self.starts_at + timedelta(hours=self.hours) if self.starts_at else None

    @property
    def quiet_until(self) -> datetime | None:
        """Until when nothing new of its kind is offered there: after it was over or lapsed, or was made and refused."""
        over = self.made_at if self.state == "refused" else self.lapses_at or self.ends_at
        return over + timedelta(hours=self.cooldown_hours) if over else None

    def held_from(self, now: datetime, by: str) -> Offer:
        """The same, holding from now on."""
        return replace(self, state="holding", starts_at=now, decided_by=by)


@dataclass(frozen=True, slots=True)
class Rival:
    """What a competitor asks for a service, and where."""

    id: str
    brand: str
    service: str
    price_minor: int
    point: Point


def near(rival: Rival, stores: Iterable[Store], radius_m: int) -> list[tuple[Store, float]]:
    """The stores within the radius, the nearest first, with how far they are."""
    distances = [(store, distance_metres(store.point, rival.point)) for store in stores if store.point is not None]
    return sorted(((s, d) for s, d in distances if d <= radius_m), key=lambda pair: (pair[1], pair[0].id))


def is_own(rival: Rival, stores: Sequence[Store], terms: MoatTerms) -> bool:
    """Whether that is one of our own stores: they never trigger each other."""
    return rival.brand in terms.own_brands or any(store.id == rival.id for store in stores)


def moat_price(rival: Rival, ours_minor: int, floor_minor: int, terms: MoatTerms, currency: str) -> int | None:
    """By the stated rule: the competitor's price and `above` it, no lower than the floor; None where that is not below
    ours."""
    price = max(rival.price_minor + minor(terms.above, currency), floor_minor)
    return price if price < ours_minor else None


def clearance_price(ours_minor: int, floor_minor: int, terms: ClearanceTerms) -> int | None:
    """So much of a hundred off, no lower than the floor; None where nothing is left to take off."""
    price = max(off(hundredths(terms.cut_percent))(ours_minor), floor_minor)
    return price if price < ours_minor else None


def within_percent(was_minor: int, price_minor: int, percent: str) -> bool:
    """Whether no more than so much of a hundred is taken off."""
    return (was_minor - price_minor) * 10_000 <= was_minor * hundredths(percent)
