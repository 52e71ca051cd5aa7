"""C106: what moving parts between regions costs is shared by the stores that benefit, and goes back with the parts."""

from __future__ import annotations

from typing import Any

from tests.support.settlement_room import handed, till

LATER = "2026-11-20T15:00:00+08:00"


def stores(*names: str) -> list[dict[str, Any]]:
    return [{"id": name, "quantities": {"benefit_share": "1"}, "parties": {"store": name}} for name in names]


def test_ninety_over_three_stores_and_back() -> None:
    """90.00 is 30.00 for each of three stores; on return nothing is left anywhere, and the entries stay."""
    with till() as room:
        room.adopt("cross_store_parts_transfer")
        room.hand_in(handed("transfer", logistics_in="90.00", components=stores("xj", "zz", "bj")))
        assert room.accounts() == {
            "expense:logistics": "-90.00",
            "payable:store:bj": "30.00",
            "payable:store:xj": "30.00",
            "payable:store:zz": "30.00",
        }
        room.clock.now = room.clock.now.replace(hour=8)
        room.hand_in(handed("refund", at=LATER, reverses="transfer:1"))
        assert room.accounts() == {}
        assert len(room.entries()) == 2
