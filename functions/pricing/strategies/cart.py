"""A cart on its way through the strategies: its lines, who buys, where and when. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import UTC, date, datetime

from functions.pricing.places.places import Chain
from hub.kernel.dataclass import dataclass

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Line:
    """One line. list_minor: the unit price of the book; unit_minor: after the strategies that make prices;
    amount_minor: of all pieces, after what was taken off so far; items_minor: the same when item discounts were done.
    floor_minor: below which no piece sells."""

    number: int
    service: str
    quantity: int
    list_minor: int
    unit_minor: int
    amount_minor: int
    floor_minor: int = 0
    items_minor: int = 0

    @property
    def room_minor(self) -> int:
        """What may still be taken off it."""
        return max(0, self.amount_minor - self.floor_minor * self.quantity)


@dataclass(frozen=True, slots=True)
class HeldCoupon:
    """A coupon that the buyer brings. strategy: `campaign/strategy`; place: where alone it holds, "" everywhere."""

    code: str
    strategy: str
    place: str = ""
    customer: str = ""
    valid_from: datetime = EPOCH
    valid_until: datetime | None = None
    used: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """How far the limits of a strategy are used up: over all, by this customer, in this store."""

    uses: int = 0
    spent_minor: int = 0
    by_customer: int = 0
    in_store: int = 0


@dataclass(frozen=True, slots=True)
class PriceOffer:
    """A price that holds in a store for a while: a moat's, or a clearance. kind: of the strategy that lets it."""

    id: str
    kind: str
    price_minor: int
    strategy: str = ""


@dataclass(slots=True)
class Cart:
    """at: the moment of the sale, UTC; day, weekday (1 is Monday) and minute: its local ones."""

    lines: list[Line]
    chain: Chain
    at: datetime
    day: date
    weekday: int
    minute: int
    currency: str = "CNY"
    store: str = ""
    channel: str = ""
    level: str = ""
    customer: str = ""
    is_new: bool = False
    birthday: date | None = None
    coupons: tuple[HeldCoupon, ...] = ()
    usage: Mapping[str, Usage] = field(default_factory=dict)
    offers: Mapping[tuple[str, str], PriceOffer] = field(default_factory=dict)
    acting: str = ""
    """The strategy whose turn it is."""
    spent_minor: dict[str, int] = field(default_factory=dict)
    """What each campaign has given so far."""

    @property
    def places(self) -> frozenset[str]:
        """Those of the chain."""
        return frozenset([place for place, _ in self.chain])


@dataclass(frozen=True, slots=True)
class Gift:
    """What comes along for nothing."""

    service: str
    quantity: int


@dataclass(slots=True)
class Effect:
    """What a strategy would do. cuts_minor: what it takes off each line, by number (negative: what it puts on);
    offered_minor: what it would give if nothing stood in the way. In the stage `price` the unit prices follow."""

    cuts_minor: dict[int, int]
    offered_minor: int = 0
    gifts: tuple[Gift, ...] = ()
    coupon: str = ""


Act = Callable[[Cart, list[Line]], Effect | str]
"""What a strategy does to the lines it is about: an effect, or the reason why there is none."""
