"""The room of customers: events in, one person out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.customers import app
from hub.contracts.events import ContactChanged, MessageReceived, OrderPaid, TicketClosed, TicketOpened
from tests.support.aws import account
from tests.support.http import Context, bus_batch, bus_events, call, token

AT = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
DONE: dict[str, list[Any]] = {"batchItemFailures": []}


@pytest.fixture(autouse=True)
def session() -> Iterator[Any]:
    with account("customers") as session:
        app.room.reset()
        app.store.cache_clear()
        app.sealer.cache_clear()
        yield session


def message(event_id: str = "evt_1", sender: str = "wmZhang") -> MessageReceived:
    return MessageReceived(
        id=event_id,
        tenant="demo",
        at=AT,
        message_id="msg_1",
        connection_id="con_1",
        channel="wecom",
        account="ww1",
        sender_id=sender,
        kind="text",
        content_ref="ref1",
    )


def contact(change: str = "added") -> ContactChanged:
    return ContactChanged.model_validate(
        {
            "id": f"evt_{change}",
            "tenant": "demo",
            "at": AT,
            "connection_id": "con_1",
            "channel": "wecom",
            "account": "ww1",
            "change": change,
            "member_id": "li",
            "contact_id": "wmZhang",
            "state": "expo",
        }
    )


def hear(*events: Any) -> None:
    assert app.on_event(bus_batch(*events), Context()) == DONE


def customer_of(session: Any, sender: str = "wmZhang") -> str:
    hear(message(sender=sender))
    return str(bus_events(session)[0]["customer_id"])


def test_a_message_is_resolved_to_a_customer(session: Any) -> None:
    """message.received becomes message.resolved with the customer's id, and the customer is there."""
    hear(message())
    (resolved,) = bus_events(session)
    assert (resolved["type"], resolved["message_id"]) == ("message.resolved", "msg_1")
    found = call(app.room, "GET", f"/customers/{resolved['customer_id']}").json
    assert found["identities"] == [
        {"channel": "wecom", "account": "ww1", "external_id": "wmZhang", "linked_at": "2026-11-21T01:00:00Z"}
    ]


def test_a_message_delivered_twice_is_the_same_event_of_the_same_customer(session: Any) -> None:
    """Redelivery repeats the event with its id, and makes nobody."""
    hear(message(), message())
    first, second = bus_events(session)
    assert first == second
    assert len(call(app.room, "GET", "/customers").json["data"]) == 1


def test_a_message_and_a_contact_of_one_person_are_one_customer(session: Any) -> None:
    """What comes by different events under one identity belongs to one customer."""
    customer_id = customer_of(session)
    hear(contact("added"), contact("added"))
    found = call(app.room, "GET", f"/customers/{customer_id}").json
    assert [(c["member_id"], c["follow_state"], c["attribution"]) for c in found["contacts"]] == [
        ("li", "following", "expo")
    ]


def test_tickets_and_orders_stand_on_the_customer_once() -> None:
    """Timeline items are idempotent by event id."""
    order = OrderPaid(
        id="evt_p",
        tenant="demo",
        at=AT,
        connection_id="con_2",
        channel="douyin",
        shop_id="shop1",
        order_id="ord_1",
        order_no="69234",
        buyer_id="b1",
        amount_minor=2500,
        currency="CNY",
    )
    hear(order, order)
    (buyer,) = call(app.room, "GET", "/customers").json["data"]
    common: Any = {"tenant": "demo", "ticket_id": "tkt_1", "customer_id": buyer["id"], "ticket_type": "repair"}
    opened = TicketOpened(id="evt_o", at=AT, priority="high", region="310000", **common)
    closed = TicketClosed(
        id="evt_c", at=AT.replace(hour=2), run=1, region="310000", assignee="li", outcome="solved", **common
    )
    hear(opened, closed, opened, closed)
    found = call(app.room, "GET", f"/customers/{buyer['id']}").json
    assert [(t["ticket_id"], t["state"]) for t in found["tickets"]] == [("tkt_1", "closed")]
    assert [(o["order_no"], o["amount"]) for o in found["orders"]] == [("69234", "25.00")]
    timeline = call(app.room, "GET", f"/customers/{buyer['id']}/timeline").json
    assert [entry["event_id"] for entry in timeline["data"]] == ["evt_c", "evt_p", "evt_o"]


def test_personal_facts_are_sealed_at_rest_and_masked_by_role(session: Any) -> None:
    """An agent reads the phone, finance sees a mask, the table holds neither."""
    customer_id = customer_of(session)
    saved = call(app.room, "PUT", f"/customers/{customer_id}/facts/phone", {"value": "13800138000"})
    assert saved.status == 200
    assert [(f["value"], f["source"]) for f in saved.json["facts"]] == [("13800138000", "boss")]
    shown = call(app.room, "GET", f"/customers/{customer_id}", as_=token("finance")).json
    assert shown["facts"][0]["value"] == "1**"
    assert shown["identities"][0]["external_id"] == "w**"
    stored = session.client("dynamodb").scan(TableName="hub-demo-customers")["Items"]
    assert "13800138000" not in str(stored)


def test_a_fact_written_on_an_old_version_is_refused(session: Any) -> None:
    """Who did not see the latest version gets a 409 and changes nothing."""
    customer_id = customer_of(session)
    assert call(app.room, "PUT", f"/customers/{customer_id}/facts/level", {"value": "gold", "version": 1}).status == 200
    stale = call(app.room, "PUT", f"/customers/{customer_id}/facts/level", {"value": "silver", "version": 1})
    assert stale.status == 409
    facts = call(app.room, "GET", f"/customers/{customer_id}").json["facts"]
    assert [f["value"] for f in facts] == ["gold"]


def test_a_list_goes_on_where_its_cursor_says() -> None:
    """Pages of two hold each of five customers once."""
    hear(*(message(f"evt_{i}", sender=f"wm{i}") for i in range(5)))
    seen: list[str] = []
    cursor = ""
    for _ in range(3):
        page = call(app.room, "GET", "/customers", query={"limit": "2", "cursor": cursor}).json
        seen += [one["id"] for one in page["data"]]
        cursor = page["next_cursor"]
    assert (len(seen), len(set(seen)), cursor, page["has_more"]) == (5, 5, "", False)


def test_strangers_are_refused() -> None:
    """No customer: 404. No credentials: 401. An unknown cursor: 422."""
    assert call(app.room, "GET", "/customers/cus_none").status == 404
    assert call(app.room, "GET", "/customers/cus_none/timeline").status == 404
    assert call(app.room, "GET", "/customers", as_="").status == 401
    assert call(app.room, "GET", "/customers", query={"cursor": "zzz"}).status == 422
