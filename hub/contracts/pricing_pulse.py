"""What the hub is told of stock and of purchases, and how fast a service sells by that."""

from typing import Annotated

from pydantic import Field

from hub.contracts.base import Contract, Moment, Slug, StoreId
from hub.contracts.pricing import AnyCustomer, OrderId


class StockLevel(Contract):
    """How many pieces of a service a store has (库存), counted at `at`: now unless stated. A count of earlier than what
    is known changes nothing."""

    store: StoreId
    service: Slug
    units: Annotated[int, Field(ge=0, le=1_000_000)]
    at: Moment | None = None


class PurchaseTold(Contract):
    """What an order took that no quote of the hub's was redeemed for (成交): its number, where, how many pieces. The
    same order, store and service count once, also with a quote that was redeemed."""

    order_id: OrderId
    store: StoreId
    service: Slug
    pieces: Annotated[int, Field(ge=1, le=10_000)] = 1
    customer_id: AnyCustomer = ""
    at: Moment | None = None


class PulseView(Contract):
    """How a service sells in a store, as the rules saw it when they looked last. units: as they were counted last;
    units_left: less what was sold since. sold: of the last 28 days; turnover_days: how long what was left lasts at that
    pace; repurchase_days: between two purchases of a customer, of the last 180 days; None where too little was known.
    since: of when the oldest fact is. outcome: what the rules said; offer_id: what they proposed."""

    store: str
    service: str
    units: int | None = None
    units_left: int | None = None
    sold: int
    turnover_days: int | None = None
    repurchase_days: int | None = None
    since: Moment
    next_look_at: Moment | None = None
    looked_at: Moment | None = None
    outcome: str = ""
    offer_id: str = ""


class PulsesView(Contract):
    """Of a store, by service."""

    data: tuple[PulseView, ...]


class PurchaseView(Contract):
    """Whether it was counted: not again for an order that was."""

    order_id: str
    counted: bool
