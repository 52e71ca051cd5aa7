"""C110: a dated policy adds its node from its day on, warns before its quota is used up, and leaves the past alone."""

from __future__ import annotations

from typing import Any

from tests.support.settlement import posting
from tests.support.settlement_room import handed, moment, till

DECEMBER = "2026-12-01T00:00:00+08:00"
ALL = {"rule": "percent", "of": "amount", "rate": "1"}
VAT = posting(
    ALL,
    {"rule": "tax", "rate": "0.13", "how": "included", "keep": "tax"},
    purpose="vat",
    credit="payable:store:{store}",
)
FREE = posting(
    ALL,
    {"rule": "pool", "budget": "1000.00", "warn_at": "0.90"},
    purpose="duty_free",
    zh="离岛免税额度",
    en="Duty-free quota",
    credit="income:duty_free",
    window={"party": "store", "period": "year"},
)


def document(*postings: Any) -> dict[str, Any]:
    return {"facts": ["order"], "postings": list(postings)}


def test_a_node_that_begins_in_december() -> None:
    """November has no duty_free and keeps its hash; December has it, and 950.00 of a quota of 1,000.00 warn."""
    with till("2026-11-01T00:00:00+08:00") as room:
        room.set_calendar({"every": "month"})
        room.publish("island", document(VAT))
        assert room.publish("island", document(VAT, FREE), valid_from=DECEMBER).status == 200
        room.clock.now = moment("2026-11-20T12:00:00+08:00")
        room.hand_in(handed("order", 1, "2026-11-20T09:00:00+08:00", amount="950.00"))
        room.clock.now = moment("2026-12-01T06:00:00+08:00")
        november = room.close("base.2026-11")
        assert {entry["purpose"] for entry in room.entries()} == {"vat"}
        room.clock.now = moment("2026-12-20T06:00:00+08:00")
        room.hand_in(handed("order", 2, "2026-12-20T05:00:00+08:00", amount="950.00"))
        room.clock.now = moment("2027-01-01T06:00:00+08:00")
        room.close("base.2026-12")
        made = {entry["purpose"]: entry for entry in room.entries() if entry["period"] == "2026-12"}
        assert {purpose: entry["lines"][0]["amount"] for purpose, entry in made.items()} == {
            "vat": "109.29",
            "duty_free": "950.00",
        }
        assert made["duty_free"]["reason"]["zh"].endswith("额度已用 95%")
        proof = room.close("base.2026-11", "prove")
        assert (proof["hash"], proof["agrees"]) == (november["hash"], True)
