"""Quotes in the room's table, which forgets them a month after they were made."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from functions.pricing.quotes.claims import Claim
from functions.pricing.tables import QuoteItem
from hub.contracts.pricing import QuoteView
from hub.kernel.frozen import dataclass
from hub.store.model import saving

QUOTE_KEPT = timedelta(days=30)


@dataclass(frozen=True)
class StoredQuote:
    """A quote as it was made, by whom, and what it takes of limits once it is redeemed."""

    quote: QuoteView
    made_by: str
    claims: tuple[Claim, ...] = ()


class Quotes:
    """Quotes as they were made."""

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant

    def store(self, quote: QuoteView, claims: Sequence[Claim], made_by: str, wall_now: datetime) -> QuoteView:
        """Store a quote, once for its id: answers the one that is stored."""
        item = QuoteItem(
            *self._key(quote.id),
            document=quote.model_dump_json(exclude_defaults=True),
            made_by=made_by,
            claims=json.dumps([asdict(claim) for claim in claims]),
            expires_at=int((wall_now + QUOTE_KEPT).timestamp()),
        )
        return quote if item.create_if_absent() else self.get(quote.id).quote

    def get(self, quote_id: str) -> StoredQuote:
        """A quote; strongly consistent. Raises NotFound."""
        with saving(quote=quote_id):
            item = QuoteItem.get(*self._key(quote_id), consistent_read=True)
        claims = tuple(Claim(**claim) for claim in json.loads(item.claims))
        return StoredQuote(QuoteView.model_validate_json(item.document), item.made_by, claims)

    def _key(self, quote_id: str) -> tuple[str, str]:
        return f"{self._tenant}#quote#{quote_id}", "quote"
