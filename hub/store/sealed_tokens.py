"""Access and refresh tokens as they lie in the table: sealed, each for its connection.

A token opens a customer's shop to whoever reads it, and tables are read, exported and backed up by more people than
call platforms.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.kernel.dataclass import dataclass
from hub.store.sealing import PREFIX, Sealer
from hub.store.table import Item, Key, Table

SECRETS = frozenset({"token", "renewal"})


@dataclass(frozen=True, slots=True)
class SealedTokens:
    """The items of tokens, read and written in clear. Raises Retry, also without KMS, and Lost."""

    table: Table
    sealer: Sealer

    def get(self, key: Key) -> dict[str, Any] | None:
        """The item, strongly consistent, with its secrets open."""
        item = self.table.get(key)
        return self._opened(key, item) if item else None

    def update(self, key: Key, change: str, values: Item, when: str = "") -> dict[str, Any]:
        """Change the item; `:token` and `:renewal` are sealed first. Answers the item as it is then, open."""
        sealed = {f":{name}": self.sealer.seal(values[f":{name}"], _context(key)) for name in SECRETS & _names(values)}
        return self._opened(key, self.table.update(key, change, {**values, **sealed}, when=when))

    def _opened(self, key: Key, item: Mapping[str, Any]) -> dict[str, Any]:
        """What was stored before secrets were sealed is clear, and sealed when it is next renewed."""
        sealed = {name: str(item[name]) for name in SECRETS if str(item.get(name, "")).startswith(PREFIX)}
        return {**item, **{name: self.sealer.unseal(text, _context(key)) for name, text in sealed.items()}}


def _names(values: Item) -> frozenset[str]:
    return frozenset(name[1:] for name in values)


def _context(key: Key) -> str:
    return f"{key[0]}/secrets"
