"""A bill against orders that marketplaces told of: found by the platform's number, within their own platform alone."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from hub.contracts.events import OrderFinished
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


def reconcile(room: Till, *rows: str, platform: str = "douyin") -> Any:
    file = base64.b64encode((HEADING + "\n".join(rows)).encode()).decode()
    body = {"platform": platform, "from_day": "2026-11-20", "until_day": "2026-11-21", "file": file}
    begun = room.call("POST", "/settlement/reconciliations", body)
    assert begun.status == 202, begun.text
    assert room.finish(begun.json["job_id"])["state"] == "done"
    return room.call("GET", f"/settlement/reconciliations/{begun.json['id']}").json


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
        *((one(amount), "/file/1/amount") for amount in ("NaN", "1.001", "1e9", "Infinity", "", "٣", "0x10")),
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
