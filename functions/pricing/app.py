"""Pricing (价格): where prices hold, effective-dated price books, campaigns of strategies, and quotes that are honoured
until they expire."""

from __future__ import annotations

from datetime import datetime

from functions.pricing.api import (
    books,
    catalogue,
    coupons,
    offers,
    places,
    promotions,
    publications,
    pulse,
    quotes,
)
from functions.pricing.books.book_kind import BOOKS
from functions.pricing.books.guards_kind import GUARDS
from functions.pricing.desk import Desk
from functions.pricing.handlers.answers import hear_rival
from functions.pricing.handlers.fanout import tell_stores
from functions.pricing.handlers.giving import give_coupon
from functions.pricing.handlers.pulses import count_sales
from functions.pricing.handlers.pulses import look as look_at_pulses
from functions.pricing.places.places_kind import PLACES
from functions.pricing.promotions.promotions import promotion_of
from functions.pricing.room import room
from functions.pricing.strategies.campaign_kind import CAMPAIGNS
from hub.contracts import events
from hub.contracts.events import Event
from hub.documents.routes import serve_documents
from hub.edge.batch import serve_batch
from hub.edge.bus import Change

__all__ = [
    "books",
    "catalogue",
    "coupons",
    "forward",
    "offers",
    "places",
    "promotions",
    "publications",
    "pulse",
    "quotes",
    "room",
]
forward = room.forward

serve_documents(room, (BOOKS, CAMPAIGNS, PLACES, GUARDS), lambda desk: desk.documents)
serve_batch(room, "/pricing/batch")


HEARD = ("store.changed", "person.changed", "coupon.wanted", "competitor.priced", "promotion.changed", "shopper.moved")


@room.events(*HEARD)
def on_event(desk: Desk, event: Event) -> None:
    """Keep our own copy of the stores, of who sells there, and of what marketplaces promote; answer competitors; give
    the coupons that flows want. The same again changes nothing."""
    match event:
        case events.StoreChanged():
            desk.stores.save(event)
        case events.PersonChanged():
            desk.stores.save_guide(event)
        case events.CompetitorPriced() if not event.replay:
            hear_rival(desk, event)
        case events.PromotionChanged():
            desk.promotions.save(promotion_of(event), event.channel)
        case events.ShopperMoved():
            desk.promotions.move(event)
        case events.CouponWanted():
            give_coupon(desk, event)


@room.changes
def on_change(desk: Desk, change: Change) -> None:
    """Tell the stores' guides of what was published; count what an order took, or gave back."""
    if not count_sales(desk, change):
        tell_stores(desk, change)


@room.schedule("rate(15 minutes)", name="look")
def look(desk: Desk, now: datetime) -> datetime:
    """Hold what is due against the strategies on turnover and repurchase: each service of each store once a day."""
    return look_at_pulses(desk, now)
