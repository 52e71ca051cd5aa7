"""C026: points earned in one store are spent in another: the balance is right, one store owes another, the sum is 0."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from functions.settlement import app
from hub.kernel.clock import StepClock
from tests.support.aws import account
from tests.support.hosts import install
from tests.support.http import Answer, call
from tests.support.ledger import moment

POINTS = "/settlement/accounts/points/cus_1"


@pytest.fixture(autouse=True)
def hub() -> Iterator[Any]:
    with account("settlement") as session:
        install(app.room, session, StepClock(moment("2026-11-21 12:00")))
        yield session


def move(way: str, amount: str, store: str, key: str) -> Answer:
    return call(app.room, "POST", f"{POINTS}/{way}", {"amount": amount, "store": store}, key=key)


def book(store: str = "") -> dict[str, str]:
    """A store's accounts of the month; of nobody, headquarters' one table."""
    path = f"/settlement/books/{store}" if store else "/settlement/books"
    sums = call(app.room, "GET", path, query={"month": "2026-11"}).json
    return {one["account"]: one["amount"] for one in sums["accounts"]}


def test_sixty_of_a_hundred_points_are_spent_in_another_store() -> None:
    """100 points (a fen each) earned at A, 60 spent at B: 40 are left, A owes B 0.60, and all accounts sum to 0. A
    repeat spends nothing more; 41 more points are refused with the balance."""
    assert move("credit", "1.00", "A", "earned").json["balance"] == "1.00"
    for _ in range(2):
        spent = move("debit", "0.60", "B", "spent")
    assert (spent.status, spent.json["balance"]) == (200, "0.40")
    assert book("A") == {"expense:points": "1.00", "payable:points:cus_1": "-0.40", "payable:store:B": "-0.60"}
    assert book("B") == {"receivable:store:A": "0.60", "income:points": "-0.60"}
    entries = call(app.room, "GET", "/settlement/ledger/entries").json["data"]
    assert sum(round(float(line["amount"]) * 100) for entry in entries for line in entry["lines"]) == 0
    assert call(app.room, "GET", "/settlement/ledger/summary").json["imbalance_minor"] == 0
    refused = move("debit", "0.41", "B", "too much")
    assert (refused.status, refused.json["facts"]["balance"]) == (409, "0.40")
    assert call(app.room, "GET", POINTS).json["issued"] == [{"store": "A", "amount": "0.40"}]
