"""Balances in the table: one item an account, changed in the very transaction that posts the entry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from functions.settlement.ledger.balances import Balance, accounts_of, after_entry, balance_document
from functions.settlement.ledger.balances import balance_from_document as read
from functions.settlement.ledger.ledger import Entry
from hub.kernel.dataclass import dataclass
from hub.store.table import NEW, Key, Put, Table


@dataclass
class Balances:
    """The accounts of a tenant that may not be overdrawn."""

    tenant: str
    table: Table

    def get(self, account: str) -> Balance:
        """What stands on an account; strongly consistent."""
        item = self.table.get(self._key(account))
        return read(item["balance"]) if item else Balance(account)

    def writes_of(self, entry: Entry, seen: Balance | None = None) -> list[Put]:
        """What an entry changes of balances, each on the condition that nobody changed it since it was read, or `seen`.
        Raises Overdrawn."""
        known = {seen.account: seen} if seen else {}
        balances = {account: known.get(account) or self.get(account) for account in accounts_of(entry)}
        return list(self._puts(after_entry(balances, entry)))

    def _puts(self, changed: Iterable[Balance]) -> Iterable[Put]:
        for balance in changed:
            newer = replace(balance, version=balance.version + 1)
            pk, sk = self._key(balance.account)
            item = {"pk": pk, "sk": sk, "schema": 1, "version": newer.version, "balance": balance_document(newer)}
            if balance.version:
                yield Put(item, "version = :seen", {":seen": balance.version})
            else:
                yield Put(item, NEW)

    def _key(self, account: str) -> Key:
        return f"{self.tenant}#balance#{account}", "balance"
