"""What customers earn and spend (积分、储值): the entries of an account that may not be overdrawn. Pure.

Whoever issued it owes it: spent in another store, the issuer owes that store, in both their books.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from functions.settlement.ledger.ledger import Entry, Line, Why
from hub.kernel.money import Money

RULE = "accounts"
WORDS = {"points": ("积分", "points"), "stored": ("储值", "stored value"), "pool": ("资金池", "pool")}


def account_of(kind: str, owner: str) -> str:
    """The account of an owner: `payable:points:cus_1`."""
    return f"payable:{kind}:{owner}"


def earning(kind: str, owner: str, amount: Money, store: str, fact_id: str, at: datetime) -> Entry:
    """An amount onto the account, issued by a store ("" headquarters): points are its expense, stored value and a
    pool's money came in."""
    source = "expense:points" if kind == "points" else f"asset:{kind}"
    dims = {"book": store} if store else {}
    lines = (Line(source, amount, dims), Line(account_of(kind, owner), -amount, dims))
    zh, en = WORDS[kind]
    return Entry(fact_id, "earn", at, lines, Why(f"{zh}入账", f"{en} in", RULE, 1, _facts(store)))


def spending(
    kind: str, owner: str, drawn: Mapping[str, int], currency: str, store: str, fact_id: str, at: datetime
) -> Entry:
    """What was drawn off the account (issuer → minor units), spent in a store. What another issued, that one owes to
    this store: payable in the issuer's book, receivable in the store's."""
    lines: list[Line] = []
    for issuer, minor in drawn.items():
        amount, book = Money(minor, currency), {"book": issuer} if issuer else {}
        lines.append(Line(account_of(kind, owner), amount, book))
        if issuer == store or not store:
            lines.append(Line(f"income:{kind}", -amount, book))
            continue
        debtor = f"receivable:store:{issuer}" if issuer else "receivable:hq"
        lines.append(Line(f"payable:store:{store}", -amount, {**book, "counterparty": store}))
        lines.append(Line(debtor, amount, {"book": store, "counterparty": issuer}))
        lines.append(Line(f"income:{kind}", -amount, {"book": store}))
    zh, en = WORDS[kind]
    return Entry(fact_id, "spend", at, tuple(lines), Why(f"{zh}消费", f"{en} spent", RULE, 1, _facts(store)))


def _facts(store: str) -> dict[str, str]:
    return {"store_id": store} if store else {}
