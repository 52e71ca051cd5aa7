"""The pricing table: versions of books (`<t>#book#<key>` / `version#<number>`), appended by one conditional put each,
and quotes (`<t>#quote#<id>` / `quote`), which the table forgets a month after they were made."""

from __future__ import annotations

from datetime import datetime, timedelta

from pynamodb.attributes import UnicodeAttribute

from functions.pricing.books import Version, latest_number
from functions.pricing.drafts import preset_versions, version_document, version_from_document
from hub.contracts.pricing import QuoteView
from hub.kernel.errors import Conflict
from hub.store.model import RoomModel, bind, saving

QUOTE_KEPT = timedelta(days=30)
VERSIONS_LIMIT = 1000
NUMBER_DIGITS = 6


class VersionItem(RoomModel):
    class Meta(RoomModel.Meta):
        pass

    document = UnicodeAttribute()


class QuoteItem(RoomModel):
    class Meta(RoomModel.Meta):
        pass

    document = UnicodeAttribute()


class Books:
    """Price books: what ships with the hub, then what was published, append-only."""

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant

    def versions(self, key: str) -> tuple[Version, ...]:
        """All versions of a book, oldest first, strongly consistent; none for a book that does not exist."""
        with saving(book=key):
            stored = [
                version_from_document(item.document)
                for item in VersionItem.query(self._pk(key), consistent_read=True, limit=VERSIONS_LIMIT)
            ]
        return (*preset_versions(key), *stored)

    def append(self, key: str, version: Version) -> Version:
        """Append a version under its number. Raises Conflict when that number is taken (somebody published
        meanwhile) or the book holds VERSIONS_LIMIT versions."""
        sk = f"version#{version.number:0{NUMBER_DIGITS}}"
        item = VersionItem(self._pk(key), sk, document=version_document(version))
        if version.number > VERSIONS_LIMIT or not item.create_if_absent():
            latest = latest_number(self.versions(key))
            raise Conflict("the book has moved on", book=key, wanted=version.number, latest_version=latest)
        return version

    def _pk(self, key: str) -> str:
        return f"{self._tenant}#book#{key}"


class Quotes:
    """Quotes as they were made."""

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant

    def store(self, quote: QuoteView, wall_now: datetime) -> QuoteView:
        """Store a quote, once for its id: answers the one that is stored."""
        item = QuoteItem(
            *self._key(quote.id),
            document=quote.model_dump_json(),
            expires_at=int((wall_now + QUOTE_KEPT).timestamp()),
        )
        return quote if item.create_if_absent() else self.get(quote.id)

    def get(self, quote_id: str) -> QuoteView:
        """A quote; strongly consistent. Raises NotFound."""
        with saving(quote=quote_id):
            item = QuoteItem.get(*self._key(quote_id), consistent_read=True)
        return QuoteView.model_validate_json(item.document)

    def _key(self, quote_id: str) -> tuple[str, str]:
        return f"{self._tenant}#quote#{quote_id}", "quote"


def connect(tenant: str, table: str) -> tuple[Books, Quotes]:
    """Point the models at a tenant's table. No call to AWS yet."""
    bind(table, VersionItem, QuoteItem)
    return Books(tenant), Quotes(tenant)
