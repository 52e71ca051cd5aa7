"""C105: every order has its own profit and loss, and a store's is the sum of its orders'."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.support.settlement_room import handed, till


def facts_of(number: int, price: str, store: str) -> list[dict[str, Any]]:
    """An order with its parts and labour; the platform keeps 5 %."""
    about = {"about": {"order": f"o{number}"}, "parties": {"store": store, "region": "310101", "person": "wang.wei"}}
    fee = f"{Decimal(price) * Decimal('0.05'):.2f}"
    return [
        handed("order", number, list_price=price, discount="50.00", platform_fee=fee, **about),
        handed("work", number, labour_minutes=60, **about),
        handed("order_line", number, parts="180.00", **about),
    ]


def test_an_order_of_500_brings_185() -> None:
    """500 less parts 180, labour 60, discount 50 and the platform's 25 is 185.00; the store's total is its orders'."""
    with till() as room:
        room.hand_in(*facts_of(1, "500.00", "s1"), *facts_of(2, "700.00", "s1"), *facts_of(3, "600.00", "s2"))
        orders = [room.call("GET", f"/settlement/profit/orders/o{n}").json for n in (1, 2, 3)]
        assert [view["margin"] for view in orders] == ["185.00", "375.00", "280.00"]
        sums = {item["item"]: item["value"] for item in orders[0]["items"]}
        assert (sums["parts"], sums["labour"], sums["discount"], sums["platform_fee"]) == (
            "180.00", "60.00", "50.00", "25.00",
        )  # fmt: skip
        board = room.call("GET", "/settlement/profit", query={"by": "store"}).json
        assert {row["name"]: row["margin"] for row in board["rows"]} == {"s1": "560.00", "s2": "280.00"}
        assert board["total"]["margin"] == "840.00"
