"""Tagged decisions in the room's table."""

from __future__ import annotations

from dataclasses import asdict

from functions.webhooks.orders.live import Tag
from hub.kernel.clock import parse_rfc3339
from hub.kernel.dataclass import dataclass
from hub.store.table import Key, Lost, Table

KEPT_SECONDS = 7 * 86_400
"""A decision that nothing could confirm for a week is history."""


@dataclass(frozen=True, slots=True)
class Tags:
    """`<tenant>#decision#<connection>` / `<order>#<decision>`: there only while a decision waits to be checked. All
    methods raise Retry."""

    table: Table
    tenant: str

    def put(self, tag: Tag) -> None:
        """Tag a decision; taken again on the same order, the later assumption counts."""
        pk, sk = self._key(tag)
        expires_at = int(parse_rfc3339(tag.made_at).timestamp()) + KEPT_SECONDS
        self.table.put({"pk": pk, "sk": sk, **asdict(tag), "schema": 1, "expires_at": expires_at})

    def of(self, connection_id: str, limit: int) -> list[Tag]:
        """Some tagged decisions on orders of a connection."""
        page = self.table.query(f"{self.tenant}#decision#{connection_id}", limit=limit, consistent=True)
        names = ("connection_id", "order_id", "decision", "assumed", "made_at")
        return [Tag(*(item[name] for name in names)) for item in page.items]

    def drop(self, tag: Tag) -> None:
        """It was checked. One that was tagged again meanwhile stays."""
        try:
            self.table.delete(self._key(tag), "made_at = :made_at", {":made_at": tag.made_at})
        except Lost:
            return

    def _key(self, tag: Tag) -> Key:
        return f"{self.tenant}#decision#{tag.connection_id}", f"{tag.order_id}#{tag.decision}"
