"""What is counted of an endpoint: `<t>#endpoint#<id>` / `day#<date>`, for ninety days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from functions.outbound.deliveries.deliveries import KEPT, Attempt
from functions.outbound.endpoints.statistics import Figures, counts_of, day_of, days_before, figures_of
from hub.kernel.dataclass import dataclass
from hub.store.table import Table, Update


@dataclass(frozen=True)
class Statistics:
    """The counts of one tenant."""

    tenant: str
    table: Table

    def add(self, endpoint_id: str, attempts: Sequence[Attempt], now: datetime, wall: datetime) -> Update:
        """Part of a transaction: count a wave."""
        counts = {name: count for name, count in counts_of(attempts).items() if count}
        values: dict[str, int] = {f":{name}": count for name, count in counts.items()}
        values |= {":one": 1, ":expires": int((wall + KEPT).timestamp())}
        adds = ", ".join(f"{name} :{name}" for name in counts)
        change = f"SET #schema = :one, expires_at = :expires ADD {adds}"
        return Update((f"{self.tenant}#endpoint#{endpoint_id}", f"day#{day_of(now)}"), change, values)

    def read(self, endpoint_id: str, now: datetime) -> Figures:
        """Of the last seven days."""
        keys = [(f"{self.tenant}#endpoint#{endpoint_id}", f"day#{day}") for day in days_before(now)]
        skipped = ("pk", "sk", "schema", "expires_at")
        days = self.table.get_many(keys)
        return figures_of({name: value for name, value in day.items() if name not in skipped} for day in days)
