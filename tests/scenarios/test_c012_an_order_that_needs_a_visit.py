"""C012: an air conditioner is bought with its installation: a field ticket in the buyer's district; what is exchanged
is shipped by the warehouse's system, once, however often it has to be asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from hub.edge.fetch import Fetched
from tests.support.calls import Calls, calling
from tests.support.market import Market, market
from tests.support.outbound import OK, REFUSES
from tests.support.tickets import as_
from tests.support.webhooks import DOUYIN, douyin_push

WMS = "https://wms.example/hub"
T = {"zh": "换货", "en": "Exchange"}
NUMBER = "6917000000000000007"
DISTRICT = "310115"
LINES = [
    {"product_id": 501, "item_num": 1, "pay_amount": 259900, "goods_type": 0},
    {"product_id": 502, "item_num": 1, "pay_amount": 9900, "goods_type": 1},
]


def order(*lines: dict[str, Any], paid_at: int) -> dict[str, Any]:
    """As Douyin has it, paid, to 浦东新区."""
    address = {"province": {"id": "310000"}, "city": {"id": "310100"}, "town": {"id": DISTRICT}}
    amount = sum(line["pay_amount"] for line in lines)
    at = {"create_time": paid_at, "pay_time": paid_at, "update_time": paid_at}
    number = {"order_id": NUMBER, "shop_id": 4321, "order_status": 2, "pay_amount": amount}
    return {**number, **at, "post_addr": address, "sku_order_list": list(lines)}


def push_order(shop: Market, *lines: dict[str, Any]) -> None:
    """The platform has the order, and hints at it, twice."""
    shop.know("douyin", "orders", order(*lines, paid_at=int(shop.hub.clock.now.timestamp()) - 5))
    for nth in range(2):
        push = {"tag": "101", "msg_id": f"m{nth}", "data": {"shop_id": 4321, "p_id": int(NUMBER)}}
        assert shop.push(DOUYIN, douyin_push(push).decode())["statusCode"] == 200


def test_an_order_with_its_installation_is_a_field_ticket_in_the_buyers_district() -> None:
    """An engineer of that district has it, with the order's lines; the same order told twice is one ticket."""
    with market(DOUYIN, publish=("installation",)) as shop:
        shop.hub.hire("li", region=DISTRICT)
        push_order(shop, *LINES)
        (ticket,) = shop.hub.tickets()
    assert (ticket["type"], ticket["region"], ticket["placed_by"]) == ("installation", DISTRICT, "named")
    assert (ticket["order_no"], ticket["amount"], ticket["assignee"]) == (NUMBER, "2698.00", "li")
    assert [(line["item_no"], line["kind"]) for line in ticket["order"]["lines"]] == [
        ("501", "goods"),
        ("502", "service"),
    ]


def test_goods_alone_call_for_nobody() -> None:
    """An order without a service opens no ticket."""
    with market(DOUYIN, publish=("installation",)) as shop:
        push_order(shop, LINES[0])
        assert shop.hub.tickets() == []


@pytest.mark.parametrize("failures", [0, 1, 3])
def test_an_exchange_has_the_warehouse_ship_once(failures: int) -> None:
    """Handed in on a phone and approved, `ship` reaches the warehouse's system; while that fails it is asked again
    under the same `webhook-id`, and it has taken it once."""
    asked: list[str] = []
    taken: list[str] = []

    def wms(headers: Mapping[str, str], body: bytes) -> Fetched:
        asked.append(headers["webhook-id"])
        if len(asked) <= failures:
            return REFUSES(headers, body)
        taken.append(headers["webhook-id"])
        return OK(headers, body)

    with calling(WMS) as parts:
        calls = Calls(*parts)
        calls.outbound.receivers.behaviours[WMS] = wms
        publish_exchange(calls)
        body = {"type": "return", "customer_id": "cus_1", "region": "310101", "order_no": NUMBER}
        engineer = as_("agent", sub="xu", region="base")
        ticket_id = calls.tickets.call("POST", "/tickets", body, as_=engineer).json["id"]
        path = f"/tickets/{ticket_id}/nodes/review/complete"
        assert calls.tickets.call("POST", path, {"outcome": "approved"}).status == 200
        for _ in range(failures + 1):
            calls.exchange(hours=1)
        ticket = calls.tickets.ticket(ticket_id)
        (said, *_) = (each.json["data"] for each in calls.outbound.receivers.at(WMS))
    assert (len(asked), len(set(asked)), len(taken)) == (failures + 1, 1, 1)
    assert (said["name"], said["order_no"], said["ticket_id"]) == ("shipment_create", NUMBER, ticket_id)
    assert (ticket["state"], ticket["outcome"]) == ("closed", "shipped")


def publish_exchange(calls: Calls) -> None:
    """Somebody approves, the warehouse's system ships."""
    ship = {"endpoint": calls.endpoint["id"], "name": "shipment_create", "wait_seconds": 86_400}
    nodes: list[dict[str, Any]] = [
        {"id": "review", "kind": "approval", "assignee": "supervisor",
         "outcomes": {"approved": "ship", "rejected": "refused"}},
        {"id": "ship", "kind": "action", "action": "call_endpoint", "params": ship,
         "outcomes": {"refused": "by_hand", "unreachable": "by_hand"}, "next": "shipped"},
        {"id": "by_hand", "kind": "human", "assignee": "supervisor", "outcomes": {"done": "shipped"}},
        {"id": "shipped", "kind": "end", "outcome": "shipped"},
        {"id": "refused", "kind": "end", "outcome": "refused"},
    ]  # fmt: skip
    document = {"key": "return", "title": T, "ladder": "basic", "start": "review"}
    body = {"document": {**document, "nodes": [{**node, "title": T} for node in nodes]}}
    assert calls.tickets.call("POST", "/flows/return/publish", body).status == 200
