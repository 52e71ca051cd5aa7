"""Who a follower and a contact are together, as their platforms' API alone tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from functions.customers import app
from hub.contracts.events import ContactChanged, Event, MessageReceived, TouchpointCaptured
from hub.store.secrets import Connection, ConnectionSecrets
from tests.support.aws import TENANT, account
from tests.support.doubles import serving
from tests.support.hosts import install
from tests.support.http import Context, bus_batch, bus_events, call

AT = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
FOLLOWED = {"app_id": "wx1", "app_secret": "s1"}
CORP = {"corp_id": "ww1", "agent_id": "1000002", "secret": "s2"}
DESK = {"corp_id": "ww1", "secret": "s3"}
CONNECTIONS = {"con_oa": ("official_account", FOLLOWED), "con_wecom": ("wecom", CORP), "con_kf": ("wechat_kf", DESK)}
ASKING = ("/cgi-bin/user/info", "/cgi-bin/externalcontact/get", "/cgi-bin/kf/customer/batchget")


@dataclass
class StandingClock:
    now: datetime = AT

    def business_now(self) -> datetime:
        return self.now

    def wall_now(self) -> datetime:
        return self.now


@dataclass
class Wechat:
    """The doubles of WeChat's platforms, and the room that calls them."""

    url: str
    session: Any
    clock: StandingClock = field(default_factory=StandingClock)

    def tell(self, channel: str, what: str, body: Any) -> None:
        assert requests.post(f"{self.url}/_control/{channel}/{what}", json=body, timeout=5).ok

    def fail(self, channel: str, times: int) -> None:
        body = {"channel": channel, "path": "/user/info", "kind": "500", "times": times}
        answer = requests.post(f"{self.url}/_control/fail", json=body, timeout=5)
        assert answer.ok, answer.text

    def asked(self) -> list[str]:
        calls = requests.get(f"{self.url}/_control/recorded", timeout=5).json()["calls"]
        return [one["path"] for one in calls if one["path"] in ASKING]

    def who(self, *events: Event) -> list[str]:
        """The customers of the messages among these events."""
        assert app.on_event(bus_batch(*events), Context()) == {"batchItemFailures": []}
        said = bus_events(self.session)
        return [event["customer_id"] for event in said if event["type"] == "message.resolved"]


@pytest.fixture
def wechat() -> Iterator[Wechat]:
    apps: dict[str, list[Any]] = {channel: [settings] for channel, settings in CONNECTIONS.values()}
    with serving(apps) as (url, _), account("customers") as session:
        made = Wechat(url, session)
        install(app.room, session, made.clock, platforms_url=url)
        secrets = ConnectionSecrets(session.client("ssm"), TENANT, made.clock.wall_now)
        for name, (channel, settings) in CONNECTIONS.items():
            secrets.put(Connection(name, channel, "enabled", settings))
        yield made


def message(connection: str, sender: str, number: int = 1) -> MessageReceived:
    channel, settings = CONNECTIONS[connection]
    ref = f"{connection}_{sender}_{number}"
    return MessageReceived(
        id=f"evt_{ref}", tenant=TENANT, at=AT, message_id=f"msg_{ref}", connection_id=connection, channel=channel,
        account=settings.get("corp_id", "gh_1"), sender_id=sender, kind="text", content_ref=ref,
    )  # fmt: skip


def added(contact: str) -> ContactChanged:
    return ContactChanged(
        id=f"evt_{contact}", tenant=TENANT, at=AT, connection_id="con_wecom", channel="wecom", account="ww1",
        change="added", member_id="li", contact_id=contact,
    )  # fmt: skip


def shown(customer_id: str) -> Any:
    return call(app.room, "GET", f"/customers/{customer_id}").json


def test_a_follower_and_a_contact_with_one_unionid_are_one_customer(wechat: Wechat) -> None:
    """Nothing that comes says who they are; user/info and the customer's detail do: one customer, both names, and the
    contact's member of staff."""
    wechat.tell("official_account", "followers", [{"openid": "oWang", "unionid": "oU1"}])
    wechat.tell("wecom", "customers", [{"external_userid": "wmWang", "unionid": "oU1"}])
    (customer_id,) = wechat.who(message("con_oa", "oWang"), added("wmWang"))
    seen = shown(customer_id)
    assert {(one["channel"], one["external_id"]) for one in seen["identities"]} == {
        ("official_account", "oWang"), ("wecom", "wmWang"), ("unionid", "oU1"),
    }  # fmt: skip
    assert [contact["member_id"] for contact in seen["contacts"]] == ["li"]
    assert [(merged["evidence"], merged["actor"]) for merged in seen["merged"]] == [("unionid", "")]


def test_who_writes_to_a_desk_of_the_corp_is_known_by_its_own_call(wechat: Wechat) -> None:
    """A customer of 微信客服 is nobody's contact: batchget says who they are."""
    wechat.tell("official_account", "followers", [{"openid": "oWang", "unionid": "oU1"}])
    wechat.tell("wechat_kf", "customers", [{"external_userid": "wmWang", "unionid": "oU1"}])
    assert len(set(wechat.who(message("con_oa", "oWang"), message("con_kf", "wmWang")))) == 1


def test_a_corp_names_its_people_alike_on_all_channels(wechat: Wechat) -> None:
    """The same external_userid of an app's contact and of a desk's customer is one name of one customer."""
    (customer_id,) = wechat.who(added("wmWang"), message("con_kf", "wmWang"))
    seen = shown(customer_id)
    assert ([one["external_id"] for one in seen["identities"]], seen["merged"]) == (["wmWang"], [])
    assert [contact["contact_id"] for contact in seen["contacts"]] == ["wmWang"]


def test_a_person_is_asked_about_once_a_day_until_it_is_known(wechat: Wechat) -> None:
    """Ten messages of one day ask once; where nothing is known the next day asks again, where it is known no day."""
    wechat.who(*(message("con_oa", "oWang", number) for number in range(10)))
    assert wechat.asked() == ["/cgi-bin/user/info"]
    wechat.clock.now += timedelta(days=1)
    wechat.tell("official_account", "followers", [{"openid": "oWang", "unionid": "oU1"}])
    wechat.who(message("con_oa", "oWang", 11), message("con_oa", "oWang", 12))
    wechat.clock.now += timedelta(days=1)
    wechat.who(message("con_oa", "oWang", 13))
    assert wechat.asked() == ["/cgi-bin/user/info"] * 2


def test_an_outage_of_the_platform_holds_up_nobody(wechat: Wechat) -> None:
    """While user/info fails the message goes its way with a customer of its own; the next one asks again, and both are
    one."""
    wechat.tell("official_account", "followers", [{"openid": "oWang", "unionid": "oU1"}])
    wechat.tell("wecom", "customers", [{"external_userid": "wmWang", "unionid": "oU1"}])
    wechat.who(added("wmWang"))
    wechat.fail("official_account", 1)
    (alone,) = wechat.who(message("con_oa", "oWang"))
    assert [one["channel"] for one in shown(alone)["identities"]] == ["official_account"]
    wechat.clock.now += timedelta(minutes=1)
    (whole,) = wechat.who(message("con_oa", "oWang", 2))
    assert {one["channel"] for one in shown(whole)["identities"]} == {"official_account", "unionid", "wecom"}
    assert shown(alone)["id"] == whole


@pytest.mark.parametrize("sender", ["li", "wmNobody"])
def test_who_is_nobody_s_customer_is_somebody_of_their_own(wechat: Wechat, sender: str) -> None:
    """A member of staff is not asked about; 84061 for somebody unknown is an answer, and asked once a day."""
    (customer_id, again) = wechat.who(message("con_wecom", sender), message("con_wecom", sender, 2))
    assert customer_id == again
    assert wechat.asked() == ([] if sender == "li" else ["/cgi-bin/externalcontact/get"])


def test_a_follow_alone_finds_the_customer(wechat: Wechat) -> None:
    """Who follows the account before they write is recognised by the follow."""
    wechat.tell("official_account", "followers", [{"openid": "oWang", "unionid": "oU1"}])
    wechat.tell("wechat_kf", "customers", [{"external_userid": "wmWang", "unionid": "oU1"}])
    follow = TouchpointCaptured(
        id="evt_f", tenant=TENANT, at=AT, connection_id="con_oa", channel="official_account", account="gh_1",
        person_id="oWang", kind="followed",
    )  # fmt: skip
    (customer_id,) = wechat.who(follow, message("con_kf", "wmWang"))
    entries = call(app.room, "GET", f"/customers/{customer_id}/timeline").json["data"]
    assert [entry["kind"] for entry in entries] == ["touchpoint.captured"]
