"""A table in memory whose process dies at a write, and a ledger over it, as often as one likes: for kills."""

from __future__ import annotations

from typing import Any

from tests.support.ledger import Ledger
from tests.support.memory_table import MemoryTable


class Crash(Exception):
    """The process is gone."""


class Dying(MemoryTable):
    """A table whose process dies at its nth write from now on: before it, or after it and before the answer."""

    dies_at, before = 0, False

    def transact(self, *writes: Any, token: str = "", made: str = "") -> None:
        self.dies_at -= 1
        if self.dies_at == 0 and self.before:
            raise Crash
        super().transact(*writes, token=token, made=made)
        if self.dies_at == 0:
            raise Crash


def copied(ledger: Ledger) -> Ledger:
    """The same ledger once more: items are replaced, never changed."""
    table = Dying()
    table.items = dict(ledger.table.items)
    table.partitions = {pk: list(names) for pk, names in ledger.table.partitions.items()}
    return Ledger(ledger.now, table)
