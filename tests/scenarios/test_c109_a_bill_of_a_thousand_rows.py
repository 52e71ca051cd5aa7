"""C109: a bill of 1,000 rows is matched with orders and ledger: exactly the 15 planted defects of 6 kinds are found;
what is approved, report and statement alike, changes no more."""

from __future__ import annotations

import base64
import csv
import io
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from pypdf import PdfReader

from tests.support.http import Answer
from tests.support.settlement import posting
from tests.support.settlement_room import Till, handed, moment, till

START = datetime.fromisoformat("2026-11-01T00:00:00+08:00")
COLUMNS = ("流水号", "订单号", "结算时间", "收入金额", "平台服务费")
ROWS = 1_000
SALES = posting(
    {"rule": "percent", "of": "amount", "rate": "1"}, purpose="sale", debit="asset:platform", credit="income:sales"
)
SHARE = posting(
    {"rule": "percent", "of": "amount", "rate": "0.10"}, purpose="share", debit="expense:share",
    credit="payable:store:{store}",
)  # fmt: skip
DOUYIN = {"platform": "douyin", "store": "s1", "region": "310101"}
FORM = {"id": "流水号", "number": "订单号", "at": "结算时间", "amount": "收入金额", "fee": "平台服务费"}
PLANTED = {
    **{f"r{number}": "amount" for number in (10, 220, 430)},
    **{f"r{number}": "fee" for number in (140, 550, 960)},
    **{f"r{number}": "wrong_period" for number in (270, 780)},
    **{f"twice{number}": "duplicate" for number in (92, 693)},
    **{f"r{number}": "extra" for number in (394, 895)},
    **{f"order:{number}": "missing" for number in (1000, 1001, 1002)},
}
"""By the bill's row, what is missing there by our order."""


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
    for number in (10, 220, 430):
        rows[number][3] = f"{float(amount(number)) + 0.07:.2f}"
    for number in (140, 550, 960):
        rows[number][4] = "0.53"
    for number, twin in ((90, 92), (691, 693)):
        rows[number] = [f"twice{twin}", *rows[twin][1:]]
    for number in (394, 895):
        rows[number][1:4:2] = [f"stranger{number}", "9999.00"]
    return rows


def as_csv(rows: list[list[str]], encoding: str = "utf-8-sig") -> str:
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *rows])
    return base64.b64encode(text.getvalue().encode(encoding)).decode()


@pytest.fixture(scope="module")
def room() -> Iterator[Till]:
    """1,000 orders of which two are of October and the bill knows three not; four of the bill's rows have no order."""
    with till("2026-12-01T09:00:00+08:00") as made:
        made.keep_files()
        made.clock.now = moment("2026-10-01T00:00:00+08:00")
        made.publish("sales", {"facts": ["order"], "postings": [SALES, SHARE]})
        made.call("POST", "/settlement/parties", {"parties": ["store:s1"]})
        made.clock.now = moment("2026-11-02T09:00:00+08:00")
        orders = [order(n, START - timedelta(days=2) if n in (270, 780) else None) for n in range(ROWS)]
        orders = [o for n, o in enumerate(orders) if n not in (90, 691, 394, 895)]
        orders += [order(n, when(n - 1000)) for n in (1000, 1001, 1002)]
        for start in range(0, len(orders), 200):
            made.hand_in(*orders[start : start + 200])
        made.clock.now = moment("2026-12-01T09:00:00+08:00")
        yield made


def asked(room: Till, file: str, form: str = "standard") -> Answer:
    body = {"platform": "douyin", "form": form, "from_day": "2026-11-01", "until_day": "2026-12-01", "file": file}
    return room.call("POST", "/settlement/reconciliations", body)


def reconcile(room: Till, file: str, form: str = "standard") -> Any:
    """The report, once its job is done."""
    begun = asked(room, file, form)
    assert (begun.status, begun.json["state"]) == (202, "matching")
    assert room.finish(begun.json["job_id"])["state"] == "done"
    return room.call("GET", f"/settlement/reconciliations/{begun.json['id']}").json


def differences(room: Till, report: Any) -> list[dict[str, Any]]:
    return list(room.call("GET", f"/settlement/reconciliations/{report['id']}/differences").json["data"])


def test_exactly_the_planted_defects_are_found(room: Till) -> None:
    """Each of the 15 by its row and kind, in GB18030 as in UTF-8; decided one by one; approved, nothing changes any
    more (409)."""
    report = reconcile(room, as_csv(bill()))
    assert report["counts"] == {"missing": 3, "extra": 2, "amount": 3, "fee": 3, "duplicate": 2, "wrong_period": 2}
    assert (report["rows"], report["open"]) == (ROWS, 15)
    assert reconcile(room, as_csv(bill(), "gb18030"))["counts"] == report["counts"]
    rows, path = differences(room, report), f"/settlement/reconciliations/{report['id']}"
    assert {row["bill_row"] or row["booked"][0]: row["kind"] for row in rows} == PLANTED
    wrong = next(row for row in rows if row["bill_row"] == "r10")
    assert (wrong["kind"], wrong["expected"], wrong["actual"]) == ("amount", "10.10", "10.17")
    assert room.call("POST", f"{path}/approve").status == 409
    for row in rows:
        body = {"resolution": "claimed"}
        assert room.call("POST", f"{path}/differences/{row['number']}/resolve", body).status == 200
    assert room.call("POST", f"{path}/approve").json["state"] == "approved"
    assert room.call("POST", f"{path}/differences/0/resolve", {"resolution": "accepted"}).status == 409
    assert room.call("GET", path).json["state"] == "approved"


def test_a_bill_is_worked_off_in_slices_that_may_die(room: Till) -> None:
    """Every slice done twice, as after a kill: one report, the same 15. The work list of a resolution is read by its
    key; what is decided moves, and a bill of another year is refused by its job, with the reason on the bill."""
    begun = asked(room, as_csv(bill())).json
    assert room.finish(begun["job_id"], twice=True)["state"] == "done"
    path = f"/settlement/reconciliations/{begun['id']}"
    assert room.call("GET", path).json["open"] == 15
    assert room.call("POST", f"{path}/differences/3/resolve", {"resolution": "accepted"}).status == 200
    listed = {}
    for name in ("open", "accepted", "auto"):
        page = room.call("GET", f"{path}/differences", query={"resolution": name}).json
        listed[name] = [row["number"] for row in page["data"]]
    assert listed == {"open": [n for n in range(15) if n != 3], "accepted": [3], "auto": []}
    assert room.call("GET", path).json["open"] == 14


def test_a_bill_that_is_nothing_of_ours_says_so(room: Till) -> None:
    """2,001 rows of strangers: the job fails, and the bill says why; nothing is on a work list."""
    rows = [[f"r{n}", f"stranger{n}", "2026-11-05 10:00:00", "1.00", "0.00"] for n in range(2_001)]
    begun = asked(room, as_csv(rows)).json
    assert room.finish(begun["job_id"])["state"] == "failed"
    shown = room.call("GET", f"/settlement/reconciliations/{begun['id']}").json
    assert (shown["state"], shown["open"]) == ("failed", 0)
    assert "another shop" in shown["why"]


def test_what_a_rule_settles_nobody_looks_at(room: Till) -> None:
    """Fees that are off by up to 0.05 settle themselves, and say by which rule; the other 12 wait. A rule that asks for
    nothing is refused at its place."""
    fees = {"id": "small_fees", "when": {"kind": {"eq": "fee"}, "off": {"lte": "0.05"}}}
    assert room.publish("lenient", {**FORM, "rules": [fees]}, "bill-forms").status == 200
    report = reconcile(room, as_csv(bill()), "lenient")
    assert (report["counts"]["fee"], report["open"]) == (3, 12)
    settled = [row for row in differences(room, report) if row["resolution"] == "auto"]
    assert Counter((row["kind"], row["by_rule"]) for row in settled) == {("fee", "small_fees"): 3}
    refused = room.publish("lax", {**FORM, "rules": [{"id": "all", "when": {}}]}, "bill-forms")
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/document/rules/0/when")


def test_a_statement_that_is_approved_is_not_patched(room: Till) -> None:
    """The store's own statement of a day: pushed, noted on, approved; then a PATCH is 409 and the hash what it was."""
    for day in ("2026-10-30", "2026-11-01"):
        room.close(f"base.{day}")
    head, *_ = room.statements(party="store:s1")
    path = f"/settlement/statements/{head['id']}"
    assert (head["state"], room.call("PATCH", path, {"memo": "对账中"}).status) == ("sent", 200)
    assert room.call("POST", f"{path}/approve").json["state"] == "approved"
    refused = room.call("PATCH", path, {"memo": "改"})
    assert (refused.status, refused.json["facts"]["state"]) == (409, "approved")
    assert room.call("GET", path).json["hash"] == head["hash"]


def test_a_statement_is_printed_with_its_hash_on_every_page(room: Till) -> None:
    """The PDF of the store's day names it, each line and its amount, and on every page the very hash of the head."""
    head, *_ = room.statements(party="store:s1")
    answer = room.call("GET", f"/settlement/statements/{head['id']}/pdf")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(answer.raw)).pages]
    assert all(head["hash"] in page for page in pages)
    assert answer.headers["x-statement-hash"] == head["hash"]
    assert f"合计 Total {head['totals'][0]['total']}" in pages[0]
    assert "".join(pages).count("× 10%") == head["lines"]


def test_a_number_that_excel_has_spoiled_is_refused_with_its_row(room: Till) -> None:
    """6.92346E+18 is nobody's order: the row is named, and nothing is kept."""
    rows = bill()[:3]
    rows[1][1] = "6.92346E+18"
    answer = asked(room, as_csv(rows))
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/file/2/number")


def test_what_is_approved_is_in_the_payout_file(room: Till) -> None:
    """A row for the bank: the statement's payable and its hash; before it was approved it was in no file."""
    path = "/settlement/runs/base.2026-10-30/payouts"
    before = room.call("GET", path).text
    (head,) = room.statements(run="base.2026-10-30")
    assert room.call("POST", f"/settlement/statements/{head['id']}/approve").status == 200
    rows = list(csv.DictReader(io.StringIO(room.call("GET", path).text.removeprefix("\ufeff"))))
    assert before.strip("\ufeff\r\n") == "statement_id,party,currency,amount,statement_hash"
    (row,) = rows
    assert row == {
        "statement_id": head["id"], "party": "store:s1", "currency": "CNY", "amount": head["totals"][0]["payable"],
        "statement_hash": head["hash"],
    }  # fmt: skip
