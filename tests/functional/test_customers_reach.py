"""What whoever sends notices hears of a customer: how they are reached, and by which channels they refuse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.customers import app
from hub.contracts.events import ConsentChanged, Event, MessageReceived, OrderPaid, RefundPaid
from hub.kernel.clock import StepClock
from hub.kernel.ids import contacts_context
from tests.support.aws import TENANT, account
from tests.support.hosts import install
from tests.support.http import Context, bus_batch, bus_events, call

NOON = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
ACCOUNT = {"channel": "official_account", "state": "enabled", "settings": {"app_id": "gh_1", "app_secret": "s"}}


@dataclass
class Shop:
    session: Any
    clock: StepClock

    def hear(self, *events: Event) -> None:
        assert app.on_event(bus_batch(*events), Context()) == {"batchItemFailures": []}

    def told(self, kind: str = "customer.reachable") -> list[dict[str, Any]]:
        """What was said on the bus since the last look."""
        return [event for event in bus_events(self.session) if event["type"] == kind]

    def say(self, sender: str, **person: str) -> str:
        """A follower writes; their customer."""
        ref = f"msg_{sender}{self.clock.now}"
        app.room.desk.contents.put(ref, {"schema": 1, "kind": "text", "text": "hi", "person": person}, 0)
        self.hear(
            MessageReceived(
                id=f"evt_{ref}",
                tenant=TENANT,
                at=self.clock.now,
                message_id=ref,
                connection_id="con_oa",
                kind="text",
                channel="official_account",
                account="gh_1",
                sender_id=sender,
                content_ref=ref,
            )
        )
        return str(self.told()[-1]["customer_id"])

    def consent(self, customer_id: str, value: str, channel: str = "sms") -> tuple[str, ...]:
        """Somebody says yes or no; what is refused now."""
        path = f"/customers/{customer_id}/facts/consent_{channel}"
        assert call(app.room, "PUT", path, {"value": value}).status == 200
        return tuple(self.told()[-1]["refuses"])

    def contacts(self, event: dict[str, Any]) -> Any:
        sealer = app.room.desk.sealer
        return json.loads(sealer.unseal(event["sealed_contacts"], contacts_context(event["customer_id"])))


@pytest.fixture
def shop() -> Iterator[Shop]:
    with account("customers") as session:
        value = json.dumps(ACCOUNT)
        session.client("ssm").put_parameter(Name="/hub/demo/connections/con_oa", Value=value, Type="SecureString")
        clock = StepClock(NOON)
        install(app.room, session, clock)
        yield Shop(session, clock)


def test_who_is_met_is_reached_by_what_they_told(shop: Shop) -> None:
    """By their name on the official account, and the last word on their phone; nothing of it is clear on the bus."""
    customer_id = shop.say("oWang", phone="13800138000", email="li@example.com")
    shop.clock.advance(minutes=1)
    path = f"/customers/{customer_id}/facts/phone"
    assert call(app.room, "PUT", path, {"value": "13900139000"}).status == 200
    (event,) = shop.told()
    assert shop.contacts(event) == {
        "sms": "13900139000",
        "phone": "13900139000",
        "email": "li@example.com",
        "names": [["official_account", "con_oa", "oWang"]],
    }
    assert "139" not in json.dumps(event)


def test_a_merge_never_loosens_a_no(shop: Shop) -> None:
    """A refused SMS on 11-01, B agreed on 11-05; merged on 11-10: refused. A new yes on 11-20: not refused. Split off
    again, A refuses and B does not."""
    a, b = shop.say("oA"), shop.say("oB")
    assert shop.consent(a, "no") == ("sms",)
    shop.clock.now = NOON.replace(day=5)
    assert shop.consent(b, "yes") == ()
    shop.clock.now = NOON.replace(day=10)
    assert call(app.room, "POST", f"/customers/{a}/merge", {"into": b}).status == 200
    (merged,) = shop.told()
    assert (merged["refuses"], sorted(merged["record_ids"])) == (["sms"], sorted([a, b]))
    shop.clock.now = NOON.replace(day=20)
    assert shop.consent(b, "yes") == ()
    shop.clock.now = NOON.replace(day=21)
    assert call(app.room, "POST", f"/customers/{b}/unmerge", {"identity_id": a}).status == 200
    assert {event["customer_id"]: event["refuses"] for event in shop.told()} == {a: ["sms"], b: []}


def test_a_platform_s_word_on_consent_is_one(shop: Shop) -> None:
    """Who unfollows hears nothing by that channel, and of a template alone it says nothing."""
    customer_id = shop.say("oWang")
    for number, (change, scope, refuses) in enumerate(
        (("messages_refused", "TPL_1", []), ("unfollowed", "", ["official_account"]), ("messages_allowed", "", []))
    ):
        shop.clock.advance(minutes=1)
        shop.hear(
            ConsentChanged.model_validate(
                {
                    "id": f"evt_c{number}",
                    "tenant": TENANT,
                    "at": shop.clock.now,
                    "connection_id": "con_oa",
                    "channel": "official_account",
                    "account": "gh_1",
                    "person_id": "oWang",
                    "change": change,
                    "scope": scope,
                }
            )
        )
        events = shop.told()
        assert [event["refuses"] for event in events] == ([] if scope else [refuses])
        assert {event["customer_id"] for event in events} <= {customer_id}


def test_money_is_told_with_the_customer_behind_it(shop: Shop) -> None:
    """An order's payment and refund, each once by its id, with the customer of the buyer's name."""
    facts = {"connection_id": "con_2", "channel": "taobao", "shop_id": "shop", "order_id": "ord_1", "order_no": "69071"}
    money = {"tenant": TENANT, "buyer_id": "b1", "currency": "CNY"}
    paid = OrderPaid(id="evt_1", at=shop.clock.now, amount_minor=19900, **money, **facts)
    back = {"after_sale_id": "afs_1", "after_sale_no": "7", "kind": "refund_only", "refunded_minor": 19900}
    refund = RefundPaid.model_validate(
        {"id": "evt_2", "at": shop.clock.now + timedelta(minutes=5), "amount_minor": 19900, **money, **facts, **back}
    )
    shop.hear(paid, refund, paid)
    events = {event["id"]: event for event in shop.told("order.resolved")}
    assert [(event["kind"], event["order_id"], event["amount_minor"]) for event in events.values()] == [
        ("paid", "ord_1", 19900),
        ("refunded", "ord_1", 19900),
    ]
    assert len({event["customer_id"] for event in events.values()}) == 1
