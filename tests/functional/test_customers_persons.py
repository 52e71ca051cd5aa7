"""One person across channels: what senders say of a phone or a UnionID brings them together."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.customers import app
from functions.customers.profile import FACTS_LIMIT, Fact
from hub.contracts.events import LeadCaptured, MessageReceived, OrderPaid
from hub.store.secrets import Connection, ConnectionSecrets
from tests.support.aws import TENANT, account
from tests.support.hosts import install
from tests.support.http import Context, bus_batch, bus_events, call, token

AT = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
PHONE, NAME, MAIL = "138-0013-8000", "王女士", "wang@example.com"


@pytest.fixture(autouse=True)
def session() -> Iterator[Any]:
    with account("customers") as session:
        install(app.room, session)
        yield session


def message(sender: str, person: Any = None, channel: str = "open") -> MessageReceived:
    """A message whose content, if it tells of a person, is stored."""
    ref = f"msg_{channel}_{sender}"
    if person is not None:
        app.room.desk.contents.put(ref, {"schema": 1, "kind": "text", "text": "hi", "person": person}, 0)
    return MessageReceived(
        id=f"evt_{ref}",
        tenant=TENANT,
        at=AT,
        message_id=ref,
        connection_id="con_1",
        channel=channel,
        account="con_1",
        sender_id=sender,
        kind="text",
        content_ref=ref,
    )


def hear(*events: Any) -> None:
    assert app.on_event(bus_batch(*events), Context()) == {"batchItemFailures": []}


def customers(session: Any) -> list[str]:
    """The customers of the messages that were resolved since the last call, in their order."""
    return [event["customer_id"] for event in bus_events(session) if event["type"] == "message.resolved"]


def shown(customer_id: str, **options: Any) -> Any:
    return call(app.room, "GET", f"/customers/{customer_id}", **options).json


def facts(customer_id: str) -> dict[str, tuple[str, str]]:
    return {fact["name"]: (fact["value"], fact["source"]) for fact in shown(customer_id)["facts"]}


def test_one_phone_written_two_ways_is_one_customer(session: Any) -> None:
    """Two names of one channel with the same number: one customer, with both names and the number's hash."""
    hear(message("crm-1", {"phone": PHONE}), message("web-9", {"phone": "+8613800138000"}))
    first, second = customers(session)
    assert first == second
    channels = [identity["channel"] for identity in shown(first)["identities"]]
    assert sorted(channels) == ["open", "open", "phone"]


def test_a_unionid_brings_two_channels_together(session: Any) -> None:
    """The same UnionID on two channels is one customer, without any phone."""
    hear(message("crm-1", {"union_id": "oU1"}), message("openid-1", {"union_id": "oU1"}, channel="official_account"))
    assert len(set(customers(session))) == 1


def test_what_a_sender_says_becomes_sealed_facts_once(session: Any) -> None:
    """Phone, name and e-mail are kept with the channel as their source; what is said again is no news."""
    hear(message("crm-1", {"phone": PHONE, "name": NAME}))
    hear(message("crm-1", {"phone": "138 0013 8000", "name": NAME, "email": MAIL}))
    customer_id = customers(session)[0]
    told = {"phone": ("+8613800138000", "open"), "name": (NAME, "open"), "email": (MAIL, "open")}
    assert facts(customer_id) == told
    masked = shown(customer_id, as_=token("viewer"))
    assert {fact["name"]: fact["value"] for fact in masked["facts"]} == {"phone": "+**", "name": "王**", "email": "w**"}
    assert {len(identity["external_id"]) for identity in masked["identities"]} == {3}


def test_nothing_personal_lies_in_the_table_in_plain(session: Any) -> None:
    """Neither the number as written nor in E.164, nor name, nor address, nor the key of the hashes."""
    hear(message("crm-1", {"phone": PHONE, "name": NAME, "email": MAIL}))
    stored = str(session.client("dynamodb").scan(TableName="hub-demo-customers")["Items"])
    assert [
        secret for secret in ("13800138000", PHONE, NAME, MAIL, app.room.desk.phone_key().hex()) if secret in stored
    ] == []


def test_the_key_of_the_hashes_is_made_once(session: Any) -> None:
    """Another process reads the key that the first one made: the same number is the same customer there."""
    hear(message("crm-1", {"phone": PHONE}))
    install(app.room, session)
    hear(message("crm-2", {"phone": PHONE}))
    assert len(set(customers(session))) == 1


@pytest.mark.parametrize("person", [{"phone": "10086"}, {"phone": "n/a"}, {"phone": 7}, "13800138000", [], {}])
def test_what_is_no_number_is_ignored(session: Any, person: Any) -> None:
    """A number that is none makes nobody the same, and fails nothing."""
    hear(message("crm-1", person), message("crm-2", person))
    one, other = customers(session)
    assert one != other
    assert facts(one) == facts(other) == {}


def test_two_customers_who_turn_out_to_have_one_phone_are_one(session: Any) -> None:
    """Who is somebody already and then tells another's phone is the same person, with both histories; their old id
    leads to the customer that they are part of, by the phone."""
    hear(message("crm-1", {"phone": PHONE}), message("crm-2"))
    first, second = customers(session)
    hear(message("crm-2", {"phone": PHONE}), message("crm-3", {"phone": PHONE}))
    assert customers(session) == [first, first]
    assert shown(second)["id"] == first
    assert {(one["customer_id"], one["into"], one["evidence"]) for one in shown(first)["merged"]} >= {
        (second, first, "phone")
    }
    assert [row["id"] for row in call(app.room, "GET", "/customers").json["data"]] == [first]


@pytest.mark.parametrize("settings", [{"account": "crm"}, {}], ids=["with an account", "without"])
def test_an_order_s_buyer_and_a_message_s_sender_are_one_name(session: Any, settings: dict[str, str]) -> None:
    """One sender of the open webhook names people alike: the order says a shop, the message the connection's account,
    and both are the customer crm-1."""
    secrets = ConnectionSecrets(session.client("ssm"), TENANT, lambda: AT)
    secrets.put(Connection("con_1", "open", "enabled", settings))
    paid = OrderPaid(
        id="evt_p", tenant=TENANT, at=AT, connection_id="con_1", channel="open", shop_id="shop-9", order_id="ord_1",
        order_no="1", buyer_id="crm-1", amount_minor=2500, currency="CNY",
    )  # fmt: skip
    wrote = message("crm-1").model_copy(update={"account": settings.get("account", "")})
    hear(paid, wrote)
    (customer_id,) = customers(session)
    assert [order["order_no"] for order in shown(customer_id)["orders"]] == ["1"]
    assert len(shown(customer_id)["identities"]) == 1


def test_a_lead_s_phone_counts_as_well(session: Any) -> None:
    """Who leaves a form and then calls is one customer, and the form stands in their timeline."""
    told = message("form-1", {"phone": PHONE, "name": NAME})
    lead = LeadCaptured(
        id="evt_lead",
        tenant=TENANT,
        at=AT,
        connection_id="con_1",
        channel="open",
        account="con_1",
        lead_no="l1",
        person_id="form-1",
        content_ref=told.content_ref,
    )
    hear(lead, message("caller-7", {"phone": PHONE}))
    (customer_id,) = customers(session)
    (entry,) = call(app.room, "GET", f"/customers/{customer_id}/timeline").json["data"]
    assert (entry["kind"], facts(customer_id)["name"]) == ("lead.captured", (NAME, "open"))


@pytest.mark.parametrize(("name", "value"), [("phone", PHONE), ("union_id", "oU1")])
def test_what_staff_record_counts_as_well(session: Any, name: str, value: str) -> None:
    """Somebody on WeChat tells their number, an agent records it: who calls from it is the same customer. So it is with
    a UnionID that a machine records."""
    hear(message("wmZhang", channel="wecom"))
    (customer_id,) = customers(session)
    for _ in range(2):
        assert call(app.room, "PUT", f"/customers/{customer_id}/facts/{name}", {"value": value}).status == 200
    hear(message("caller-7", {name: value}))
    assert customers(session) == [customer_id]


def test_recording_another_s_phone_moves_nobody(session: Any) -> None:
    """A number that is another customer's is kept as a fact here, and still leads to the other."""
    hear(message("crm-1", {"phone": PHONE}), message("wmZhang", channel="wecom"))
    first, second = customers(session)
    assert call(app.room, "PUT", f"/customers/{second}/facts/phone", {"value": PHONE}).status == 200
    hear(message("caller-7", {"phone": PHONE}))
    assert customers(session) == [first]


def test_a_full_profile_takes_no_more_and_fails_nothing(session: Any) -> None:
    """At the limit of facts a message still finds its customer; what is said beyond the limit is not kept."""
    hear(message("crm-1"))
    (customer_id,) = customers(session)
    app.room.desk.customers.save_facts(
        customer_id, [Fact(f"f{n}", "x", "", "boss", AT, "m") for n in range(FACTS_LIMIT - 1)], None
    )
    hear(message("crm-1", {"phone": PHONE, "name": NAME}), message("crm-2", {"phone": PHONE}))
    assert customers(session) == [customer_id, customer_id]
    assert len(facts(customer_id)) == FACTS_LIMIT
    assert facts(customer_id)["phone"] == ("+8613800138000", "open")


def test_many_at_once_are_one_customer(session: Any) -> None:
    """Eight entries tell the same number at the same time: once all are through, one customer has it."""
    events = [message(f"crm-{n}", {"phone": PHONE, "name": NAME}) for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda event: app.on_event(bus_batch(event), Context()), events))
    customers(session)
    hear(*events)
    assert len(set(customers(session))) == 1
    assert len(call(app.room, "GET", "/customers").json["data"]) == 1
