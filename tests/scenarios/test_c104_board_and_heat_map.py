"""C104: the ledger by ticket, person, hour, store, region and item: any dimension sums to the ledger, red and green."""

from __future__ import annotations

from decimal import Decimal

from tests.support.settlement import posting
from tests.support.settlement_room import handed, till

PLACES = {"110101": ("s1", "wang.wei", "repair"), "310101": ("s2", "li.na", "repair")}
DIMENSIONS = ("ticket", "person", "hour", "store", "region", "item")
RED_ABOVE = {"rows": [{"id": "dear", "when": {"cost": {"gt": "500.00"}, "region": {"present": True}}, "colour": "red"}]}


def test_any_dimension_sums_to_the_ledger_and_says_what_is_red() -> None:
    """北京's repairs cost 900.00 and are red, 上海's 300.00 and are green; six dimensions, one total."""
    with till("2026-11-20T09:00:00+08:00", "li.na") as room:
        cost = posting({"rule": "percent", "of": "labour", "rate": "1"}, purpose="labour")
        booked = {"purpose": "sale", "debit": "asset:cash", "credit": "income:service"}
        sale = posting({"rule": "percent", "of": "charge", "rate": "1"}, **booked)
        assert room.publish("jobs", {"facts": ["ticket"], "postings": [cost, sale]}).status == 200
        assert room.publish("", RED_ABOVE, kind="board").status == 200
        for nth, (region, (store, person, item)) in enumerate(PLACES.items()):
            parties = {"region": region, "store": store, "person": person}
            for number in range(3):
                about = {"ticket": f"tkt_{nth}{number}", "item": item, "hour": f"1{number}"}
                labour = "300.00" if region == "110101" else "100.00"
                room.hand_in(
                    handed("ticket", nth * 10 + number, labour=labour, charge="500.00", parties=parties, about=about)
                )
        cubes = {by: room.call("GET", "/settlement/cubes", query={"by": by}).json for by in DIMENSIONS}
        for cube in cubes.values():
            for head in ("expense", "income", "payable", "other"):
                assert sum(Decimal(row[head]) for row in cube["rows"]) == Decimal(cube["total"][head])
            assert (cube["total"]["expense"], cube["total"]["income"]) == ("1200.00", "-3000.00")
        colours = {row["name"]: row["colour"] for row in cubes["region"]["rows"]}
        assert colours == {"110101": "red", "310101": "green"}
        assert len(cubes["hour"]["rows"]) == 3
