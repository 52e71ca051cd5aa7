"""The room of customers: events in, one person out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from functions.customers import app
from functions.customers.timeline import KEPT_OF
from hub.contracts.customers import TimelineKind
from hub.contracts.events import (
    AfterSaleChanged,
    ContactChanged,
    MessageReceived,
    OrderPaid,
    TicketChanged,
    TicketClosed,
    TicketOpened,
    parse_event,
)
from tests.support.aws import account
from tests.support.hosts import install
from tests.support.http import Context, bus_batch, bus_events, call, token

AT = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
DONE: dict[str, list[Any]] = {"batchItemFailures": []}


@pytest.fixture(autouse=True)
def session() -> Iterator[Any]:
    with account("customers") as session:
        install(app.room, session)
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
    reachable, resolved = bus_events(session)
    assert reachable["type"] == "customer.reachable"
    assert (resolved["type"], resolved["message_id"]) == ("message.resolved", "msg_1")
    found = call(app.room, "GET", f"/customers/{resolved['customer_id']}").json
    named = {"channel": "wecom", "account": "ww1", "external_id": "wmZhang", "linked_at": "2026-11-21T01:00:00Z"}
    assert found["identities"] == [{**named, "identity_id": resolved["identity_id"], "source": "wecom"}]


def test_a_message_delivered_twice_is_the_same_event_of_the_same_customer(session: Any) -> None:
    """Redelivery repeats the event with its id, and makes nobody."""
    hear(message(), message())
    reachable, first, second = bus_events(session)
    assert (first, reachable["type"]) == (second, "customer.reachable")
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
    """An agent reads the phone, a viewer sees a mask, finance nothing of it, and the table holds none."""
    customer_id = customer_of(session)
    saved = call(app.room, "PUT", f"/customers/{customer_id}/facts/phone", {"value": "13800138000"})
    assert saved.status == 200
    assert [(f["value"], f["source"]) for f in saved.json["facts"]] == [("13800138000", "boss")]
    assert "value" not in call(app.room, "GET", f"/customers/{customer_id}", as_=token("finance")).json["facts"][0]
    shown = call(app.room, "GET", f"/customers/{customer_id}", as_=token("viewer")).json
    assert shown["facts"][0]["value"] == "1**"
    assert [len(one["external_id"]) for one in shown["identities"]] == [3, 3]
    assert {one["channel"]: one["external_id"] for one in shown["identities"]}["wecom"] == "w**"
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
    for _ in range(5):  # the list walks back month by month: its last pages may be empty
        page = call(app.room, "GET", "/customers", query={"limit": "2", "cursor": cursor}).json
        seen += [one["id"] for one in page["data"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert (len(seen), len(set(seen)), cursor, page["has_more"]) == (5, 5, "", False)


def test_strangers_are_refused() -> None:
    """No customer: 404. No credentials: 401. An unknown cursor: 422."""
    assert call(app.room, "GET", "/customers/cus_none").status == 404
    assert call(app.room, "GET", "/customers/cus_none/timeline").status == 404
    assert call(app.room, "GET", "/customers", as_="").status == 401
    assert call(app.room, "GET", "/customers", query={"cursor": "zzz"}).status == 422


PLATFORM: dict[str, dict[str, Any]] = {
    "after_sale.changed": {
        "shop_id": "s1", "after_sale_id": "afs_1", "after_sale_no": "9", "order_no": "8", "kind": "refund_only",
        "state": "requested", "money": "none", "buyer_id": "b1",
    },
    "consent.changed": {"person_id": "b1", "change": "unfollowed"},
    "coupon.changed": {"person_id": "b1", "coupon_id": "c9", "change": "claimed"},
    "lead.captured": {"person_id": "b1", "lead_no": "l1", "content_ref": "msg_1"},
    "logistics.changed": {
        "shop_id": "s1", "order_no": "8", "tracking_no": "SF1", "state": "delivered", "person_id": "b1",
    },
    "member.changed": {"person_id": "b1", "change": "joined"},
    "order.changed": {"shop_id": "s1", "order_id": "ord_1", "order_no": "8", "state": "shipped", "buyer_id": "b1"},
    "order.finished": {
        "shop_id": "s1", "order_id": "ord_1", "order_no": "8", "buyer_id": "b1", "amount_minor": 950, "currency": "CNY",
    },
    "refund.paid": {
        "shop_id": "s1", "after_sale_id": "afs_1", "after_sale_no": "9", "order_id": "ord_1", "order_no": "8",
        "kind": "refund_only", "amount_minor": 100, "refunded_minor": 100, "currency": "CNY", "buyer_id": "b1",
    },
    "review.posted": {"review_no": "r1", "shop_id": "s1", "person_id": "b1", "rating": 2, "content_ref": "msg_1"},
    "touchpoint.captured": {"person_id": "b1", "kind": "scanned", "attribution": {"scene": "store_001"}},
}  # fmt: skip


def platform_event(kind: str, **changes: Any) -> Any:
    """Something that happened to buyer b1 of account s1."""
    facts = {"id": f"evt_{kind}", "tenant": "demo", "at": AT.isoformat(), "connection_id": "con_1", "channel": "douyin"}
    return parse_event({"type": kind, "account": "s1", **facts, **PLATFORM[kind], **changes})


def test_whatever_a_platform_tells_of_a_person_stands_in_one_timeline() -> None:
    """Orders, after-sales, reviews, coupons, parcels, scans: one customer, each thing once, though each came twice."""
    events = [platform_event(kind) for kind in PLATFORM]
    assert app.on_event(bus_batch(*events, *events), Context()) == DONE
    (customer,) = call(app.room, "GET", "/customers").json["data"]
    timeline = call(app.room, "GET", f"/customers/{customer['id']}/timeline").json["data"]
    assert sorted(entry["kind"] for entry in timeline) == sorted(PLATFORM)
    (scan,) = [entry for entry in timeline if entry["kind"] == "touchpoint.captured"]
    assert scan["details"] == {"channel": "douyin", "kind": "scanned", "from_scene": "store_001"}


def test_a_deposit_stands_in_the_timeline_and_is_no_order_paid() -> None:
    """100.00 of 950.00 paid ahead: one entry with that amount, and the customer has paid no order yet."""
    facts = {"id": "evt_d", "tenant": "demo", "at": AT.isoformat(), "connection_id": "con_1", "channel": "taobao"}
    order = {"shop_id": "s1", "order_id": "ord_1", "order_no": "8", "buyer_id": "b1", "currency": "CNY"}
    paid = {"type": "order.deposit_paid", "amount_minor": 10_000, "total_minor": 95_000}
    hear(parse_event({**facts, **order, **paid}))
    (customer,) = call(app.room, "GET", "/customers").json["data"]
    (entry,) = call(app.room, "GET", f"/customers/{customer['id']}/timeline").json["data"]
    assert (entry["kind"], entry["details"]["amount"]) == ("order.deposit_paid", "100.00")
    assert call(app.room, "GET", f"/customers/{customer['id']}").json["orders"] == []


def test_every_event_that_the_room_hears_has_a_line_of_its_own() -> None:
    """No kind of event that is subscribed to is dropped for want of words."""
    known = {"contact.changed", "order.paid", "ticket.opened", "ticket.closed", "group.changed", "glass.broken"}
    known |= {"order.deposit_paid", "form.submitted"}
    assert set(KEPT_OF) == set(PLATFORM) | known == set(get_args(TimelineKind))


def test_an_order_whose_buyer_is_masked_makes_no_customer() -> None:
    """Nobody is made up where the platform names nobody."""
    assert app.on_event(bus_batch(platform_event("order.changed", buyer_id="")), Context()) == DONE
    assert call(app.room, "GET", "/customers").json["data"] == []


def test_a_group_s_changes_stand_with_those_who_are_customers_already() -> None:
    """Members of staff who join a group do not become customers by it."""
    app.on_event(bus_batch(platform_event("member.changed")), Context())
    joined = {"type": "group.changed", "group_id": "wr1", "change": "members_joined", "people": ["b1", "lilei"]}
    facts = {"id": "evt_g", "tenant": "demo", "at": AT.isoformat(), "connection_id": "con_1", "channel": "douyin"}
    assert app.on_event(bus_batch(parse_event({**joined, **facts, "account": "s1"})), Context()) == DONE
    (customer,) = call(app.room, "GET", "/customers").json["data"]
    timeline = call(app.room, "GET", f"/customers/{customer['id']}/timeline").json["data"]
    assert [entry["kind"] for entry in timeline].count("group.changed") == 1


def test_a_failed_transfer_changes_nothing_between_the_two() -> None:
    """The member is still the customer's contact; that it failed stands in the timeline."""
    app.on_event(bus_batch(contact(), contact("transfer_failed")), Context())
    (customer,) = call(app.room, "GET", "/customers").json["data"]
    found = call(app.room, "GET", f"/customers/{customer['id']}").json
    assert [one["follow_state"] for one in found["contacts"]] == ["following"]


def test_a_message_says_where_it_came_in_and_where_its_customer_is_at_home(session: Any) -> None:
    """The connection's region and store travel on; an address that was recorded is a region, and not in clear."""
    customer_id = customer_of(session)
    address = call(app.room, "PUT", f"/customers/{customer_id}/facts/address", {"value": "上海市浦东新区世纪大道1号"})
    assert address.status == 200
    assert [fact["value"] for fact in address.json["facts"] if fact["name"] == "address_region"] == ["310115"]
    call(app.room, "PUT", f"/customers/{customer_id}/facts/home_store", {"value": "pd1"})

    hear(message("evt_2").model_copy(update={"region": "330100", "store_id": "hz1"}))

    resolved = bus_events(session)[-1]
    where = ("region", "store_id", "home_region", "home_store")
    assert tuple(resolved[name] for name in where) == ("330100", "hz1", "310115", "pd1")


def after_sale(buyer: str) -> AfterSaleChanged:
    facts = {"id": f"evt_as_{buyer}", "tenant": "demo", "at": AT, "connection_id": "con_2", "channel": "douyin"}
    what = {"shop_id": "4463798", "after_sale_id": "afs_1", "after_sale_no": "7001", "order_no": "69071"}
    told = {"kind": "exchange", "state": "requested", "money": "none", "requested_minor": 12990, "buyer_id": buyer}
    return AfterSaleChanged.model_validate({**facts, **what, **told, "region": "310115"})


def test_an_after_sale_is_told_on_with_its_customer(session: Any) -> None:
    """Its buyer is a customer from then on; a masked one is nobody, and the after-sale is told on all the same."""
    hear(after_sale("buyer1"))
    hear(after_sale(""))

    known, unknown = [event for event in bus_events(session) if event["type"] == "occasion.resolved"]
    assert known["customer_id"].startswith("cus_")
    assert (known["kind"], known["subject_id"], known["order_no"]) == ("after_sale", "afs_1", "69071")
    assert (known["after_sale_type"], known["amount_minor"], known["region"]) == ("exchange", 12990, "310115")
    assert unknown["customer_id"] == ""


def test_a_ticket_that_moves_takes_its_customer_along(session: Any) -> None:
    """Whoever serves where the ticket lies now finds the customer; a change of anything else moves nobody."""
    customer_id = customer_of(session)
    facts = {"tenant": "demo", "at": AT, "ticket_id": "tkt_1", "customer_id": customer_id, "ticket_type": "repair"}
    change = {**facts, "run": 1, "priority": "high", "state": "open", "region": "310115"}
    found = token("agent", region="310115")

    hear(TicketChanged.model_validate({**change, "id": "evt_c1", "changed": ["assignee"]}))
    assert call(app.room, "GET", f"/customers/{customer_id}", as_=found).status == 404
    hear(TicketChanged.model_validate({**change, "id": "evt_c2", "changed": ["region", "placed_by"]}))
    assert call(app.room, "GET", f"/customers/{customer_id}", as_=found).status == 200


def test_who_is_served_somewhere_writes_again(session: Any) -> None:
    """Where a customer is found lies between what was merged into them and their profile: it is neither."""
    customer_id = customer_of(session)
    facts = {"tenant": "demo", "at": AT, "ticket_id": "tkt_1", "customer_id": customer_id, "ticket_type": "repair"}
    change = {**facts, "run": 1, "priority": "high", "state": "open", "region": "310115"}
    hear(TicketChanged.model_validate({**change, "id": "evt_c2", "changed": ["region"]}))
    bus_events(session)
    hear(message("evt_2"))
    assert [event["customer_id"] for event in bus_events(session)] == [customer_id]
