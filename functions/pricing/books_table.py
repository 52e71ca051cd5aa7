"""Price books in the room's table: what ships with the hub, then what was published."""

from __future__ import annotations

from functions.pricing.books import Version, latest_number
from functions.pricing.drafts import preset_versions, version_document, version_from_document
from functions.pricing.tables import VersionItem
from hub.kernel.errors import Conflict
from hub.store.model import saving

VERSIONS_LIMIT = 1000
NUMBER_DIGITS = 6


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
