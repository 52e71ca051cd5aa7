"""Accounts that may not be overdrawn (不可透支账户): stored value, points, pools. Pure.

What stands on such an account is owed by whoever issued it: points of store A are A's to pay, wherever they are spent.
The oldest goes first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from functions.settlement.ledger.ledger import Entry
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Conflict
from hub.kernel.money import Money

KINDS = ("stored", "points", "pool")
"""储值、积分、资金池: an account `payable:<kind>:<whose>` has a balance."""
_ACCOUNT = re.compile(rf"payable:(?:{'|'.join(KINDS)}):.+")


class Overdrawn(Conflict):
    """There is less on the account than is to be drawn: nothing is."""


@dataclass(frozen=True, slots=True)
class Balance:
    """What stands on an account. parts: by whom it was issued, the oldest first, minor units."""

    account: str
    currency: str = "CNY"
    parts: tuple[tuple[str, int], ...] = ()
    version: int = 0

    @property
    def minor(self) -> int:
        """All of it."""
        return sum(minor for _, minor in self.parts)

    def credited(self, issuer: str, minor: int) -> Balance:
        """With so much more, issued by somebody."""
        *earlier, (last, held) = self.parts or (("", 0),)
        if self.parts and last == issuer:
            return replace(self, parts=(*earlier, (issuer, held + minor)))
        return replace(self, parts=(*self.parts, (issuer, minor)))

    def debited(self, minor: int) -> tuple[Balance, dict[str, int]]:
        """With so much less, and by whom that was issued. Raises Overdrawn, saying what there is."""
        if minor > self.minor:
            has = str(Money(self.minor, self.currency))
            raise Overdrawn("there is less on the account", account=self.account, balance=has)
        drawn: dict[str, int] = {}
        left, kept = minor, []
        for issuer, held in self.parts:
            part = min(left, held)
            left -= part
            if part:
                drawn[issuer] = drawn.get(issuer, 0) + part
            if held > part:
                kept.append((issuer, held - part))
        return replace(self, parts=tuple(kept)), drawn


def is_balanced(account: str) -> bool:
    """Whether an account may not be overdrawn."""
    return _ACCOUNT.fullmatch(account) is not None


def after_entry(balances: Mapping[str, Balance], entry: Entry) -> list[Balance]:
    """The balances that an entry changes, as they are after it. A credit is issued by the book of its line. Raises
    Overdrawn, and Conflict for another currency."""
    changed = dict(balances)
    for line in entry.lines:
        if not is_balanced(line.account):
            continue
        balance = changed[line.account]
        if balance.parts and balance.currency != entry.currency:
            raise Conflict("the account is in another currency", account=line.account, currency=balance.currency)
        minor = -line.amount.amount_minor
        if minor > 0:
            issuer = line.dims.get("book", line.dims.get("store", ""))
            changed[line.account] = replace(balance, currency=entry.currency).credited(issuer, minor)
        else:
            changed[line.account], _ = balance.debited(-minor)
    return [changed[account] for account in changed if changed[account] != balances[account]]


def accounts_of(entry: Entry) -> list[str]:
    """The accounts of an entry that may not be overdrawn."""
    return sorted({line.account for line in entry.lines if is_balanced(line.account)})


def balance_document(balance: Balance) -> dict[str, Any]:
    """A balance as plain values, for the store."""
    return {
        "account": balance.account,
        "currency": balance.currency,
        "parts": [list(part) for part in balance.parts],
        "version": balance.version,
    }


def balance_from_document(raw: Mapping[str, Any]) -> Balance:
    """What `balance_document` wrote."""
    parts = tuple((str(issuer), int(minor)) for issuer, minor in raw["parts"])
    return Balance(raw["account"], raw["currency"], parts, int(raw["version"]))


def total_minor(balances: Iterable[Balance]) -> int:
    """All balances together."""
    return sum(balance.minor for balance in balances)
