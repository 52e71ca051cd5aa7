"""Intake rules as they were published before they were a document: read where they lie, never written.

<tenant>#rules / intake     the last ones, as JSON text, and their `version`: earlier ones were not kept
"""

import json

from functions.tickets.tables import Items
from functions.tickets.ticket.ticket import Stored
from hub.contracts.base import Moment
from hub.documents.versions import Past, Version, past_of
from hub.kernel.dataclass import dataclass


class Rulebook(Stored):
    """One version, as it was stored."""

    version: int
    document: str
    published_at: Moment | None = None
    published_by: str = ""


@dataclass(frozen=True)
class OldRules:
    """Those of one tenant. Raises Retry."""

    items: Items

    def keys(self) -> tuple[str, ...]:
        """None beside the preset's."""
        return ()

    def past(self, key: str) -> Past | None:
        """What was published, None where nothing was."""
        record = self.items.find("rules", key)
        if record is None:
            return None
        book = record.read(Rulebook)
        version = Version(
            number=book.version,
            content=json.loads(book.document),
            schema=0,
            published_at=book.published_at,
            published_by=book.published_by,
        )
        return past_of([version])
