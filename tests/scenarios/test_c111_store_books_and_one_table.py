"""C111: three stores that transfer to each other: headquarters' total is theirs without what is between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from functions.settlement import app
from hub.kernel.clock import StepClock
from tests.support.aws import account
from tests.support.hosts import install
from tests.support.http import call, token
from tests.support.ledger import moment

STORES = ("s1", "s2", "s3")
TRANSFERS = (("s1", "s2", "90.00"), ("s2", "s3", "40.00"), ("s3", "s1", "15.00"))


@pytest.fixture(autouse=True)
def hub() -> Iterator[Any]:
    with account("settlement") as session:
        install(app.room, session, StepClock(moment("2026-11-21 12:00")))
        for nth, (giver, taker, amount) in enumerate(TRANSFERS):
            post(transfer(giver, taker, amount), f"transfer {nth}")
        for store in STORES:
            post([line("asset:cash", "500.00", store), line("income:sales", "-500.00", store)], f"sale {store}")
        yield session


def line(account_name: str, amount: str, store: str, counterparty: str = "") -> dict[str, Any]:
    dims = {"book": store} | ({"counterparty": counterparty} if counterparty else {})
    return {"account": account_name, "amount": amount, "dims": dims}


def transfer(giver: str, taker: str, amount: str) -> list[dict[str, Any]]:
    """Goods go over at cost: the giver is owed, the taker owes, in one entry of both books."""
    return [
        line(f"receivable:store:{taker}", amount, giver, taker),
        line("asset:stock", f"-{amount}", giver),
        line("asset:stock", amount, taker),
        line(f"payable:store:{giver}", f"-{amount}", taker, giver),
    ]


def post(lines: list[dict[str, Any]], key: str) -> None:
    body = {"lines": lines, "reason": {"zh": "门店调拨", "en": "Between stores"}}
    assert call(app.room, "POST", "/settlement/ledger/entries", body, key=key).status == 201


def sums(path: str, part: str = "accounts", **options: Any) -> Counter[str]:
    shown = call(app.room, "GET", path, query={"month": "2026-11"}, **options)
    assert shown.status == 200, shown.text
    return Counter({one["account"]: Decimal(one["amount"]) for one in shown.json[part]})


def test_headquarters_total_is_the_stores_without_what_is_between_them() -> None:
    """Account by account: HQ = Σ stores − eliminations, and the eliminations come to nothing."""
    stores: Counter[str] = Counter()
    for store in STORES:
        stores.update(sums(f"/settlement/books/{store}"))
    eliminated, table = sums("/settlement/books", "eliminated"), sums("/settlement/books")
    stores.subtract(eliminated)
    assert {name: amount for name, amount in stores.items() if amount} == {n: a for n, a in table.items() if a}
    assert (table["asset:cash"], table["asset:stock"], sum(eliminated.values())) == (Decimal("1500.00"), 0, 0)
    assert eliminated["receivable:store:s2"] == Decimal("90.00")


def test_each_store_sees_its_own_book_alone() -> None:
    """Its manager reads it, and of another store's book nothing is there; the one table is headquarters'."""
    manager = token("store_manager", sub="ma", stores=("s1",))
    assert sums("/settlement/books/s1", as_=manager)["receivable:store:s2"] == Decimal("90.00")
    seen = [call(app.room, "GET", path, query={"month": "2026-11"}, as_=manager).status for path in
            ("/settlement/books/s2", "/settlement/books")]  # fmt: skip
    assert seen == [404, 403]
