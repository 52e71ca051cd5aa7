"""Pricing (价格): where prices hold, effective-dated price books, campaigns of strategies, and quotes that are honoured
until they expire."""

from __future__ import annotations

from functions.pricing.api import books, catalogue, coupons, offers, places, publications, quotes
from functions.pricing.books.book_kind import BOOKS
from functions.pricing.books.guards import GUARDS
from functions.pricing.desk import Desk
from functions.pricing.handlers.fanout import tell_stores
from functions.pricing.handlers.giving import give_coupon
from functions.pricing.places.places_kind import PLACES
from functions.pricing.room import room
from functions.pricing.strategies.campaign_kind import CAMPAIGNS
from hub.contracts.events import CouponWanted, Event, PersonChanged, StoreChanged
from hub.documents.routes import serve_documents
from hub.edge.batch import serve_batch
from hub.edge.bus import Change

__all__ = ["books", "catalogue", "coupons", "forward", "offers", "places", "publications", "quotes", "room"]
forward = room.forward

serve_documents(room, (BOOKS, CAMPAIGNS, PLACES, GUARDS), lambda desk: desk.documents)
serve_batch(room, "/pricing/batch")


@room.events("store.changed", "person.changed", "coupon.wanted")
def on_event(desk: Desk, event: Event) -> None:
    """Keep our own copy of the stores, and of who sells there; give the coupons that flows want. The same again changes
    nothing."""
    match event:
        case StoreChanged():
            desk.stores.save(event)
        case PersonChanged():
            desk.stores.save_guide(event)
        case CouponWanted():
            give_coupon(desk, event)


@room.changes
def on_change(desk: Desk, change: Change) -> None:
    """Tell the stores' guides of what was published."""
    tell_stores(desk, change)
