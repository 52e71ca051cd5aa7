"""Customers that one of us, a file or a system tells of: known by their phone, shown to nobody who only knows it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.customers import app
from hub.kernel.clock import StepClock
from tests.support.aws import REGION, account
from tests.support.hosts import install
from tests.support.http import Answer, Context, call, sqs_batch, token

BUCKET = "hub-demo-files"
ZHANG = {"phone": "138 0013 8000", "name": "张三", "region": "310101", "store_id": "s1", "home_region": "330100"}
AMY = token("agent", sub="amy", region="310000")


@pytest.fixture
def clock() -> Iterator[StepClock]:
    clock = StepClock(datetime.now(UTC) - timedelta(seconds=10))
    with account("customers", HUB_FILES_BUCKET=BUCKET) as session:
        session.client("s3", region_name=REGION).create_bucket(Bucket=BUCKET)
        install(app.room, session, clock)
        yield clock


def introduce(body: Any, as_: str = AMY, **options: Any) -> Answer:
    return call(app.room, "POST", "/customers", body, as_=as_, **options)


def facts(customer: Any) -> dict[str, str]:
    return {fact["name"]: fact["value"] for fact in customer["facts"]}


def test_whoever_has_the_phone_is_the_customer(clock: StepClock) -> None:
    """New once, the same again however the number is written; what is told is kept, and the store finds them."""
    first = introduce(ZHANG, key="k1")
    again = introduce(ZHANG, key="k1")
    clock.advance(minutes=1)
    other = introduce({"phone": "+8613800138000", "email": "z@example.com", "region": "310000"})
    assert [answer.status for answer in (first, again, other)] == [201, 201, 201]
    assert {answer.json["id"] for answer in (first, again, other)} == {first.json["id"]}
    known = {"phone": "+8613800138000", "name": "张三", "home_region": "330100", "email": "z@example.com"}
    assert facts(other.json) == known
    store = token("store_manager", sub="wang", region="310000", stores=("s1",))
    assert [row["id"] for row in call(app.room, "GET", "/customers", as_=store).json["data"]] == [first.json["id"]]


def test_a_number_opens_nobodys_record(clock: StepClock) -> None:
    """Who is served elsewhere stays there: 409, and neither seen nor changed."""
    made = introduce(ZHANG).json
    south = token("agent", sub="wu", region="440000")
    refused = introduce({**ZHANG, "region": "440300", "name": "王五"}, as_=south)
    assert (refused.status, "张" in refused.text, made["id"] in refused.text) == (409, False, False)
    assert call(app.room, "GET", f"/customers/{made['id']}", as_=south).status == 404
    assert facts(call(app.room, "GET", f"/customers/{made['id']}").json)["name"] == "张三"


@pytest.mark.parametrize(("body", "pointer"), [({}, "/phone"), ({"phone": "12"}, "/phone"), ({"name": "李"}, "/phone")])
def test_nobody_is_known_by_nothing(clock: StepClock, body: Any, pointer: str) -> None:
    """Without a number or a UnionID there is no telling whether they are known."""
    refused = introduce({**body, "region": "310101"})
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, pointer)


def test_customers_come_from_a_file(clock: StepClock) -> None:
    """Previewed with each finding that applying it has, applied once: the same phone twice is one customer, a row that
    can't be is told."""
    rows = (("13800138000", "张三"), ("12", "李四"), ("13800138000", "张三"), ("13900139000", "王五"))
    lines = ["手机,姓名,地区", *(f"{phone},{name},310101" for phone, name in rows)]
    body = {"into": "customers", "content": base64.b64encode("\n".join(lines).encode()).decode()}
    job_id = call(app.room, "POST", "/jobs/customers/imports", body, as_=AMY, key="f1").json["id"]
    work(job_id)
    path, query = f"/jobs/customers/{job_id}/rows", {"outcome": "refused"}
    preview = call(app.room, "GET", f"/jobs/customers/{job_id}", as_=AMY).json
    assert (preview["state"], preview["counts"]) == ("previewed", {"ready": 2, "as_row": 1, "refused": 1})
    foreseen = call(app.room, "GET", path, as_=AMY, query=query).json["data"]
    assert call(app.room, "GET", "/customers", as_=AMY).json["data"] == []
    assert call(app.room, "POST", f"/jobs/customers/{job_id}/apply", {"with_findings": True}, as_=AMY).status == 202
    work(job_id)
    shown = call(app.room, "GET", f"/jobs/customers/{job_id}", as_=AMY).json
    assert (shown["state"], shown["counts"]) == ("done", {"applied": 2, "as_row": 1, "refused": 1})
    (refused,) = call(app.room, "GET", path, as_=AMY, query=query).json["data"]
    assert (refused["row"], refused["errors"][0]["pointer"]) == (3, "/phone")
    assert foreseen == [refused]
    assert len(call(app.room, "GET", "/customers", as_=AMY).json["data"]) == 2


def work(job_id: str) -> None:
    """Slices, as the stream of the room's table asks for them."""
    change = {"table": "t", "kind": "MODIFY", "pk": f"demo#job#{job_id}", "sk": "job", "new": None, "old": None}
    for _ in range(3):
        assert app.on_change(sqs_batch(change), Context()) == {"batchItemFailures": []}
