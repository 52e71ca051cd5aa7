"""What the room's kinds of documents are checked against, and read from: stores, sheets, and books of before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from functions.pricing.places.places import Store


class Stores(Protocol):
    """The room's copy of the stores."""

    def every_store(self) -> Sequence[Store]: ...


@dataclass
class Context:
    """old_books: what was stored of books before they were documents."""

    stores: Stores
    old_books: Any = field(repr=False)

    def every_store(self) -> Sequence[Store]:
        """All stores, by id."""
        return self.stores.every_store()
