"""Policies and facts for tests of settlement, said in few words."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from functions.settlement.facts.facts import Component, Fact
from functions.settlement.ledger.ledger import Entry
from functions.settlement.policies import Policy
from functions.settlement.rules.policy import PolicyDocument, rule_of

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def minor(text: str) -> int:
    """Fen of a decimal string."""
    return int(Decimal(text) * 100)


def fact(kind: str = "order", number: int = 1, at: datetime = AT, **said: Any) -> Fact:
    """A fact: amounts as decimal strings, numbers as quantities, `who` and `about` as they are."""
    amounts = {name: minor(text) for name, text in said.items() if isinstance(text, str)}
    counts = {name: Fraction(str(n)) for name, n in said.items() if isinstance(n, int | float)}
    who = said.get("who", {"person": "wang.wei", "store": "s1", "region": "310101"})
    return Fact(
        said.get("named", {}).get("id", f"{kind}:{number}"),
        kind,
        at,
        said.get("named", {}).get("currency", "CNY"),
        amounts,
        counts,
        who,
        said.get("about", {}),
        tuple(said.get("components", ())),
        said.get("named", {}).get("reverses", ""),
    )


def part(name: str, counts: dict[str, int] | None = None, **who: str) -> Component:
    """A component of a fact."""
    return Component(name, {}, {key: Fraction(n) for key, n in (counts or {}).items()}, who)


def posting(*steps: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A posting of these steps, to the person unless the last one distributes."""
    distributes = steps[-1]["rule"] in ("split", "apportion")
    document: dict[str, Any] = {
        "purpose": "pay",
        "zh": "报酬",
        "en": "Pay",
        "steps": list(steps),
        "rounding": "HALF_UP",
        "debit": "expense:pay",
    }
    return {**document, **({} if distributes else {"credit": "payable:person:{person}"}), **changes}


def policy(*postings: dict[str, Any], key: str = "p", version: int = 1, **changes: Any) -> Policy:
    """A policy of these postings, for orders and what is like them."""
    kinds = ["order", "work", "ticket", "lesson", "transfer", "score", "milestone", "gift"]
    document = PolicyDocument.model_validate({"facts": kinds, "postings": list(postings), **changes})
    return Policy(key, version, rule_of(document))


def by_account(entries: list[Entry]) -> dict[str, str]:
    """What entries come to on each account, debits positive, accounts without a sum left out."""
    sums: dict[str, int] = {}
    for entry in entries:
        for line in entry.lines:
            sums[line.account] = sums.get(line.account, 0) + line.amount.amount_minor
    return {account: f"{Decimal(amount) / 100:.2f}" for account, amount in sorted(sums.items()) if amount}
