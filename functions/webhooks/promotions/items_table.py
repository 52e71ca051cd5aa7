"""The partition of a connection's promotions and lane in the room's table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.kernel.dataclass import dataclass
from hub.store.table import Key, Lost, Page, Table


@dataclass(frozen=True, slots=True)
class Partition:
    """`<tenant>#promotions#<connection>` of one tenant's connections. All methods raise Retry."""

    table: Table
    tenant: str

    def key(self, connection_id: str, sort: str) -> Key:
        """The key of one item."""
        return f"{self.tenant}#promotions#{connection_id}", sort

    def query(self, connection_id: str, prefix: str, limit: int, start: Mapping[str, Any] | None = None) -> Page:
        """A page of the items whose sort keys begin so, read consistently."""
        pk, _ = self.key(connection_id, "")
        return self.table.query(pk, sk_prefix=prefix, limit=limit, start=start, consistent=True)

    def update(
        self, connection_id: str, sort: str, change: str, values: Mapping[str, Any], when: str = ""
    ) -> dict[str, Any] | None:
        """One write, and the item as it is then; None when the condition does not hold."""
        try:
            return self.table.update(self.key(connection_id, sort), change, values, when=when)
        except Lost:
            return None
