"""C019: names that turn out to be one person's are merged with the evidence, split again as they were, and two owners
are one decision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from functions.customers import app as customers
from hub.contracts.events import ContactChanged, Event, FormSubmitted, MessageReceived, OccasionResolved, OrderPaid
from hub.store.secrets import Connection, ConnectionSecrets
from tests.support.aws import TENANT
from tests.support.doubles import serving
from tests.support.http import Context, bus_batch, bus_events, call
from tests.support.rooms import connect_customers
from tests.support.tickets import T0, World, world

PHONE = "+8613800138000"
CONNECTIONS = {
    "con_oa": ("official_account", {"app_id": "wx1", "app_secret": "s1"}),
    "con_corp": ("wecom", {"corp_id": "ww1", "agent_id": "1000002", "secret": "s2"}),
    "con_other": ("wecom", {"corp_id": "ww2", "agent_id": "1000003", "secret": "s3"}),
}
U1, U2 = "oU1", "oU2"


@dataclass
class Town:
    """Customers and tickets, and the doubles of WeChat's platforms."""

    hub: World
    url: str

    def hear(self, *events: Event) -> None:
        """What the bus brings to customers, and what they tell on to tickets."""
        assert customers.on_event(bus_batch(*events), Context()) == {"batchItemFailures": []}
        said = [e for e in bus_events(self.hub.session) if e["type"] == "occasion.resolved"]
        if said:
            self.hub.tell(*(OccasionResolved(**event) for event in said))

    def knows(self, channel: str, what: str, *people: dict[str, str]) -> None:
        answer = requests.post(f"{self.url}/_control/{channel}/{what}", json=list(people), timeout=5)
        assert answer.ok, answer.text


@pytest.fixture
def town() -> Iterator[Town]:
    apps: dict[str, list[Any]] = {}
    for channel, settings in CONNECTIONS.values():
        apps.setdefault(channel, []).append(settings)
    with serving(apps) as (url, _), world() as hub:
        connect_customers(hub, HUB_PLATFORMS_URL=url)
        secrets = ConnectionSecrets(hub.session.client("ssm"), TENANT, hub.clock.wall_now)
        for name, (channel, settings) in CONNECTIONS.items():
            secrets.put(Connection(name, channel, "enabled", settings))
        hub.hire("chen", role="supervisor", region="base")
        yield Town(hub, url)


def wrote(sender: str) -> MessageReceived:
    return MessageReceived(
        id=f"evt_{sender}", tenant=TENANT, at=T0, message_id=f"msg_{sender}", connection_id="con_oa",
        channel="official_account", account="gh_1", sender_id=sender, kind="text", content_ref=f"msg_{sender}",
    )  # fmt: skip


def added(contact: str, by: str, connection: str = "con_corp") -> ContactChanged:
    corp = CONNECTIONS[connection][1]["corp_id"]
    return ContactChanged(
        id=f"evt_{contact}_{by}", tenant=TENANT, at=T0, connection_id=connection, channel="wecom", account=corp,
        change="added", member_id=by, contact_id=contact,
    )  # fmt: skip


def bought(buyer: str, number: int) -> OrderPaid:
    return OrderPaid(
        id=f"evt_{buyer}_{number}", tenant=TENANT, at=T0, connection_id="con_tb", channel="taobao", shop_id="s1",
        order_id=f"ord_{number}", order_no=str(number), buyer_id=buyer, amount_minor=9900, currency="CNY",
    )  # fmt: skip


def form(**person: str) -> FormSubmitted:
    customers.room.desk.contents.put("cnt_1", {"schema": 1, "person": person}, 0)
    return FormSubmitted(
        id="evt_form", tenant=TENANT, at=T0, submission_id="sub_1", form="trial", form_version=1, content_ref="cnt_1"
    )


def listed() -> list[str]:
    return [row["id"] for row in call(customers.room, "GET", "/customers").json["data"]]


def shown(customer_id: str) -> Any:
    return call(customers.room, "GET", f"/customers/{customer_id}").json


def platforms(customer: Any) -> set[tuple[str, str]]:
    known = {(each["channel"], each["external_id"]) for each in customer["identities"]}
    return {name for name in known if name[0] not in ("unionid", "phone")}


def kept(customer_id: str) -> list[str]:
    """What happened to them."""
    return [
        entry["event_id"] for entry in call(customers.room, "GET", f"/customers/{customer_id}/timeline").json["data"]
    ]


def test_three_names_are_one_person_and_two_again(town: Town) -> None:
    """A follower o1 and a contact wm1 with UnionID u, a buyer b1 with phone p, and a form that links u to p: one
    customer with three names and the evidence of each merge; b1 taken out again, two people have the histories of
    before."""
    town.knows("official_account", "followers", {"openid": "o1", "unionid": U1})
    town.knows("wecom", "customers", {"external_userid": "wm1", "unionid": U1})
    town.hear(wrote("o1"), added("wm1", "amy"), bought("b1", 1), bought("b1", 2))
    buyer_id = next(each for each in listed() if platforms(shown(each)) == {("taobao", "b1")})
    assert call(customers.room, "PUT", f"/customers/{buyer_id}/facts/phone", {"value": PHONE}).status == 200
    before = {each: kept(each) for each in listed()}
    assert len(before) == 2

    town.hear(form(union_id=U1, phone=PHONE))
    (customer_id,) = listed()
    customer = shown(customer_id)
    assert platforms(customer) == {("official_account", "o1"), ("wecom", "wm1"), ("taobao", "b1")}
    assert sorted(merge["evidence"] for merge in customer["merged"]) == ["phone", "unionid"]

    by_phone = next(merge["customer_id"] for merge in customer["merged"] if merge["evidence"] == "phone")
    taken = by_phone if customer_id == buyer_id else buyer_id
    path = f"/customers/{customer_id}/unmerge"
    assert call(customers.room, "POST", path, {"identity_id": taken}).status == 200
    after = {each: [name for name in kept(each) if name != "evt_form"] for each in listed()}
    assert after == before
    assert platforms(shown(buyer_id)) == {("taobao", "b1")}


def test_two_owners_are_one_decision(town: Town) -> None:
    """Amy follows a customer of one corp, Bob one of another; both turn out to be one person: exactly one task to
    decide whose they are, however often anything of it comes again."""
    town.knows(
        "wecom", "customers", {"external_userid": "wm1", "unionid": U2}, {"external_userid": "wm2", "unionid": U2}
    )
    events = added("wm1", "amy"), added("wm2", "bob", "con_other")
    town.hear(*events)
    town.hear(*events)
    town.hear(added("wm2", "bob", "con_other").model_copy(update={"id": "evt_later", "change": "edited"}))

    (customer_id,) = listed()
    conflicts = [ticket for ticket in town.hub.tickets() if ticket["topic"] == "owner_conflict"]
    assert [(ticket["customer_id"], ticket["state"]) for ticket in conflicts] == [(customer_id, "open")]
    assert {contact["member_id"] for contact in shown(customer_id)["contacts"]} == {"amy", "bob"}
