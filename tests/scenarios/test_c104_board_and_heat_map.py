"""C104: the ledger by ticket, person, hour, store, region and item: any dimension sums to the ledger, red and green."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from typing import Any

import duckdb

from functions.settlement import app
from functions.settlement.handlers.folding import Pace, fold_days
from functions.settlement.ledger.ledger import Entry, Line, Why
from hub.kernel.money import Money
from tests.support.settlement import posting
from tests.support.settlement_room import Till, handed, moment, till

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


REGIONS = ("110101", "310101", "440304")
MONTHS, A_MONTH = 36, 30


def three_years(room: Till) -> dict[str, int]:
    """Costs of three regions from December 2023 to November 2026, posted as they occurred; what each comes to."""
    sums = dict.fromkeys(REGIONS, 0)
    for number in range(MONTHS * A_MONTH):
        at = moment("2023-12-01T10:00:00+08:00") + timedelta(days=number % A_MONTH + 30.4 * (number // A_MONTH))
        region, minor = REGIONS[number % 3], 100 + number % 977
        dims = {"region": region, "item": f"i{number % 40}", "person": f"p{number % 25}", "hour": "10"}
        lines = (Line("expense:x", Money(minor, "CNY"), dims), Line("payable:store:s1", Money(-minor, "CNY"), dims))
        made = Entry(f"f{number}", "pay", at, lines, Why("理由", "reason", "rule", 1, {"region": region}))
        app.room.desk.book.post(made, at)
        sums[region] += minor
    return sums


def cube(room: Till, **query: str) -> Any:
    return room.call("GET", "/settlement/cubes", query=query).json


def test_three_years_are_read_in_half_a_second() -> None:
    """Folded day by day and month by month, the cubes of 36 months come to what its entries do, in at most 500 ms each;
    so do those of a span, of what is not folded yet beside them, and after folding once more."""
    with till("2026-12-01T09:00:00+08:00") as room:
        sums = three_years(room)
        room.clock.now = moment("2026-11-15T12:00:00+08:00")
        assert fold_days(app.room.desk, room.clock.now, Pace(days=2000)) == 1080
        for by in DIMENSIONS[1:]:
            began, read = perf_counter(), room.reads_of("#cube")
            answer = cube(room, by=by)
            assert perf_counter() - began <= 0.5
            assert read() <= MONTHS + 31  # a month is one item of up to 1,000 cells, and so is a day of this month
            assert Decimal(answer["total"]["expense"]) == Decimal(sum(sums.values())) / 100
            assert answer["complete"]
        by_region = {row["name"]: Decimal(row["expense"]) for row in cube(room, by="region")["rows"]}
        assert by_region == {region: Decimal(minor) / 100 for region, minor in sums.items()}
        room.clock.now = moment("2026-12-05T12:00:00+08:00")
        assert fold_days(app.room.desk, room.clock.now, Pace(days=2000)) == 20
        assert fold_days(app.room.desk, room.clock.now, Pace(days=2000)) == 0
        assert {row["name"]: Decimal(row["expense"]) for row in cube(room, by="region")["rows"]} == by_region
        years = [cube(room, by="item", since=f"{y}-01", until=f"{y}-12")["total"]["expense"] for y in range(2023, 2027)]
        assert sum(map(Decimal, years)) == Decimal(sum(sums.values())) / 100


def test_duckdb_comes_to_the_same_from_the_ledger_itself(tmp_path: Path) -> None:
    """The ledger's own lines in a file, added up by DuckDB in DECIMAL: every folded cell of three years to the cent."""
    with till("2026-12-01T09:00:00+08:00") as room:
        three_years(room)
        room.clock.now = moment("2026-12-05T12:00:00+08:00")
        fold_days(app.room.desk, room.clock.now, Pace(days=2000))
        lines = [line for entry in room.entries() for line in entry["lines"]]
        assert len(lines) == 2 * MONTHS * A_MONTH
        file = tmp_path / "ledger.json"
        file.write_text("\n".join(json.dumps({**line["dims"], **line}) for line in lines), encoding="utf-8")
        for by in ("region", "item", "person", "hour"):
            read = f"read_json('{file}', columns={{'{by}': 'VARCHAR', 'amount': 'VARCHAR', 'account': 'VARCHAR'}})"
            total = "CAST(SUM(CAST(amount AS DECIMAL(18,2))) AS VARCHAR)"
            query = f"SELECT {by}, {total} FROM {read} WHERE account LIKE 'expense%' GROUP BY 1"  # noqa: S608 - our own
            expected = dict(duckdb.sql(query).fetchall())
            assert {row["name"]: row["expense"] for row in cube(room, by=by)["rows"]} == expected


def test_the_board_is_one_page_that_loads_nothing() -> None:
    """HTML with its own style and no script, image or link; names are text, whatever they contain; CSV beside it."""
    with till("2026-11-20T09:00:00+08:00") as room:
        cost = posting({"rule": "percent", "of": "labour", "rate": "1"}, purpose="labour")
        room.publish("jobs", {"facts": ["ticket"], "postings": [cost]})
        room.hand_in(handed("ticket", 1, labour="300.00", about={"ticket": "t1", "item": "<b>&=1"}))
        page = room.call("GET", "/settlement/cubes/file", query={"by": "item"})
        assert page.headers["content-type"].startswith("text/html")
        assert "&lt;b&gt;&amp;=1" in page.text
        assert not [word for word in ("<script", "<img", "<link", "http:", "https:", "url(") if word in page.text]
        lines = room.call("GET", "/settlement/cubes/file", query={"by": "item", "format": "csv"}).text.splitlines()
        assert lines == ["\ufeffname,expense,income,payable,other,colour", "<b>&=1,300.00,0.00,-300.00,0.00,green"]
