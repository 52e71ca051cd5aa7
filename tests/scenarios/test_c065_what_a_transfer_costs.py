"""C065: (split side) what a stock transfer costs is shared by its rule, by benefit or by distance, in the books of
both stores; what was moved too far goes back with the parts. Which store gives (stock, distance, turnover) is the
assets room's to propose, and is not built.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.support.settlement import posting
from tests.support.settlement_room import Till, handed, moment, till

NEAR = [
    {"id": "asks", "quantities": {"benefit_share": "2"}, "parties": {"store": "A"}},
    {"id": "gives", "quantities": {"benefit_share": "1"}, "parties": {"store": "B"}},
]
BY_DISTANCE = posting(
    {"rule": "per_piece", "of": "travel_km", "price": "3.00"},
    purpose="haul", debit="payable:store:{to_store}", credit="income:logistics",
)  # fmt: skip


@pytest.fixture
def room() -> Iterator[Till]:
    with till() as made:
        made.call("POST", "/settlement/parties", {"parties": ["store:A", "store:B", "store:C"]})
        yield made


def moved(number: int, **more: Any) -> dict[str, Any]:
    """Two parts go from B to A."""
    parties = {"from_store": "B", "to_store": "A", "store": "A", "region": "310101"}
    return handed("transfer", number, parts_qty=2, parties=parties, **more)


def test_the_cost_is_shared_by_who_benefits(room: Till) -> None:
    """15.00 for the 5 km from B: A, who sold out, bears 10.00, and B 5.00; both together bear all of it, told once or
    three times, and each reads its own part alone."""
    room.adopt("cross_store_parts_transfer")
    fact = moved(1, logistics_in="15.00", components=NEAR)
    for _ in range(3):
        room.hand_in(fact)
    assert room.accounts() == {
        "expense:logistics": "-15.00", "payable:store:A": "10.00", "payable:store:B": "5.00",
    }  # fmt: skip
    (entry,) = room.entries()
    assert sum(Decimal(line["amount"]) for line in entry["lines"]) == 0
    assert [line["dims"]["store"] for line in entry["lines"] if "payable" in line["account"]] == ["A", "B"]
    room.clock.now = moment("2026-11-21T06:00:00+08:00")
    room.close("base.2026-11-20")
    owed = {head["party"]: head["totals"][0]["total"] for head in room.statements(run="base.2026-11-20")}
    assert owed == {"store:A": "-10.00", "store:B": "-5.00"}


def test_what_comes_back_takes_its_cost_back(room: Till) -> None:
    """One of the two parts goes back: half of each share does; the other one too: nothing is left, and a third is
    refused as more than was moved."""
    room.adopt("cross_store_parts_transfer")
    room.hand_in(moved(1, logistics_in="15.01", pieces=2, components=NEAR))
    room.clock.now = moment("2026-11-20T15:00:00+08:00")
    at = "2026-11-20T14:00:00+08:00"
    room.hand_in(handed("refund", 1, at, reverses="transfer:1", pieces=1))
    half = room.accounts()
    assert Decimal(half["payable:store:A"]) + Decimal(half["payable:store:B"]) == -Decimal(half["expense:logistics"])
    room.hand_in(handed("refund", 2, at, reverses="transfer:1", pieces=1))
    assert room.accounts() == {}
    (third,) = room.hand_in(handed("refund", 3, at, reverses="transfer:1", pieces=1))
    assert third["park_reason"] == "too_much_back"


def test_the_cost_goes_by_the_way(room: Till) -> None:
    """3.00 a kilometre, borne by who asked: 15.00 for the 5 km from B, 240.00 for the 80 km from C."""
    room.publish("haul", {"facts": ["transfer"], "postings": [BY_DISTANCE]})
    room.clock.now = moment("2026-11-20T10:00:00+08:00")
    at = "2026-11-20T09:30:00+08:00"
    for number, km in ((1, 5), (2, 80)):
        room.hand_in({**moved(number, travel_km=km), "occurred_at": at})
        expected = {1: "15.00", 2: "255.00"}[number]
        assert room.accounts("payable") == {"payable:store:A": expected}
