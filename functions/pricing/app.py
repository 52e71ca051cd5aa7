"""Pricing (价格): where prices hold, effective-dated price books, campaigns of strategies, and quotes that are honoured
until they expire."""

from __future__ import annotations

from functions.pricing.api import places, quotes
from functions.pricing.books.book_kind import BOOKS
from functions.pricing.desk import Desk
from functions.pricing.places.places_kind import PLACES
from functions.pricing.room import room
from functions.pricing.strategies.campaign_kind import CAMPAIGNS
from hub.contracts.events import Event, PersonChanged, StoreChanged
from hub.documents.routes import serve_documents

__all__ = ["places", "quotes", "room"]

serve_documents(room, (BOOKS, CAMPAIGNS, PLACES), lambda desk: desk.documents)


@room.events("store.changed", "person.changed")
def on_event(desk: Desk, event: Event) -> None:
    """Keep our own copy of the stores, and of who sells there; the same again changes nothing."""
    match event:
        case StoreChanged():
            desk.stores.save(event)
        case PersonChanged():
            desk.stores.save_guide(event)
