"""A platform's bill is matched with our orders and our ledger: each planted defect is found, with its kind, and
what is approved changes no more."""

from __future__ import annotations

import base64
import csv
import io
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.settlement import posting
from tests.support.settlement_room import Till, handed, moment, till

START = datetime.fromisoformat("2026-11-01T00:00:00+08:00")
COLUMNS = ("流水号", "订单号", "结算时间", "收入金额", "平台服务费")
ROWS = 200
"""A fifth of a bill of 1,000: tests/unit/test_settlement_matching.py plants the same 15 defects in 1,000 rows."""
SALES = posting(
    {"rule": "percent", "of": "amount", "rate": "1"}, purpose="sale", debit="asset:platform", credit="income:sales"
)
DOUYIN = {"platform": "douyin", "store": "s1", "region": "310101"}


def amount(number: int) -> str:
    return f"{10 + number / 100:.2f}"


def when(number: int) -> datetime:
    return START + timedelta(minutes=number)


def order(number: int, at: datetime | None = None) -> dict[str, Any]:
    """An order that the platform keeps 0.50 of."""
    at_text, about = (at or when(number)).isoformat(), {"order": f"o{number}"}
    return handed("order", number, at_text, amount=amount(number), platform_fee="0.50", parties=DOUYIN, about=about)


def bill() -> list[list[str]]:
    """The platform's rows, with their defects: 3 amounts, 3 fees, 2 of another month, 2 twice, 2 of nobody."""
    rows = [[f"r{n}", f"o{n}", f"{when(n):%Y-%m-%d %H:%M:%S}", amount(n), "0.50"] for n in range(ROWS)]
    for number in (10, 20, 30):
        rows[number][3] = f"{float(amount(number)) + 0.07:.2f}"
    for number in (40, 50, 60):
        rows[number][4] = "0.53"
    for number, twin in ((90, 92), (91, 93)):
        rows[number] = [f"again{twin}", *rows[twin][1:]]
    for number in (94, 95):
        rows[number][1:4:2] = [f"stranger{number}", "9999.00"]
    return rows


def as_csv(rows: list[list[str]], encoding: str = "utf-8-sig") -> str:
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *rows])
    return base64.b64encode(text.getvalue().encode(encoding)).decode()


@pytest.fixture(scope="module")
def room() -> Iterator[Till]:
    with till("2026-12-01T09:00:00+08:00") as made:
        made.clock.now = moment("2026-10-01T00:00:00+08:00")
        made.publish("sales", {"facts": ["order"], "postings": [SALES]})
        made.clock.now = moment("2026-12-01T09:00:00+08:00")
        orders = [order(n, START - timedelta(days=2) if n in (70, 80) else None) for n in range(ROWS)]
        orders = [o for n, o in enumerate(orders) if n not in (90, 91, 94, 95)]
        orders += [order(n, when(n - 1000)) for n in (1000, 1001, 1002)]
        for batch in filter(None, (orders[:200], orders[200:])):
            made.hand_in(*batch)
        yield made


def reconcile(room: Till, file: str) -> Any:
    body = {"platform": "douyin", "from_day": "2026-11-01", "until_day": "2026-12-01", "file": file}
    return room.call("POST", "/settlement/reconciliations", body)


def test_exactly_the_planted_defects_are_found(room: Till) -> None:
    """15 of six kinds, in GB18030 as in UTF-8; decided one by one; approved, nothing changes any more (409)."""
    report = reconcile(room, as_csv(bill())).json
    assert report["counts"] == {"missing": 3, "extra": 2, "amount": 3, "fee": 3, "duplicate": 2, "wrong_period": 2}
    assert (report["rows"], report["open"], sum(report["counts"].values())) == (ROWS, 15, 15)
    assert reconcile(room, as_csv(bill(), "gb18030")).json["counts"] == report["counts"]
    path = f"/settlement/reconciliations/{report['id']}"
    rows = room.call("GET", f"{path}/differences").json["data"]
    assert Counter(row["kind"] for row in rows) == Counter(report["counts"])
    wrong = next(row for row in rows if row["bill_row"] == "r10")
    assert (wrong["kind"], wrong["expected"], wrong["actual"]) == ("amount", "10.10", "10.17")
    assert room.call("POST", f"{path}/approve").status == 409
    for row in rows:
        body = {"resolution": "claimed"}
        assert room.call("POST", f"{path}/differences/{row['number']}/resolve", body).status == 200
    assert room.call("POST", f"{path}/approve").json["state"] == "approved"
    assert room.call("POST", f"{path}/differences/0/resolve", {"resolution": "accepted"}).status == 409
    assert room.call("GET", path).json["state"] == "approved"


def test_a_number_that_excel_has_spoiled_is_refused_with_its_row(room: Till) -> None:
    """6.92346E+18 is nobody's order: the row is named, and nothing is kept."""
    rows = bill()[:3]
    rows[1][1] = "6.92346E+18"
    answer = reconcile(room, as_csv(rows))
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/file/2/number")
