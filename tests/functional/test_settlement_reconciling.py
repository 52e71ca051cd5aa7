"""A bill against orders that marketplaces told of: found by the platform's number, within their own platform alone."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import xlsxwriter

from functions.settlement import app
from hub.contracts.events import OrderFinished, RefundPaid
from tests.support.http import token
from tests.support.settlement import posting
from tests.support.settlement_room import Till, handed, moment, till

AT = moment("2026-11-20T10:00:00+08:00")
WHOLE = {"rule": "percent", "of": "amount", "rate": "1"}
SALES = posting(WHOLE, purpose="sale", debit="asset:platform", credit="income:sales")
HEADING = "流水号,订单号,结算时间,收入金额,平台服务费\n"


def finished(number: int, channel: str = "douyin", minor: int = 5_000, days: int = 0) -> OrderFinished:
    """An order as the webhooks room tells of it: its id is a hash, the platform's number is its own."""
    return OrderFinished(
        id=f"evt_{channel}{number}", tenant="demo", at=AT + timedelta(days=days), connection_id="con_1",
        channel=channel, shop_id="shop", order_id=f"ord_{channel}{number}", order_no=f"69{number:05}",
        amount_minor=minor, platform_fee_minor=50, currency="CNY", attribution={}, region="310101", store_id="s1",
    )  # fmt: skip


@pytest.fixture
def room() -> Iterator[Till]:
    with till("2026-11-01T09:00:00+08:00") as made:
        made.keep_files()
        made.publish("sales", {"facts": ["order"], "postings": [SALES]})
        made.clock.now = moment("2026-11-25T09:00:00+08:00")
        yield made


def begin(room: Till, *rows: str, platform: str = "douyin", heading: str = HEADING, status: int = 202) -> Any:
    form = "taobao" if platform == "taobao" else "standard"
    file = base64.b64encode((heading + "\n".join(rows)).encode()).decode()
    body = {"platform": platform, "from_day": "2026-11-20", "until_day": "2026-11-21", "file": file, "form": form}
    begun = room.call("POST", "/settlement/reconciliations", body)
    assert begun.status == status, begun.text
    return begun.json


def reconcile(room: Till, *rows: str, platform: str = "douyin", heading: str = HEADING) -> Any:
    begun = begin(room, *rows, platform=platform, heading=heading)
    assert room.finish(begun["job_id"])["state"] == "done"
    return room.call("GET", f"/settlement/reconciliations/{begun['id']}").json


def row(number: int, amount: str = "50.00") -> str:
    return f"r{number},69{number:05},2026-11-20 11:00:00,{amount},0.50"


def test_an_order_is_found_by_the_platforms_number(room: Till) -> None:
    """Three orders, three rows: nothing differs. The same number on another platform is nobody's here, and one of the
    week before last is of another period, not missing and extra."""
    room.hear(*(finished(number) for number in (1, 2, 3)), finished(1, "kuaishou", 9_900))
    assert (reconcile(room, row(1), row(2), row(3))["matched"], reconcile(room, row(1), row(2), row(3))["counts"]) == (
        3, {},
    )  # fmt: skip
    room.hear(finished(4, days=-15))
    report = reconcile(room, row(1), row(2), row(3), row(4))
    assert (report["matched"], report["counts"]) == (4, {"wrong_period": 1})
    assert reconcile(room, row(1, "99.00"), platform="kuaishou")["counts"] == {}


def test_profit_of_an_order_is_still_found_by_its_id(room: Till) -> None:
    """What is listed by the platform's number is read by the order's id all the same, with what came back of it."""
    room.hear(finished(7))
    shown = room.call("GET", "/settlement/profit/orders/ord_douyin7").json
    assert (shown["benefit"], shown["cost"]) == ("50.00", "0.50")


def test_a_bill_reads_its_platforms_orders_of_its_days_alone(room: Till) -> None:
    """Six hundred orders of other platforms and of other days beside three of its own: what is read of facts is the
    three, whatever else there is; each of the rows is found without asking for it by itself."""
    room.hear(*(finished(number) for number in (1, 2, 3)))
    few = facts_read(room)
    for start in range(0, 300, 100):
        room.hear(*(finished(number, "kuaishou") for number in range(start, start + 100)))
        room.hear(*(finished(number, days=-3) for number in range(1_000 + start, 1_100 + start)))
    assert few == facts_read(room) == 3


def facts_read(room: Till) -> int:
    """How many facts a bill of three rows reads."""
    read = room.reads_of("#fact#")
    assert reconcile(room, row(1), row(2), row(3))["counts"] == {}
    return read()


ALIPAY = "业务流水号,商户订单号,发生时间,收入金额,支出金额,服务费\n"


def test_what_goes_out_may_have_a_column_of_its_own(room: Till) -> None:
    """Taobao's bill as its export is written: two incomes, and a refund of 12.00 under 支出金额, with a minus or
    without; what we know nothing of is extra by -12.00, not by twelve."""
    room.hear(*(finished(number, "taobao") for number in (1, 2)))
    incomes = [f"r{n},69{n:05},2026-11-20 11:00:00,50.00,{empty},0.50" for n, empty in ((1, ""), (2, "0.00"))]
    for written in ("12.00", "-12.00", "￥12.00"):
        for came in ("", "0.00"):
            report = reconcile(
                room, *incomes, f"r3,6900001,2026-11-20 12:00:00,{came},{written},", platform="taobao", heading=ALIPAY
            )
            assert (report["matched"], report["counts"]) == (2, {"extra": 1})
            path = f"/settlement/reconciliations/{report['id']}/differences"
            (extra,) = room.call("GET", path).json["data"]
            assert (extra["kind"], extra["expected"], extra["actual"]) == ("extra", "0.00", "-12.00")


def test_a_row_with_both_amounts_is_refused(room: Till) -> None:
    """In and out at once, neither of them, or a bill that lacks the column: each with its place."""

    def refused(row: str, heading: str = ALIPAY) -> tuple[int, str]:
        answer = begin(room, row, platform="taobao", heading=heading, status=422)
        return answer["status"], answer["errors"][0]["pointer"]

    assert refused("r1,6900001,2026-11-20 11:00:00,50.00,12.00,0.50") == (422, "/file/1/amount")
    assert refused("r1,6900001,2026-11-20 11:00:00,,,0.50") == (422, "/file/1/amount")
    assert refused("r1,6900001,2026-11-20 11:00:00,50.00,0", ALIPAY.replace(",支出金额", "")) == (422, "/file/0")


def test_an_order_that_came_without_a_platform_is_missing_on_nobodys_bill(room: Till) -> None:
    """Sold over the counter: no platform's bill lacks it, though one that names it finds it."""
    counter = handed("order", 9, amount="30.00", parties={"store": "s1", "region": "310101"}, about={"order": "o9"})
    room.hand_in({**counter, "occurred_at": "2026-11-20T10:00:00+08:00"})
    room.hear(finished(1))
    assert reconcile(room, row(1))["counts"] == {}
    named = reconcile(room, row(1), "r9,o9,2026-11-20 11:00:00,30.00,0")
    assert (named["matched"], named["counts"]) == (2, {})


def refunded(order: int, number: int, minor: int, hours: int = 1) -> RefundPaid:
    """Money that went back of a `finished` order."""
    return RefundPaid(
        id=f"evt_back{order}_{number}", tenant="demo", at=AT + timedelta(hours=hours), connection_id="con_1",
        channel="douyin", shop_id="shop", after_sale_id=f"as_{order}_{number}", after_sale_no=f"88{number}",
        order_id=f"ord_douyin{order}", order_no=f"69{order:05}", kind="refund_only", amount_minor=minor,
        refunded_minor=minor, currency="CNY", region="310101", store_id="s1",
    )  # fmt: skip


def differences(
    room: Till, *rows: str, form: str = "standard", heading: str = HEADING, day: int = 20
) -> list[tuple[str, ...]]:
    """kind, order's number, bill's row, who lacks it, expected, actual of a bill's work list."""
    file = base64.b64encode((heading + "\n".join(rows)).encode()).decode()
    body = {
        "platform": "douyin",
        "form": form,
        "from_day": f"2026-11-{day}",
        "until_day": f"2026-11-{day + 1}",
        "file": file,
    }
    begun = room.call("POST", "/settlement/reconciliations", body).json
    assert room.finish(begun["job_id"])["state"] == "done"
    listed = room.call("GET", f"/settlement/reconciliations/{begun['id']}/differences").json["data"]
    names = ("kind", "order_no", "bill_row", "lacking", "expected", "actual")
    return [tuple(each[name] for name in names) for each in listed]


def test_refund_rows_are_held_against_the_refunds_of_their_order(room: Till) -> None:
    """An order of 200.00 of which 30.00 and 20.00 went back, beside one of 50.00. The bill that says so agrees, as does
    our ledger; a refund of ours that it lacks is missing, one that nobody here knows is extra, another amount is told
    as one, and the same row twice is a duplicate."""
    room.hear(finished(1, minor=20_000), finished(2), refunded(1, 1, 3_000), refunded(1, 2, 2_000, hours=2))
    sold, thirty, twenty = row(1, "200.00"), "b1,6900001,2026-11-20 12:00:00,-30.00,0", (
        "b2,6900001,2026-11-20 13:00:00,-20.00,0"
    )  # fmt: skip
    assert differences(room, sold, thirty, twenty, row(2)) == []
    assert differences(room, sold, "b1,6900001,2026-11-20 12:00:00,-50.00,0", row(2)) == []
    assert differences(room, sold, thirty, row(2)) == [("missing", "6900001", "", "bill", "-20.00", "0.00")]
    unknown = "b3,6900002,2026-11-20 13:00:00,-9.90,0"
    assert differences(room, sold, thirty, twenty, row(2), unknown) == [
        ("extra", "6900002", "b3", "", "0.00", "-9.90")
    ]  # fmt: skip
    wrong = "b2,6900001,2026-11-20 13:00:00,-25.00,0"
    assert differences(room, sold, thirty, wrong, row(2)) == [("amount", "6900001", "b2", "", "-20.00", "-25.00")]
    again = "b3,6900001,2026-11-20 14:00:00,-20.00,0"
    assert differences(room, sold, thirty, twenty, again, row(2)) == [
        ("duplicate", "6900001", "b3", "", "0.00", "-20.00")
    ]  # fmt: skip


def test_a_refund_of_last_weeks_order_stands_on_the_bill_of_its_own_day(room: Till) -> None:
    """The order is of another bill, its refund of this one: it is read by this bill's days, and agrees. One that went
    back after these days is found by its order's number, and is of a wrong period."""
    room.hear(finished(1, minor=20_000, days=-7), refunded(1, 1, 3_000), refunded(1, 2, 2_000, hours=48))
    thirty = "b1,6900001,2026-11-20 12:00:00,-30.00,0"
    assert differences(room, thirty) == []
    assert differences(room) == [("missing", "6900001", "", "bill", "-30.00", "0.00")]
    early = "b2,6900001,2026-11-20 13:00:00,-20.00,0"
    assert differences(room, thirty, early) == [("wrong_period", "6900001", "b2", "", "-20.00", "-20.00")]


def test_a_refund_that_was_kept_before_bills_knew_any_is_found_by_its_order(room: Till) -> None:
    """As it was kept then, without its order's number and in no list of the platform's: the row that names its order
    finds it; where none does, it is not told as missing."""
    room.hear(finished(1, minor=20_000), refunded(1, 1, 3_000))
    table = app.room.desk.facts._table
    item = table.get(("demo#fact#evt_back1_1", "fact"))
    assert item is not None
    document = json.loads(item["document"])
    assert document["about"].pop("order_no") == "6900001"
    table.put({name: part for name, part in item.items() if name != "l_person"} | {"document": json.dumps(document)})
    assert differences(room, row(1, "200.00"), "b1,6900001,2026-11-20 12:00:00,-30.00,0") == []
    assert differences(room, row(1, "200.00")) == []


def test_a_column_may_say_what_is_a_refund(room: Till) -> None:
    """A platform that writes refunds without a minus, in a column of their own kind: by the form they are refunds."""
    columns = {"id": "流水号", "number": "订单号", "at": "结算时间", "amount": "收入金额", "fee": "平台服务费"}
    form = {**columns, "kind": "业务类型", "refund_kinds": ["退款", "售后退款"]}
    assert room.publish("typed", form, "bill-forms").status == 200
    room.hear(finished(1, minor=20_000), refunded(1, 1, 3_000), refunded(1, 2, 2_000))
    rows = (
        "r1,6900001,2026-11-20 11:00:00,200.00,0.50,货款", "b1,6900001,2026-11-20 12:00:00,30.00,0,退款",
        "b2,6900001,2026-11-20 13:00:00,20.00,0,售后退款",
    )  # fmt: skip
    heading = HEADING.replace("平台服务费", "平台服务费,业务类型")
    assert differences(room, *rows, form="typed", heading=heading) == []
    assert differences(room, *rows[:2], form="typed", heading=heading) == [
        ("missing", "6900001", "", "bill", "-20.00", "0.00")
    ]  # fmt: skip
    twice = room.publish("twice", {**form, "kind": "流水号"}, "bill-forms")
    assert (twice.status, twice.json["errors"][0]["pointer"]) == (422, "/document/kind")


def test_a_refund_that_was_handed_in_is_found_by_its_orders_number(room: Till) -> None:
    """It says what it takes back and no number of an order: the bill finds it by its sale's, whether it says an amount
    or, as of a piece of four, a count alone."""
    parties = {"platform": "douyin", "store": "s1", "region": "310101"}
    sale = handed("order", 1, AT.isoformat(), amount="200.00", pieces=4, parties=parties, about={"order": "o1"})
    back = [
        handed("refund", 1, (AT + timedelta(hours=1)).isoformat(), refund="50.00", reverses="order:1", parties=parties),
        handed("refund", 2, (AT + timedelta(hours=2)).isoformat(), pieces=1, reverses="order:1", parties=parties),
    ]
    assert {result["state"] for result in room.hand_in(sale, *back)} == {"settled"}
    sold = "r1,o1,2026-11-20 11:00:00,200.00,0"
    both = [f"b{n},o1,2026-11-20 12:0{n}:00,-50.00,0" for n in (1, 2)]
    assert differences(room, sold, *both) == []
    assert differences(room, sold, both[0]) == [("missing", "o1", "", "bill", "-50.00", "0.00")]


def test_the_shards_of_a_bill_are_worked_on_side_by_side(room: Till) -> None:
    """After its first slice a bill is in sixteen shards, each with a change of its own for the queue; they may end in
    any order, and one that is cancelled stops all of them."""
    room.hear(*(finished(number) for number in range(40)))
    begun = begin(room, *(row(number) for number in range(40)))
    assert len(room.turns_after(begun["job_id"], 2)) == 16
    assert room.finish(begun["job_id"])["done"] == 40
    assert room.call("GET", f"/settlement/reconciliations/{begun['id']}").json["matched"] == 40
    other = begin(room, row(1, "51.00"))
    turns = room.turns_after(other["job_id"], 2)
    assert room.call("POST", f"/jobs/settlement/{other['job_id']}/cancel").status == 200
    assert room.turns_after(other["job_id"], 5) == ["job"] != turns
    assert room.call("GET", f"/settlement/reconciliations/{other['id']}").json["state"] == "failed"


def test_yen_are_yen_on_the_work_list(room: Till) -> None:
    """A bill in yen that is 100 off says 5000 and 5100, not a hundredth of it; booked in yuan at the order's own rate,
    our books agree with the order."""
    into = posting(WHOLE, {"rule": "fx", "to": "CNY"}, purpose="sale", debit="asset:platform", credit="income:sales")
    assert room.publish("sales", {"facts": ["order"], "postings": [into]}).status == 200
    form = {"id": "流水号", "number": "订单号", "at": "结算时间", "amount": "收入金额", "currency": "JPY"}
    assert room.publish("yen", form, "bill-forms").status == 200
    room.clock.now += timedelta(days=1)
    parties = {"platform": "douyin", "store": "s1", "region": "310101"}
    orders = [
        {**handed("order", n, "2026-11-26T08:30:00+08:00", parties=parties, about={"order": f"y{n}"}),
         "currency": "JPY", "amounts": {"amount": "5000"}, "quantities": {"fx_rate": "0.0483"}} for n in (1, 2)
    ]  # fmt: skip
    assert {result["state"] for result in room.hand_in(*orders)} == {"settled"}
    rows = "r1,y1,2026-11-26 11:00:00,5000,0\nr2,y2,2026-11-26 11:00:00,5100,0"
    body = {"platform": "douyin", "form": "yen", "from_day": "2026-11-26", "until_day": "2026-11-27",
            "file": base64.b64encode((HEADING + rows).encode()).decode()}  # fmt: skip
    begun = room.call("POST", "/settlement/reconciliations", body).json
    assert room.finish(begun["job_id"])["state"] == "done"
    (only,) = room.call("GET", f"/settlement/reconciliations/{begun['id']}/differences").json["data"]
    shown = {name: only[name] for name in ("order_no", "kind", "expected", "actual", "currency", "bill_currency")}
    assert shown == {"order_no": "y2", "kind": "amount", "expected": "5000", "actual": "5100", "currency": "JPY",
                     "bill_currency": "JPY"}  # fmt: skip


def test_refunds_agree_with_books_in_other_money(room: Till) -> None:
    """Two refunds of 10.00 of an order of 50.00, booked at its rate as 207 yen and, since parts sum to the whole, 206:
    our books agree with the bill, and one that is 0.10 off on the bill is off by that."""
    into = posting(WHOLE, {"rule": "fx", "to": "JPY"}, purpose="sale", debit="asset:platform", credit="income:sales")
    assert room.publish("sales", {"currency": "JPY", "facts": ["order"], "postings": [into]}).status == 200
    room.clock.now += timedelta(days=1)
    parties, at = {"platform": "douyin", "store": "s1", "region": "310101"}, "2026-11-26T08:{}0:00+08:00"
    sale = handed("order", 1, at.format(1), amount="50.00", parties=parties, about={"order": "y1"})
    sale["quantities"] = {"fx_rate": "20.65"}
    back = [handed("refund", n, at.format(n + 1), refund="10.00", parties=parties, reverses="order:1") for n in (1, 2)]
    assert {result["state"] for result in room.hand_in(sale, *back)} == {"settled"}
    booked = [
        line["amount"] for entry in room.entries() for line in entry["lines"] if line["account"] != "income:sales"
    ]
    assert sorted(booked) == ["-206", "-207", "1033"]
    room.clock.now += timedelta(days=1)
    rows = ["r1,y1,2026-11-26 11:00:00,50.00,0", *(f"b{n},y1,2026-11-26 11:0{n}:00,-10.00,0" for n in (1, 2))]
    assert differences(room, *rows, day=26) == []
    told = differences(room, *rows[:2], "b2,y1,2026-11-26 11:02:00,-10.10,0", day=26)
    assert told == [("amount", "y1", "b2", "", "-10.00", "-10.10")]


def sheet(*rows: list[Any]) -> str:
    """A bill as XLSX whose cells are what Excel makes of them: numbers, and moments."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"default_date_format": "yyyy-mm-dd hh:mm"})
    page = book.add_worksheet()
    for nth, cells in enumerate([HEADING.strip().split(","), *rows]):
        page.write_row(nth, 0, cells)
    book.close()
    return base64.b64encode(content.getvalue()).decode()


def test_numbers_and_moments_of_excel_are_read_as_they_are(room: Till) -> None:
    """An order's number that Excel keeps as a number is that number, a moment is one in whichever format the form has;
    three decimals are refused, not rounded into somebody's cents."""
    room.hear(finished(1))
    form = {"id": "流水号", "number": "订单号", "at": "结算时间", "amount": "收入金额", "at_format": "%Y/%m/%d %H:%M"}
    assert room.publish("excel", form, "bill-forms").status == 200
    at = datetime(2026, 11, 20, 11, 0)  # noqa: DTZ001 - a cell of Excel's has no zone
    body = {"platform": "douyin", "form": "excel", "from_day": "2026-11-20", "until_day": "2026-11-21"}
    begun = room.call("POST", "/settlement/reconciliations", {**body, "file": sheet(["r1", 6_900_001, at, 50.0])})
    assert room.finish(begun.json["job_id"])["state"] == "done"
    report = room.call("GET", f"/settlement/reconciliations/{begun.json['id']}").json
    assert (report["matched"], report["counts"]) == (1, {})
    for cells, pointer in ((["r1", "x", at, 12.345], "/file/1/amount"), (["r1", 6.92346e18, at, 1], "/file/1/number")):
        refused = room.call("POST", "/settlement/reconciliations", {**body, "file": sheet(cells)})
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, pointer)


def test_what_is_asked_again_is_one_job(room: Till) -> None:
    """The same request with its key is the same bill; a store's manager reads none of it (403)."""
    room.hear(finished(1))
    file = base64.b64encode((HEADING + row(1)).encode()).decode()
    body = {"platform": "douyin", "from_day": "2026-11-20", "until_day": "2026-11-21", "file": file}
    first, again = (room.call("POST", "/settlement/reconciliations", body, key="november") for _ in range(2))
    assert (first.json["id"], first.json["job_id"]) == (again.json["id"], again.json["job_id"])
    path = f"/settlement/reconciliations/{first.json['id']}"
    assert room.call("GET", path, as_=token("store_manager", sub="ma", stores=("s1",))).status == 403
    assert room.call("POST", f"{path}/approve").status == 409
    room.finish(first.json["job_id"])
    assert room.call("POST", f"{path}/approve").json["state"] == "approved"


def one(amount: str, at: str = "2026-11-20 11:00:00") -> dict[str, str]:
    return {"file": base64.b64encode(f"{HEADING}r1,x,{at},{amount},0".encode()).decode()}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"file": "!!"}, "/file"),
        ({"until_day": "2026-11-20"}, "/until_day"),
        *(
            (one(amount), "/file/1/amount")
            for amount in ("NaN", "1.001", "1e9", "-0", "-0.00", "Infinity", "", "٣", "0x10")
        ),
        (one("1.00", "20 Nov"), "/file/1/at"),
    ],
)
def test_what_cannot_be_read_begins_nothing(room: Till, change: dict[str, Any], pointer: str) -> None:
    """422 at once with the place; there is no job and no bill."""
    body = {"platform": "douyin", "from_day": "2026-11-20", "until_day": "2026-11-21", "file": "eA=="}
    refused = room.call("POST", "/settlement/reconciliations", body | change)
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, pointer)


def test_a_report_that_comes_again_takes_no_decision_back(room: Till) -> None:
    """The last slice runs twice at once: the slower one finds what was decided meanwhile, and leaves it."""
    room.hear(finished(1))
    file = base64.b64encode((HEADING + row(1, "51.00")).encode()).decode()
    body = {"platform": "douyin", "from_day": "2026-11-20", "until_day": "2026-11-21", "file": file}
    begun = room.call("POST", "/settlement/reconciliations", body).json
    again = room.finish_twice_over(begun["job_id"])
    path = f"/settlement/reconciliations/{begun['id']}"
    assert room.call("POST", f"{path}/differences/0/resolve", {"resolution": "claimed"}).status == 200
    again()
    assert room.call("GET", path).json["open"] == 0
    (only,) = room.call("GET", f"{path}/differences").json["data"]
    assert (only["kind"], only["resolution"]) == ("amount", "claimed")


def test_a_file_is_for_who_sees_earnings(room: Till) -> None:
    """A store's manager reads the head of the store's statement, masked, and has neither its CSV nor its PDF (403);
    who earned it has both of their own."""
    room.call("POST", "/settlement/parties", {"parties": ["store:s1"]})
    pays = [posting(WHOLE, purpose=kind, credit=f"payable:{kind}:{{{kind}}}") for kind in ("person", "store")]
    room.publish("pays", {"facts": ["lesson"], "postings": pays})
    room.hand_in(handed("lesson", 1, "2026-11-25T09:00:00+08:00", amount="30.00"))
    room.clock.now = moment("2026-11-26T06:00:00+08:00")
    room.close("base.2026-11-25")
    heads = {head["party"]: head["id"] for head in room.statements(run="base.2026-11-25")}
    manager, wang = token("store_manager", sub="ma", stores=("s1",)), token("engineer", sub="wang.wei")
    for who, party, status in ((manager, "store:s1", 403), (wang, "person:wang.wei", 200), (wang, "store:s1", 404)):
        for part in ("file", "pdf"):
            path = f"/settlement/statements/{heads[party]}/{part}"
            assert room.call("GET", path, as_=who).status == status, (party, part)
    assert room.call("GET", f"/settlement/statements/{heads['store:s1']}", as_=manager).status == 200
