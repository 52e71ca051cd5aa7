"""What the hub is told of stock and purchases, and the pulse of a store (市场脉搏)."""

from __future__ import annotations

from datetime import datetime

from functions.pricing.api.coupons import asked_store
from functions.pricing.desk import Desk
from functions.pricing.handlers.grounds import read_book
from functions.pricing.places.places import Store
from functions.pricing.pulse.pulse import Pulse, Sale
from functions.pricing.room import MANAGERS, room
from hub.contracts.pricing_pulse import PulsesView, PulseView, PurchaseTold, PurchaseView, StockLevel
from hub.edge.access import Place
from hub.edge.requests import Request
from hub.kernel.errors import Invalid, Problem

STANDARD = "standard"
TELLERS = ("integrator", "store_manager", *MANAGERS)


def told_store(desk: Desk, request: Request) -> Place:
    """The store that a fact is of. Raises Invalid."""
    store = desk.stores.find(request.body.store)
    if store is None:
        raise Invalid("store", problems=[Problem("/store", "must be a store that there is")])
    return Place(store.region, store.id)


@room.http("POST", "/pricing/stock", summary="库存上报 · How many pieces a store has", body=StockLevel,
           answer=PulseView, roles=TELLERS, scope="store", subject=told_store, dry_run="rehearsed")  # fmt: skip
def tell_stock(desk: Desk, request: Request) -> PulseView:
    """By whoever counts: the till, the warehouse. What is sold from then on is taken off."""
    body: StockLevel = request.body
    at = _told_at(desk, body.service, body.at, request)
    return _view(desk.pulses.stock(body.store, body.service, body.units, at))


@room.http("POST", "/pricing/purchases", summary="成交上报 · What an order took", body=PurchaseTold,
           answer=PurchaseView, roles=TELLERS, scope="store", subject=told_store, dry_run="rehearsed")  # fmt: skip
def tell_purchase(desk: Desk, request: Request) -> PurchaseView:
    """What the hub's own quotes were redeemed for is known and need not be told; told as well, it counts once."""
    body: PurchaseTold = request.body
    at = _told_at(desk, body.service, body.at, request)
    sale = Sale(body.order_id, body.store, body.service, body.pieces, at, body.customer_id)
    return PurchaseView(order_id=body.order_id, counted=desk.pulses.sell(sale, desk.wall_now()))


@room.http("GET", "/pricing/stores/{store_id}/pulse", summary="门店脉搏 · How a store's services sell",
           answer=PulsesView, scope="store", subject=asked_store)  # fmt: skip
def show_pulse(desk: Desk, request: Request) -> PulsesView:
    """As they were when the strategies on turnover and repurchase looked last, which they do once a day, and what they
    said then."""
    store: Store = request.subject
    return PulsesView(data=tuple(map(_view, desk.pulses.of_store(store.id))))


def _told_at(desk: Desk, service: str, at: datetime | None, request: Request) -> datetime:
    """When that was. Raises Invalid for a service that is not sold, and for what is still to come."""
    read_book(desk, STANDARD).value.service(service)
    now = request.made_at or request.now
    if at is not None and at > now:
        raise Invalid("moment", problems=[Problem("/at", "must not lie ahead")])
    return at or now


def _view(pulse: Pulse) -> PulseView:
    return PulseView(
        store=pulse.store,
        service=pulse.service,
        units=pulse.units,
        units_left=pulse.figures.units,
        sold=pulse.figures.sold,
        turnover_days=pulse.figures.turnover_days,
        repurchase_days=pulse.figures.repurchase_days,
        since=pulse.since,
        next_look_at=pulse.due_at,
        looked_at=pulse.looked_at,
        outcome=pulse.outcome,
        offer_id=pulse.offer,
    )
