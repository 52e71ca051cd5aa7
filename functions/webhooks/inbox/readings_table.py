"""Who has read what a platform said, word by word: written before it is shown, and kept as long as the table is."""

from __future__ import annotations

from datetime import datetime

from hub.contracts.webhooks import PayloadReading
from hub.kernel.clock import parse_rfc3339, rfc3339
from hub.kernel.dataclass import dataclass
from hub.store.table import Item, Table


@dataclass(frozen=True, slots=True)
class Readings:
    """`<tenant>#<message id>` / `reading#<time>#<actor>` in the room's table. All methods raise Retry."""

    table: Table
    tenant: str

    def note(self, message_id: str, actor: str, at: datetime) -> None:
        """That somebody is about to read it."""
        item = {"pk": self._pk(message_id), "sk": f"reading#{rfc3339(at)}#{actor}", "schema": 1}
        self.table.put({**item, "actor": actor, "at": rfc3339(at)})

    def page(self, message_id: str, limit: int, start: Item | None) -> tuple[list[PayloadReading], Item | None]:
        """The latest first, and where the page ended."""
        page = self.table.query(
            self._pk(message_id), sk_prefix="reading#", limit=limit, start=start, newest_first=True, consistent=True
        )
        readings = [PayloadReading(actor=item["actor"], at=parse_rfc3339(item["at"])) for item in page.items]
        return readings, page.start

    def _pk(self, message_id: str) -> str:
        return f"{self.tenant}#{message_id}"
