"""C020: what four sources know of a customer is one answer, each part with its source; 500 events come by pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.customers import app
from functions.customers.timeline import entry_of
from hub.contracts.events import ContactChanged, Event, MessageReceived, OrderPaid, TicketOpened, TouchpointCaptured
from tests.support.aws import TENANT, account
from tests.support.hosts import install
from tests.support.http import Context, bus_batch, call

AT = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
EVENTS, PAGE = 500, 200
PHONE = "13800138000"


@pytest.fixture(autouse=True)
def session() -> Iterator[Any]:
    with account("customers") as session:
        install(app.room, session)
        yield session


def hear(*events: Event) -> None:
    assert app.on_event(bus_batch(*events), Context()) == {"batchItemFailures": []}


def facts(name: str, at: datetime, channel: str) -> dict[str, Any]:
    return {"id": f"evt_{name}", "tenant": TENANT, "at": at, "connection_id": f"con_{channel}", "channel": channel}


def bought(number: int) -> OrderPaid:
    at = AT + timedelta(minutes=number)
    return OrderPaid(
        **facts(f"order_{number}", at, "taobao"), shop_id="s1", order_id=f"ord_{number}", order_no=str(number),
        buyer_id="b1", amount_minor=9900, currency="CNY",
    )  # fmt: skip


def visited(number: int) -> TouchpointCaptured:
    at = AT + timedelta(minutes=number, seconds=30)
    return TouchpointCaptured(**facts(f"visit_{number}", at, "official_account"), person_id="o1", kind="menu_clicked")


def wrote() -> MessageReceived:
    app.room.desk.contents.put("msg_1", {"schema": 1, "kind": "text", "person": {"phone": PHONE, "name": "张伟"}}, 0)
    return MessageReceived(
        **facts("msg_1", AT, "open"), message_id="msg_1", account="erp", sender_id="crm-7", kind="text",
        content_ref="msg_1",
    )  # fmt: skip


def whole(customer_id: str, **query: str) -> Any:
    answer = call(app.room, "GET", f"/customers/{customer_id}", query={"include": "all", **query})
    assert answer.status == 200, answer.text
    return answer.json


def known_by(external_id: str) -> str:
    rows = call(app.room, "GET", "/customers", query={"limit": "50"}).json["data"]
    shown = [call(app.room, "GET", f"/customers/{row['id']}").json for row in rows]
    return str(next(one["id"] for one in shown if external_id in {i["external_id"] for i in one["identities"]}))


def test_one_answer_holds_all_with_a_source_on_everything() -> None:
    """A shop, an official account, WeCom and a CRM know parts of one person; what they know is one answer, every part
    of it says from where, and 500 events come in pages, newest first, each once."""
    hear(wrote(), bought(0), visited(0))
    hear(
        ContactChanged(**facts("contact", AT, "wecom"), account="ww1", change="added", member_id="amy", contact_id="w1")
    )
    customer_id = known_by("b1")
    for other in ("crm-7", "o1", "w1"):
        path = f"/customers/{known_by(other)}/merge"
        assert call(app.room, "POST", path, {"into": customer_id}).status == 200
    opened = {"ticket_id": "tkt_1", "customer_id": customer_id, "ticket_type": "repair", "region": "310101"}
    late = AT + timedelta(days=1)
    hear(TicketOpened(id="evt_ticket", tenant=TENANT, at=late, priority="high", **opened))
    for number in range(1, EVENTS // 2):  # as the bus brings them, which takes a simulated table minutes
        for event in (bought(number), visited(number)):
            app.room.desk.customers.record(customer_id, entry_of(event, customer_id))

    first = whole(customer_id, limit=str(PAGE))
    lists = ("identities", "facts", "contacts", "orders", "tickets", "merged")
    assert all(first[name] for name in lists)
    assert all(part["source"] for name in lists for part in first[name])
    named = {part["source"] for part in first["identities"]} - {"phone"}
    assert named == {"taobao", "official_account", "wecom", "open"}

    entries, page = list(first["timeline"]["data"]), first["timeline"]
    while page["has_more"]:
        page = whole(customer_id, limit=str(PAGE), cursor=page["next_cursor"])["timeline"]
        entries += page["data"]
    assert len(entries) == len({entry["event_id"] for entry in entries}) == EVENTS + 2
    assert [entry["at"] for entry in entries] == sorted((entry["at"] for entry in entries), reverse=True)
    assert {entry["source"] for entry in entries} == {"taobao", "official_account", "wecom", "tickets"}
