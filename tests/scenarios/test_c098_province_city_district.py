"""C098: billing rules in three tiers, 省、市、商圈: the most specific wins, for as long as it is valid, and says so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.support.settlement import posting
from tests.support.settlement_room import handed, till

TOMORROW = "2026-11-21T00:00:00+08:00"
DISTRICT, CITY, PROVINCE = "440304", "440305", "440106"
"""福田 is the district of the rule; 南山 lies in the same city, 天河 in another of the province."""


def flat(amount: str) -> list[dict[str, Any]]:
    return [posting({"rule": "flat", "amount": amount}, credit="payable:store:{store}")]


def test_the_most_specific_rule_wins_while_it_is_valid() -> None:
    """省 10, 市 12, 商圈 15 until tomorrow: 15, 12, 10 today; tomorrow 12 in the district; explain names the path."""
    with till() as room:
        room.publish("billing", {"facts": ["order"], "postings": flat("8.00")})
        for scope, amount, more in (
            ("440000", "10.00", {}),
            ("440300", "12.00", {}),
            (DISTRICT, "15.00", {"valid_to": TOMORROW}),
        ):
            answer = room.publish("billing", {"postings": flat(amount)}, scope=scope, **more)
            assert answer.status == 200, answer.text
        room.clock.now += timedelta(hours=1)
        today, tomorrow = "2026-11-20T09:30:00+08:00", "2026-11-21T09:30:00+08:00"
        places = (DISTRICT, CITY, PROVINCE)
        facts = [
            handed("order", n, today, parties={"store": f"s{n}", "region": place}) for n, place in enumerate(places)
        ]
        room.hand_in(*facts)
        room.clock.now += timedelta(days=1)
        room.hand_in(handed("order", 9, tomorrow, parties={"store": "s9", "region": DISTRICT}))
        assert room.accounts("payable") == {
            "payable:store:s0": "-15.00",
            "payable:store:s1": "-12.00",
            "payable:store:s2": "-10.00",
            "payable:store:s9": "-12.00",
        }
        shown = room.call("GET", "/settlement/policies/billing", query={"scope": DISTRICT, "at": today}).json
        assert {origin["scope"] for origin in shown["origins"] if origin["pointer"] == "/postings"} == {DISTRICT}
