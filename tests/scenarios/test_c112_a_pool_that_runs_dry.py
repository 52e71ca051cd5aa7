"""C112: a subsidy pool pays until it is empty and says so once; a store's tiers, and what goes back after the close."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from functions.settlement import app
from tests.support.http import bus_events
from tests.support.settlement_room import WHO, Till, handed, moment, till


@pytest.fixture
def room() -> Iterator[Till]:
    with till("2026-11-01T09:00:00+08:00") as made:
        made.set_calendar({"every": "month"})
        made.clock.now = moment("2026-11-02T09:00:00+08:00")
        yield made


def totals(room: Till, run_id: str) -> dict[str, Any]:
    (head,) = room.statements(run=run_id)
    return dict(head["totals"][0])


def test_six_hundred_tickets_at_twenty_from_a_pool_of_ten_thousand(room: Till) -> None:
    """500 tickets' worth is paid, 10,000.00, and nothing for the 100 that came after; `pool.exhausted` is told once."""
    room.adopt("hq_subsidy_pool")
    room.clock.now = moment("2026-11-20T09:00:00+08:00")
    for first in range(0, 600, 100):
        room.hand_in(*(handed("ticket", n, f"2026-11-{5 + n // 60:02}T10:{n % 60:02}:00+08:00")
                       for n in range(first, first + 100)))  # fmt: skip
    room.clock.now = moment("2026-12-01T06:00:00+08:00")
    room.close("base.2026-11")
    assert totals(room, "base.2026-11")["total"] == "10000.00"
    (last,) = room.entries()
    assert last["reason"]["facts"]["facts"] == "600"
    room.close("base.2026-11")
    assert [event["pool"] for event in told(room) if event["type"] == "pool.exhausted"] == ["hq_subsidy_pool"]


def told(room: Till) -> list[dict[str, Any]]:
    return bus_events(app.room.host.client("sqs"))


def test_a_store_above_its_tier_and_a_refund_after_the_close(room: Till) -> None:
    """120,000 with 5 % to 100,000 and 8 % above: 5,000 + 1,600 = 6,600.00. In December 80,000 go back: November's
    40,000 come to 2,000.00, so −4,600.00 in December, pointing to November, beside December's own 500.00; nothing is
    paid and −4,100.00 carried on. November's hash is what it was."""
    room.adopt("cumulative_tier")
    room.clock.now = moment("2026-11-20T09:00:00+08:00")
    sales = [handed("order", 1, "2026-11-10T10:00:00+08:00", amount="80000.00"),
             handed("order", 2, "2026-11-11T10:00:00+08:00", amount="40000.00")]  # fmt: skip
    room.hand_in(*sales)
    room.hand_in(*reversed(sales))
    room.clock.now = moment("2026-12-01T06:00:00+08:00")
    november = room.close("base.2026-11")
    assert totals(room, "base.2026-11")["total"] == "6600.00"
    room.clock.now = moment("2026-12-05T09:00:00+08:00")
    back = {"id": "refund:1", "kind": "refund", "occurred_at": "2026-12-03T10:00:00+08:00", "reverses": "order:1",
            "amounts": {"refund": "80000.00"}, "parties": WHO}  # fmt: skip
    room.hand_in(back, handed("order", 3, "2026-12-04T10:00:00+08:00", amount="10000.00"))
    room.clock.now = moment("2027-01-01T06:00:00+08:00")
    room.close("base.2026-12")
    lines = {entry["reason"]["facts"]["period"]: entry["lines"][0]["amount"] for entry in room.entries()
             if entry["run_id"] == "base.2026-12"}  # fmt: skip
    assert lines == {"2026-11": "-4600.00", "2026-12": "500.00"}
    december = totals(room, "base.2026-12")
    assert (december["total"], december["payout"], december["carried_out"]) == ("-4100.00", "0.00", "-4100.00")
    proof = room.close("base.2026-11", "prove")
    assert (proof["agrees"], proof["hash"]) == (True, november["hash"])
