"""C011: a refund pushed by Taobao becomes one ticket with order, parcel and stock in it; once customer service agrees,
warehouse and finance have their work."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from hub.store.connection import Connection
from tests.support.market import Market, market
from tests.support.rooms import OPEN
from tests.support.tickets import as_

TAOBAO = Connection(
    "con_01JTA0BA000000000000000000",
    "taobao",
    "enabled",
    {
        "app_key": "21000001",
        "app_secret": "0scrmhub0000000000000000000test0",
        "session_key": "6100scrmhub0000000000000000000000000000session",
        "shop_id": "2200000000001",
        "sign_method": "md5",
        "relay_secret": "scrmhub-relay-secret-0001",
        "relay_key_id": "key-1",
    },
)
REFUND = {
    "refund_id": 9001,
    "tid": 8001,
    "oid": 8001,
    "status": "WAIT_SELLER_CONFIRM_GOODS",
    "dispute_type": "REFUND_AND_RETURN",
    "refund_fee": "129.90",
    "reason": "质量问题",
    "num_iid": 7001,
    "num": 1,
    "sid": "SF123",
    "created": "2026-11-20 09:00:00",
    "modified": "2026-11-20 18:00:00",
}
PUSH = {
    "id": "7100000000000000011",
    "topic": "taobao_refund_RefundBuyerReturnGoods",
    "shop_id": "2200000000001",
    "pub_time": "2026-11-20 18:00:01",
    "content": json.dumps({"refund_id": 9001, "tid": 8001, "oid": 8001, "modified": "2026-11-20 18:00:00"}),
}


@pytest.fixture
def shop() -> Iterator[Market]:
    with market(TAOBAO, publish=("goods_return",)) as made:
        made.hub.hire("chen", role="supervisor", region="base")
        made.hub.hire("xu", role="agent", region="base", teams=("service",))
        made.hub.hire("ku", role="agent", region="base", teams=("warehouse",))
        made.hub.hire("fan", role="finance", region="base")
        made.know("taobao", "after_sales", REFUND)
        yield made


def tell(shop: Market, kind: str, data: dict[str, Any]) -> None:
    """What a system of the tenant's own says."""
    document = {"type": kind, "occurred_at": shop.hub.clock.now.isoformat(), "data": data}
    assert shop.push(OPEN, json.dumps(document))["statusCode"] == 200


def waiting(ticket: dict[str, Any]) -> dict[str, str]:
    """The nodes at which it waits, and whose work each is."""
    open_visits = (v for v in ticket["visits"] if not v["outcome"] and v["kind"] != "parallel")
    return {visit["node"]: visit["queue"] or visit["assignee"] for visit in open_visits}


def test_a_pushed_refund_is_one_ticket_with_all_that_is_known(shop: Market) -> None:
    """`logistics_no` is SF123; order, stock and trace are in the same answer, and a second identical push adds none."""
    tell(shop, "stock.updated", {"item_no": "7001", "site": "sh-1", "quantity": 12})
    moved = {"order_no": "8001", "tracking_no": "SF 123", "carrier": "顺丰", "state": "in_transit"}
    tell(shop, "logistics.updated", moved)
    for _ in range(2):
        assert shop.push(TAOBAO, json.dumps(PUSH))["statusCode"] == 200
    (ticket,) = shop.hub.tickets()
    assert (ticket["type"], ticket["logistics_no"], ticket["order_no"]) == ("goods_return", "SF123", "8001")
    assert (ticket["amount"], ticket["order"]["state"]) == ("129.90", "awaiting_seller_receipt")
    assert [(line["item_no"], line["quantity"]) for line in ticket["order"]["lines"]] == [("7001", 1)]
    assert [(move["state"], move["carrier"]) for move in ticket["order"]["trace"]] == [("in_transit", "顺丰")]
    assert [(supply["item_no"], supply["quantity"]) for supply in ticket["supplies"]] == [("7001", 12)]
    assert waiting(ticket) == {"precheck": "service"}


def test_after_the_first_look_warehouse_and_finance_have_their_work(shop: Market) -> None:
    """Customer service approves; with no further call both have a task, and the ticket ends once both are done."""
    shop.push(TAOBAO, json.dumps(PUSH))
    (ticket,) = shop.hub.tickets()
    path = f"/tickets/{ticket['id']}/nodes"
    xu = as_("agent", sub="xu", region="base")
    assert shop.hub.call("POST", f"{path}/precheck/complete", {"outcome": "approved"}, as_=xu).status == 200
    assert waiting(shop.hub.ticket()) == {"inspect": "warehouse", "refund": "fan"}
    assert shop.hub.call("POST", f"{path}/inspect/complete", {"outcome": "passed"}).status == 200
    assert shop.hub.call("POST", f"{path}/refund/complete", {"outcome": "refunded"}).status == 200
    assert shop.hub.ticket()["state"] == "closed"


def test_the_parcel_travels_on_and_the_ticket_shows_it(shop: Market) -> None:
    """Each move is there once, in the order in which it happened, told in whatever order and however often."""
    shop.push(TAOBAO, json.dumps(PUSH))
    moved = {"order_no": "8001", "tracking_no": "SF123", "carrier": "顺丰"}
    for state in ("collected", "delivered"):
        shop.hub.clock.advance(minutes=1)
        for _ in range(2):
            tell(shop, "logistics.updated", {**moved, "state": state})
    assert [move["state"] for move in shop.hub.ticket()["order"]["trace"]] == ["collected", "delivered"]
