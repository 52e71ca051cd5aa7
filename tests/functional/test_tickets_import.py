"""Tickets from files: previewed row by row, opened when asked, each once."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from typing import Any

import pytest
import xlsxwriter

from functions.tickets import app as tickets
from tests.support.aws import REGION
from tests.support.http import Context, call, sqs_batch
from tests.support.tickets import world

Rows = list[tuple[str, ...]]
TICKETS: Rows = [
    ("类型", "客户", "地区", "内容", "订单号"),
    ("repair", "cus_1", "310101", "=HYPERLINK(1)", "6923456789012345678"),
    ("repair", "cus_2", "310101", "冷柜结霜", "007"),
    ("repair", "cus_3", "上海", "", ""),
]
UNHEARD_OF: Rows = [
    ("类型", "客户", "地区", "金额"),
    ("repair", "cus_1", "310101", "25.00"),
    ("dancing", "cus_2", "310101", ""),
    ("repair", "cus_3", "310101", "二十五"),
    ("repair", "cus_4", "310101", "1.005"),
]


def as_file(rows: Rows, file_format: str) -> str:
    """In base64; CSV with what begins a formula as a spreadsheet's export neutralises it."""
    if file_format == "csv":
        cells = [["'" + text if text[:1] in "=-" and text else text for text in row] for row in rows]
        return b64encode("\n".join(map(",".join, cells)).encode()).decode()
    book = BytesIO()
    with xlsxwriter.Workbook(book) as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                sheet.write_string(number, column, text)
    return b64encode(book.getvalue()).decode()


def finish(room: Any, module: Any, path: str) -> Any:
    """The job, slice by slice as its stream asks for it."""
    pk = f"demo#job#{path.rpartition('/')[2]}"
    change = {"table": "t", "kind": "MODIFY", "pk": pk, "sk": "job", "new": None, "old": None}
    for _ in range(20):
        shown = call(room, "GET", path).json
        if shown["state"] not in ("queued", "running"):
            return shown
        assert module.on_change(sqs_batch(change), Context()) == {"batchItemFailures": []}
    raise AssertionError("the job does not end")


def import_twice(module: Any, into: str, rows: Rows, file_format: str) -> tuple[dict[str, Any], dict[str, Any], Any]:
    """Preview, report, and the row that was refused; sent twice, applied twice."""
    room, jobs = module.room, f"/jobs/{module.room.app_name}"
    body = {"into": into, "format": file_format, "content": as_file(rows, file_format)}
    started = [call(room, "POST", f"{jobs}/imports", body, key="once").json["id"] for _ in range(2)]
    assert started[0] == started[1]
    path = f"{jobs}/{started[0]}"
    preview = finish(room, module, path)
    (refused,) = call(room, "GET", f"{path}/rows", query={"outcome": "refused"}).json["data"]
    assert call(room, "POST", f"{path}/apply", {}).status == 409
    for _ in range(2):
        assert call(room, "POST", f"{path}/apply", {"with_findings": True}).status in (200, 202)
        report = finish(room, module, path)
    return preview, report, refused


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_tickets_come_from_a_file(file_format: str) -> None:
    """Two of three are opened, once; long ids keep their digits, a formula is words; the third is named."""
    with world() as hub:
        hub.hire("li")
        hub.session.client("s3", region_name=REGION).create_bucket(Bucket="hub-demo-files")
        preview, report, refused = import_twice(tickets, "tickets", TICKETS, file_format)
        assert (preview["counts"], report["counts"]) == ({"ready": 2, "refused": 1}, {"applied": 2, "refused": 1})
        assert (refused["row"], refused["errors"][0]["pointer"]) == (4, "/region")
        shown = [hub.ticket(ticket_id) for ticket_id in hub.ids()]
        assert sorted((t["customer_id"], t["order_no"], t["subject"]) for t in shown) == [
            ("cus_1", "6923456789012345678", "=HYPERLINK(1)"),
            ("cus_2", "007", "冷柜结霜"),
        ]


def test_a_preview_finds_what_opening_them_would_refuse() -> None:
    """A type that there is none of, an amount in words, one of a tenth of a cent: each with its row and column, before
    anything is opened, and the same when it is applied."""
    with world() as hub:
        hub.session.client("s3", region_name=REGION).create_bucket(Bucket="hub-demo-files")
        body = {"into": "tickets", "content": as_file(UNHEARD_OF, "csv")}
        path = f"/jobs/tickets/{call(tickets.room, 'POST', '/jobs/tickets/imports', body).json['id']}"
        found = []
        for counts in ({"ready": 1, "refused": 3}, {"applied": 1, "refused": 3}):
            assert finish(tickets.room, tickets, path)["counts"] == counts
            found.append(call(tickets.room, "GET", f"{path}/rows", query={"outcome": "refused"}).json["data"])
            assert len(hub.ids()) == counts.get("applied", 0)
            call(tickets.room, "POST", f"{path}/apply", {"with_findings": True})
        places = [(row["row"], row["errors"][0]["pointer"]) for row in found[0]]
        assert places == [(3, "/type"), (4, "/amount"), (5, "/amount")]
        assert found[0] == found[1]
