"""Entries that are still to come (递延): what counts at a later moment waits as a due row, and is posted then."""

from __future__ import annotations

from datetime import datetime, timedelta

from functions.settlement.ledger.ledger import Booking, Entry, entry_document, entry_from_document
from functions.settlement.ledger.lines import region_of
from hub.kernel.dataclass import dataclass
from hub.store.due import due_by, due_keys, next_due
from hub.store.lists import ListQuery, Within, list_keys, read_list
from hub.store.paging import Position
from hub.store.table import Key, Table

NAME = "deferred"
DUE_LIMIT = 100
"""Of each shard, in one sweep."""
AHEAD = timedelta(days=400)
"""So far ahead what is to come is listed."""


@dataclass
class Deferrals:
    """The entries of a tenant that wait for their moment."""

    tenant: str
    table: Table

    def put(self, entry: Entry, booking: Booking) -> None:
        """Have an entry wait until it occurs; again changes nothing."""
        pk, sk = self._key(entry)
        self.table.put(
            {
                "pk": pk,
                "sk": sk,
                "schema": 1,
                "document": entry_document(entry, booking),
                **due_keys(self.tenant, NAME, entry.id, entry.occurred_at),
                **list_keys(self.tenant, NAME, entry.id, entry.occurred_at, region=region_of(entry)),
            }
        )

    def due(self, now: datetime) -> list[Entry]:
        """The entries whose moment has come, the oldest first."""
        items = self.table.get_many(due_by(self.table, self.tenant, NAME, now, DUE_LIMIT), consistent=True)
        entries = (entry_from_document(item["document"])[0] for item in items)
        return sorted(entries, key=lambda entry: (entry.occurred_at, entry.id))

    def done(self, entry: Entry) -> None:
        """It is posted."""
        self.table.delete(self._key(entry))

    def next_due(self) -> datetime:
        """When the next one is due, UNTIL_CALLED when none is."""
        return next_due(self.table, self.tenant, NAME)

    def page(
        self, within: Within, now: datetime, limit: int, position: Position | None
    ) -> tuple[list[Entry], Position | None]:
        """Entries that wait for a moment of the coming year, within a scope, the one that is due last first; may be two
        seconds behind."""
        query = ListQuery(self.tenant, NAME, within, now + AHEAD, limit, now, None, position)
        listed = read_list(self.table, query)
        return [entry_from_document(item["document"])[0] for item in listed.items], listed.position

    def _key(self, entry: Entry) -> Key:
        return f"{self.tenant}#deferred#{entry.id}", "deferred"
