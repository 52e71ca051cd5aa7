"""What platforms were asked of people's UnionIDs: `<t>#identity#<key>` / `union` holds the day of the last question and
the answer."""

from __future__ import annotations

from collections.abc import Sequence

from functions.customers.people.identities import Identity
from hub.store.table import Lost, Table


class UnionTable:
    """The questions of one tenant. Errors: Retry for what passes."""

    def __init__(self, tenant: str, table: Table) -> None:
        self._tenant, self._table = tenant, table

    def known(self, identity: Identity) -> tuple[str, str]:
        """The UnionID that a platform told of this person, and the day on which it was last asked; "" for neither."""
        item = self._table.get(self._key(identity), consistent=False) or {}
        return str(item.get("union_id", "")), str(item.get("day", ""))

    def read_ahead(self, identities: Sequence[Identity]) -> None:
        """Have what is known of them at hand for what follows in this batch."""
        self._table.read_ahead(map(self._key, identities), consistent=False)

    def claim(self, identity: Identity, day: str) -> bool:
        """Ask about this person today: True for the first who wants to."""
        try:
            self._table.update(
                self._key(identity), "SET #day = :day", {":day": day}, "attribute_not_exists(#day) OR #day <> :day"
            )
        except Lost:
            return False
        return True

    def answer(self, identity: Identity, union_id: str) -> None:
        """What the platform told."""
        self._table.update(self._key(identity), "SET union_id = :id", {":id": union_id})

    def release(self, identity: Identity) -> None:
        """There was no answer: whoever wants to know may ask again today."""
        self._table.update(self._key(identity), "REMOVE #day")

    def _key(self, identity: Identity) -> tuple[str, str]:
        return f"{self._tenant}#identity#{identity.key}", "union"
