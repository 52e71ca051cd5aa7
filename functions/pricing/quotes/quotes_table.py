"""Quotes in the room's table, which forgets them a month after they were made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.pricing.offers.rehearsal import PastQuote
from functions.pricing.quotes.claims import Claim
from functions.pricing.tables import QuoteItem
from hub.contracts.pricing import QuoteRequest, QuoteView
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.dataclass import dataclass
from hub.store.model import saving
from hub.store.table import Index, Table

QUOTE_KEPT = timedelta(days=30)
BY_LIST = Index("by_list", "list_pk", "list_sk")
PAST_LIMIT, PAGE = 2000, 200
"""So many past quotes of a store are rehearsed with, read so many at a time."""


@dataclass(frozen=True)
class StoredQuote:
    """A quote as it was made, by whom, and what it takes of limits once it is redeemed."""

    quote: QuoteView
    made_by: str
    claims: tuple[Claim, ...] = ()


class Quotes:
    """Quotes as they were made."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table, self._tenant = table, tenant

    def store(self, stored: StoredQuote, request: QuoteRequest, wall_now: datetime) -> QuoteView:
        """Store a quote, once for its id: answers the one that is stored. One that a store made is listed there, to be
        rehearsed with later; nothing is kept of the buyer's birthday."""
        quote = stored.quote
        listed = quote.store and quote.state == "valid"
        item = QuoteItem(
            *self._key(quote.id),
            document=quote.model_dump_json(exclude_defaults=True),
            made_by=stored.made_by,
            claims=json.dumps([asdict(claim) for claim in stored.claims]),
            request=request.model_dump_json(exclude_defaults=True, exclude={"birthday"}) if listed else None,
            list_pk=self._day(quote.store, quote.created_at) if listed else None,
            list_sk=f"{rfc3339(quote.created_at)}#{quote.id}" if listed else None,
            expires_at=int((wall_now + QUOTE_KEPT).timestamp()),
        )
        return quote if item.create_if_absent() else self.get(quote.id).quote

    def before(self, store: str, now: datetime, days: int) -> list[PastQuote]:
        """What was asked for in a store in the days before a moment, the newest first, PAST_LIMIT at most; up to two
        seconds behind."""
        quotes: list[PastQuote] = []
        for day in range(days + 1):
            pk, until = self._day(store, now - timedelta(days=day)), f"{rfc3339(now)}#~"
            since = rfc3339(now - timedelta(days=days))
            start = None
            while len(quotes) < PAST_LIMIT:
                page = self._table.query(pk, index=BY_LIST, sk_between=(since, until), limit=PAGE, start=start,
                                         newest_first=True, only=("request", "list_sk"))  # fmt: skip
                quotes += map(_past, page.items)
                if (start := page.start) is None:
                    break
        return quotes[:PAST_LIMIT]

    def _day(self, store: str, at: datetime) -> str:
        return f"{self._tenant}#quotes#{store}#{at.astimezone(UTC):%Y-%m-%d}"

    def get(self, quote_id: str) -> StoredQuote:
        """A quote; strongly consistent. Raises NotFound."""
        with saving(quote=quote_id):
            item = QuoteItem.get(*self._key(quote_id), consistent_read=True)
        claims = tuple(Claim(**claim) for claim in json.loads(item.claims))
        return StoredQuote(QuoteView.model_validate_json(item.document), item.made_by, claims)

    def _key(self, quote_id: str) -> tuple[str, str]:
        return f"{self._tenant}#quote#{quote_id}", "quote"


def _past(item: Mapping[str, Any]) -> PastQuote:
    moment = str(item["list_sk"]).partition("#")[0]
    return PastQuote(QuoteRequest.model_validate_json(item["request"]), parse_rfc3339(moment))
