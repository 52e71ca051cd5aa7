"""Quotes in the room's table, which forgets them a month after they were made."""

from __future__ import annotations

from datetime import datetime, timedelta

from functions.pricing.tables import QuoteItem
from hub.contracts.pricing import QuoteView
from hub.store.model import saving

QUOTE_KEPT = timedelta(days=30)


class Quotes:
    """Quotes as they were made."""

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant

    def store(self, quote: QuoteView, made_by: str, wall_now: datetime) -> QuoteView:
        """Store a quote, once for its id: answers the one that is stored."""
        item = QuoteItem(
            *self._key(quote.id),
            document=quote.model_dump_json(),
            made_by=made_by,
            expires_at=int((wall_now + QUOTE_KEPT).timestamp()),
        )
        return quote if item.create_if_absent() else self.get(quote.id)[0]

    def get(self, quote_id: str) -> tuple[QuoteView, str]:
        """A quote, and who made it; strongly consistent. Raises NotFound."""
        with saving(quote=quote_id):
            item = QuoteItem.get(*self._key(quote_id), consistent_read=True)
        return QuoteView.model_validate_json(item.document), item.made_by

    def _key(self, quote_id: str) -> tuple[str, str]:
        return f"{self._tenant}#quote#{quote_id}", "quote"
