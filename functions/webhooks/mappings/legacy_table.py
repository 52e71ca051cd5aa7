"""Mappings as they were stored before they were documents: read where they lie, never written.

<tenant>#mapping#<channel> / v<000002>     one version, as JSON text
<tenant>#mapping#<channel> / mapping       which one is active: `active`, 0 for the one that ships with the channel
"""

from __future__ import annotations

import json

from hub.documents.versions import Past, Version, past_of
from hub.kernel.clock import parse_rfc3339
from hub.kernel.dataclass import dataclass
from hub.store.table import Item, Table

VERSIONS_LIMIT = 200


@dataclass(frozen=True, slots=True)
class OldMappings:
    """Those of one tenant. Raises Retry."""

    table: Table
    tenant: str

    def keys(self) -> tuple[str, ...]:
        """None beside those of the channels."""
        return ()

    def past(self, channel: str) -> Past | None:
        """What was published of a channel, None where nothing was."""
        pk = f"{self.tenant}#mapping#{channel}"
        pointer = self.table.get((pk, "mapping"))
        if pointer is None:
            return None
        items = self.table.query_all(pk, sk_prefix="v", limit=VERSIONS_LIMIT, consistent=True)
        return past_of([_version(item) for item in items], active=pointer["active"])


def _version(item: Item) -> Version:
    return Version(
        number=item["version"],
        content=json.loads(item["document"]),
        published_at=parse_rfc3339(item["published_at"]),
        published_by=item["published_by"],
    )
