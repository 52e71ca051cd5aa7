"""Orders that a hand or a file tells of, by a connection of the open channel: the way of what is delivered there."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
import xlsxwriter

from functions.webhooks import app
from functions.webhooks.handlers import changes
from hub.kernel.clock import StepClock
from tests.support.aws import REGION
from tests.support.http import Answer, Context, call, sqs_batch
from tests.support.webhooks import Stack, simulated_stack

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
SETTINGS = {"secret": "whsec_c2NybWh1Yi1vcGVuLWNoYW5uZWwtdGVzdC1rZXktMDE=", "account": "erp"}
PINDUODUO = {
    "client_id": "05cabcdb00000000000000000001",
    "client_secret": "000000000000000000000000000000000007e57",
    "shop_id": "100000001",
    "refresh_token": "0000000000000000000000000000scrmhubrefresh",
}
ORDER = {"order_no": "E1", "state": "paid", "amount": "19.90", "occurred_at": "2026-11-21T11:30:00+08:00"}


@pytest.fixture
def stack() -> Iterator[Stack]:
    with simulated_stack(clock=StepClock(NOON)) as simulated:
        yield simulated


def connect(channel: str = "open", settings: Any = SETTINGS) -> str:
    body = {"channel": channel, "name": "ERP", "settings": settings, "region": "310101", "store_id": "s1"}
    made = call(app.room, "POST", "/webhooks/connections", body)
    assert made.status == 201, made.text
    return str(made.json["id"])


def tell(connection_id: str, **changes: Any) -> Answer:
    return call(app.room, "POST", f"/webhooks/connections/{connection_id}/orders", {**ORDER, **changes})


def test_an_order_is_there_as_if_it_had_been_delivered(stack: Stack) -> None:
    """Stored once, published, listed where its connection belongs; the same again is known."""
    connection_id = connect()
    first, again = tell(connection_id), tell(connection_id)
    assert (first.status, first.json["is_new"], again.json["is_new"]) == (202, True, False)
    assert first.json["message_id"] == again.json["message_id"]
    assert stack.publish() == []
    (order,) = call(app.room, "GET", "/webhooks/orders").json["data"]
    shown = {name: order[name] for name in ("order_no", "state", "amount", "channel", "region", "store_id")}
    expected = {"order_no": "E1", "state": "paid", "amount": "19.90", "channel": "open", "region": "310101"}
    assert shown == {**expected, "store_id": "s1"}


def test_its_lines_are_those_of_the_order(stack: Stack) -> None:
    """What was sold is kept with it, for whoever hears of the order; a line that can't be is named by its place."""
    lines = [{"item_no": "A1", "sku": "A1-红", "quantity": 2, "amount": "15.90"}, {"item_no": "B2", "amount": "4.00"}]
    connection_id = connect()
    assert tell(connection_id, lines=lines).status == 202
    assert stack.publish() == []
    (order,) = call(app.room, "GET", "/webhooks/orders").json["data"]
    kept = (app.room.desk.orders.table.find(order["id"]) or {})["terms"]["lines"]
    assert [(line["item_no"], line.get("quantity", 1), line["amount_minor"]) for line in kept] == [
        ("A1", 2, 1590),
        ("B2", 1, 400),
    ]
    refused = tell(connection_id, lines=[{"item_no": "A1", "amount": "1.999"}])
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/lines/0/amount")


@pytest.mark.parametrize(
    ("changes", "pointer"), [({"state": "unknown"}, "/state"), ({"occurred_at": "2026-11-21"}, "/occurred_at")]
)
def test_what_no_integrator_could_tell_is_refused(stack: Stack, changes: Any, pointer: str) -> None:
    """With its place, and nothing is stored."""
    refused = tell(connect(), **changes)
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, pointer)


def test_a_marketplace_says_itself_what_its_orders_are(stack: Stack) -> None:
    """409 for a connection of another channel."""
    assert tell(connect("pinduoduo", PINDUODUO)).status == 409


HEADINGS = ("连接", "订单号", "状态", "金额", "更新时间", "备注")


def order_file(file_format: str, connection_id: str) -> bytes:
    """Three orders, of which one has no such state; long numbers, leading zeros, and a note that begins a formula."""
    rows = [
        (connection_id, "6923456789012345678", "paid", "19.90", "2026/11/21 11:30", "=1+1"),
        (connection_id, "007", "paid", "5.00", "2026/11/21 11:31", "门口"),
        (connection_id, "E3", "gone", "5.00", "2026/11/21 11:32", ""),
    ]
    if file_format == "csv":
        lines = [",".join(HEADINGS), *(",".join(row).replace("=1+1", "'=1+1") for row in rows)]
        return "\n".join(lines).encode("gb18030")
    book = BytesIO()
    with xlsxwriter.Workbook(book, {"strings_to_formulas": False}) as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate((HEADINGS, *rows)):
            for column, text in enumerate(row):
                sheet.write_string(number, column, text)
    return book.getvalue()


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_orders_come_from_a_file_once(file_format: str) -> None:
    """Previewed row by row, applied when asked, each once however often; ids keep their digits, a formula is words, and
    what can't be is named by its row and column."""
    with simulated_stack(clock=StepClock(NOON), HUB_FILES_BUCKET="hub-demo-files") as stack:
        stack.session.client("s3", region_name=REGION).create_bucket(Bucket="hub-demo-files")
        content = b64encode(order_file(file_format, connect())).decode()
        body = {"into": "orders", "format": file_format, "content": content}
        started = call(app.room, "POST", "/jobs/webhooks/imports", body)
        assert started.status == 202, started.text
        path = f"/jobs/webhooks/{started.json['id']}"
        preview = finish(path)
        assert (preview["state"], preview["counts"]) == ("previewed", {"ready": 2, "refused": 1})
        assert call(app.room, "GET", "/webhooks/orders").json["data"] == []
        (bad,) = call(app.room, "GET", f"{path}/rows", query={"outcome": "refused"}).json["data"]
        assert (bad["row"], bad["errors"][0]["pointer"]) == (4, "/state")
        assert call(app.room, "POST", f"{path}/apply", {}).status == 409
        for _ in range(2):
            assert call(app.room, "POST", f"{path}/apply", {"with_findings": True}).status in (200, 202)
            assert finish(path)["counts"] == {"applied": 2, "refused": 1}
        assert stack.publish() == []
        orders = {row["order_no"]: row for row in call(app.room, "GET", "/webhooks/orders").json["data"]}
        assert {number: row["amount"] for number, row in orders.items()} == {
            "6923456789012345678": "19.90",
            "007": "5.00",
        }
        assert len(stack.stored()) == 2


def finish(path: str) -> Any:
    """The job, worked slice by slice as its stream asks for it."""
    pk = f"demo#job#{path.rpartition('/')[2]}"
    change = {"table": "t", "kind": "MODIFY", "pk": pk, "sk": "job", "new": None, "old": None}
    for _ in range(20):
        shown = call(app.room, "GET", path).json
        if shown["state"] not in ("queued", "running"):
            return shown
        assert changes.on_change(sqs_batch(change), Context()) == {"batchItemFailures": []}
    raise AssertionError("the job does not end")


def test_orders_come_from_files(stack: Stack) -> None:
    """An import knows its columns, and those that it needs."""
    (known,) = call(app.room, "GET", "/jobs/webhooks/imports").json["data"]
    assert known["into"] == "orders"
    assert set(known["required"]) == {"connection_id", "order_no", "state", "amount", "occurred_at"}
