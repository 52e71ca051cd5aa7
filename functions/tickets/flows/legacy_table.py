"""Flows as they were published before they were documents: read where they lie, never written.

<tenant>#flow#<key> / v#<000001>     one version: its document as JSON text, and the machine that runs it
<tenant>#flow#<key> / current        which one new tickets took: `version`
"""

import json

from functions.tickets.tables import Items
from functions.tickets.ticket.ticket import Stored
from hub.contracts.base import Moment
from hub.documents.versions import Past, Version, past_of
from hub.kernel.dataclass import dataclass

VERSIONS_LIMIT = 1000


class Published(Stored):
    """One version, as it was stored."""

    version: int
    document: str
    digest: str
    machine_arn: str
    published_at: Moment
    published_by: str


class Current(Stored):
    """Which version new tickets took."""

    version: int


@dataclass(frozen=True)
class OldFlows:
    """Those of one tenant. Raises Retry."""

    items: Items

    def keys(self) -> tuple[str, ...]:
        """None beside the presets: nothing ever listed flows."""
        return ()

    def past(self, key: str) -> Past | None:
        """What was published under a key, None where nothing was."""
        pointer = self.items.find(f"flow#{key}", "current")
        if pointer is None:
            return None
        records = self.items.all_of(f"flow#{key}", "v#", VERSIONS_LIMIT)
        versions = [_version(record.read(Published)) for record in records]
        return past_of(versions, active=pointer.read(Current).version)


def _version(published: Published) -> Version:
    return Version(
        number=published.version,
        content=json.loads(published.document),
        schema=0,
        published_at=published.published_at,
        published_by=published.published_by,
        facts={"machine_arn": published.machine_arn, "digest": published.digest},
    )
