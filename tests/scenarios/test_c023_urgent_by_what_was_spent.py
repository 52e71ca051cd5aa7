"""C023: who has spent 9,900 pays 200 more and is a VIP from 10,000 on: their next ticket is urgent, the one before
stays as it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from functions.customers import app as customers
from hub.contracts.events import (
    CustomerLeveled,
    Event,
    MessageReceived,
    MessageResolved,
    OrderPaid,
    RefundPaid,
    parse_event,
)
from tests.support.aws import TENANT
from tests.support.http import Context, bus_batch, bus_events, call
from tests.support.rooms import connect_customers
from tests.support.tickets import World, world

VIP = {"id": "vip", "title": {"zh": "贵宾", "en": "VIP"}, "from_amount": "10000.00", "priority": "urgent"}
PHONE = "13800138000"


@pytest.fixture
def hub() -> Iterator[World]:
    """Who has spent 10,000 is a VIP."""
    with world() as made:
        connect_customers(made)
        document = {"document": {"levels": [VIP]}}
        assert call(customers.room, "POST", "/customers/levels/publish", document).status == 200
        yield made


def tell(hub: World, *events: Event) -> None:
    """Events reach the room of customers, and what it says of them the room of tickets."""
    assert customers.on_event(bus_batch(*events), Context()) == {"batchItemFailures": []}
    pass_on(hub)


def pass_on(hub: World) -> None:
    said = [parse_event(event) for event in bus_events(hub.session)]
    hub.tell(*(event for event in said if isinstance(event, MessageResolved | CustomerLeveled)))


def facts(hub: World, name: str, **more: Any) -> dict[str, Any]:
    at = hub.clock.now
    return {"id": f"evt_{name}", "tenant": TENANT, "at": at, "connection_id": "con_1", "channel": "taobao", **more}


def paid(hub: World, number: int, amount: str, buyer: str = "b1") -> OrderPaid:
    minor = int(amount.replace(".", ""))
    order = {"shop_id": "s1", "order_id": f"ord_{number}", "order_no": str(number), "buyer_id": buyer}
    return OrderPaid(**facts(hub, f"paid_{number}"), **order, amount_minor=minor, currency="CNY")


def refunded(hub: World, number: int, amount: str, buyer: str = "b1") -> RefundPaid:
    minor = int(amount.replace(".", ""))
    order = {"shop_id": "s1", "order_id": f"ord_{number}", "order_no": str(number), "buyer_id": buyer}
    sale = {"after_sale_id": f"as_{number}", "after_sale_no": f"R{number}", "kind": "refund_only"}
    money = {"amount_minor": minor, "refunded_minor": minor, "currency": "CNY"}
    return RefundPaid(**facts(hub, f"refund_{number}"), **order, **sale, **money)


def wrote(hub: World, number: int, text: str, buyer: str = "b1") -> MessageReceived:
    desk = customers.room.desk
    desk.contents.put(f"msg_{number}", {"schema": 1, "kind": "text", "text": text}, 0)
    message = {"message_id": f"msg_{number}", "account": "s1", "sender_id": buyer, "kind": "text"}
    return MessageReceived(**facts(hub, f"wrote_{number}"), **message, content_ref=f"msg_{number}")


def customer(customer_id: str) -> Any:
    return call(customers.room, "GET", f"/customers/{customer_id}").json


def test_the_ticket_after_the_order_is_urgent_and_the_one_before_stays_normal(hub: World) -> None:
    """9,900 and an ordinary ticket; then an order of 200 is paid, and the next ticket is urgent. Told again, nothing
    counts twice; and whoever opens one by hand need not know."""
    tell(hub, paid(hub, 1, "9900.00"), wrote(hub, 1, "请问发票怎么开"))
    (before,) = hub.tickets()
    assert (before["urgent"], before["priority"], before["level"]) == (False, "normal", "")

    hub.clock.advance(hours=1)
    tell(hub, paid(hub, 2, "200.00"), paid(hub, 2, "200.00"), paid(hub, 1, "9900.00"))
    tell(hub, wrote(hub, 2, "请问什么时候发货"))
    after, still = hub.tickets()
    assert (after["urgent"], after["level"], after["level_now"], after["tags"]) == (True, "vip", "vip", ["vip"])
    assert still["id"] == before["id"]
    assert (still["urgent"], still["priority"], still["level"], still["level_now"]) == (False, "normal", "", "vip")
    assert hub.timeline(after["id"])["entries"][0]["detail"]["level"] == "vip"

    who = after["customer_id"]
    assert (customer(who)["level"], customer(who)["spent"]) == ("vip", "10100.00")
    by_hand = {"type": "repair", "customer_id": who, "region": "310000"}
    assert hub.call("POST", "/tickets", by_hand).json["urgent"] is True
    assert hub.call("POST", "/tickets", {**by_hand, "customer_id": "cus_other"}).json["urgent"] is False


def test_what_goes_back_counts_no_more(hub: World) -> None:
    """The 200 go back, in either order of being told: no VIP any more, the urgent ticket stays what it was, the next is
    as any."""
    tell(hub, paid(hub, 1, "9900.00"), paid(hub, 2, "200.00"), wrote(hub, 1, "请问发票怎么开"))
    hub.clock.advance(hours=1)
    tell(hub, refunded(hub, 2, "200.00"), refunded(hub, 3, "300.00"), wrote(hub, 2, "请问什么时候发货"))
    after, before = hub.tickets()
    assert (before["urgent"], before["level"], before["level_now"]) == (True, "vip", "")
    assert (after["urgent"], after["level"]) == (False, "")
    tell(hub, refunded(hub, 2, "200.00"), paid(hub, 3, "300.00"))
    assert customer(after["customer_id"])["spent"] == "9900.00"


def test_a_family_that_shares_a_phone_is_nobody_s_vip(hub: World) -> None:
    """6,000 and 5,000 by one phone are two customers and no VIP. Somebody says that they are one: a VIP. Taken apart
    again: neither is."""
    ids = []
    for number, amount in ((1, "6000.00"), (2, "5000.00")):
        tell(hub, paid(hub, number, amount, f"b{number}"))
        rows = call(customers.room, "GET", "/customers", query={"limit": "50"}).json["data"]
        ids.append(next(row["id"] for row in rows if row["id"] not in ids))
        body = {"value": PHONE}
        assert call(customers.room, "PUT", f"/customers/{ids[-1]}/facts/phone", body).status == 200
    one, other = ids
    assert [customer(each)["level"] for each in ids] == ["", ""]

    assert call(customers.room, "POST", f"/customers/{other}/merge", {"into": one}).json["level"] == "vip"
    pass_on(hub)
    filed = hub.call("POST", "/tickets", {"type": "repair", "customer_id": other, "region": "310000"}).json
    assert (filed["urgent"], filed["level"]) == (True, "vip")
    hub.clock.advance(seconds=1)
    assert call(customers.room, "POST", f"/customers/{one}/unmerge", {"identity_id": other}).status == 200
    pass_on(hub)
    assert [customer(each)["level"] for each in ids] == ["", ""]
    assert hub.ticket(filed["id"])["level_now"] == ""


def test_two_levels_of_one_amount_are_refused(hub: World) -> None:
    """Which of them somebody has would be a matter of luck; each place is named."""
    same = {"levels": [VIP, {**VIP, "id": "gold"}, {**VIP, "from_amount": "0.00"}]}
    answer = call(customers.room, "POST", "/customers/levels/publish", {"document": same, "seen_version": 1})
    assert answer.status == 422
    pointers = {error["pointer"] for error in answer.json["errors"]}
    assert {p.rpartition("/levels")[2] for p in pointers} == {"/1/from_amount", "/2/from_amount", "/2/id"}
