"""Answers to competitors and to what stays too long: prices that rules propose for a store, for a while."""

from typing import Annotated, Literal

from pydantic import Field

from hub.contracts.base import Contract, GeoPoint, Moment, Slug, StoreId, Total, Words
from hub.contracts.classes import Classified
from hub.contracts.pricing_books import Price

FACTS_LIMIT = 100
Days = Annotated[int, Field(ge=0, le=3650)]


class CompetitorPrice(Contract):
    """What a competitor asks for a service, where, and since when. Its point carries its datum."""

    competitor_id: Annotated[str, Field(min_length=1, max_length=64)]
    brand: str = Field(default="", max_length=64)
    service: Slug
    price: Price
    position: GeoPoint


class MarketPulse(Contract):
    """How one service sells in one store: days until its stock has turned over once (周转天数), and between two
    purchases of a customer (回购周期); units: how many pieces are there."""

    store: StoreId
    service: Slug
    turnover_days: Days
    repurchase_days: Days | None = None
    units: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


class RehearsalView(Contract):
    """What past quotes of the store would have come to: `was` without the offer, `now` with it, at each one's own
    moment by today's book and campaigns; nobody's limits or coupons are counted. changed: how many come to something
    else; left_out: of what is not sold any more."""

    offer_id: str
    quotes: int
    changed: int
    left_out: int
    was: Total
    now: Total
    change_percent: str
    currency: str


class OfferView(Contract):
    """A price for one service in one store. state: proposed, holding (until `ends_at`), over (also when nobody decided
    in time), refused. why: the facts that it rests on; effect: what it is expected to change, pieces times the
    difference in price; rehearsal: what past quotes would have come to with it, as it was tried before it held: a
    clearance when it is proposed, and anything when it is approved."""

    id: str
    kind: Literal["moat", "clearance"]
    rule: str
    store: str
    service: str
    was: Price
    price: Price
    floor: Annotated[Price, Classified("cost")]
    currency: str
    change_percent: str
    state: Literal["proposed", "holding", "over", "refused"]
    made_at: Moment
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    decided_by: str = ""
    why: str
    effect: Words
    rehearsal: RehearsalView | None = None


class OfferResult(Contract):
    """What came of one store within reach: an offer, or why there is none."""

    store: str
    distance_m: int | None = None
    offer: OfferView | None = None
    reason: Literal[
        "", "own_store", "not_below_ours", "at_floor", "cooling_down", "undecided", "no_price", "within_limit"
    ] = ""


class OffersView(Contract):
    """What came of it, the nearest store first; none: nobody is near, or no strategy in force asks for an answer."""

    results: tuple[OfferResult, ...]


class Rehearse(Contract):
    """days: of so many days before now the quotes are taken, the newest first."""

    days: Annotated[int, Field(ge=1, le=30)] = 7


class OfferDecision(Contract):
    """Yes or no."""

    decision: Literal["approve", "refuse"]
