"""Every channel on the deployed stack, over real HTTP: connected as its guide says, verified, written to, and refused;
each marketplace's orders told by a push and found by a pull. The platforms' doubles are on the other side."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
import requests

from hub.channels.base import Delivery
from hub.channels.door import Stamp
from hub.channels.registry import CHANNELS, codec, inbound_channels, samples
from hub.channels.samples import find_sample, render
from hubctl import seed
from hubctl.clock.words import Mode
from hubctl.dev import Hub, Options, running_hub
from hubctl.market_orders import AMOUNT, ORDERS
from hubctl.sampling import Target, send_sample
from hubctl.schedules import scheduled_event
from hubctl.state import LocalState
from tests.channels.support import payload
from tests.support.stepped import settled

pytestmark = pytest.mark.e2e

MARKETS = tuple(name for name, channel in CHANNELS.items() if channel.market)
NEW_WITHIN_SECONDS = 6
"""A door that was just asked for an unknown connection looks for new ones five seconds later."""
PUSHED, PULLED = 260_000_000_000_001, 260_000_000_000_002
CHANGED_BEFORE = timedelta(minutes=10)
SETTINGS = {step.body["channel"]: step.body for step in seed.read_steps() if step.connection}
KF = {"open_kfid": "wkLocalDesk01", "external_userid": "wmLocalCustomer01"}
REPAIR = "门店的冰柜不制冷"


@dataclass
class Operator:
    """Who connects the shops: the API, the platforms' consoles, and the connections made so far."""

    hub: Hub
    http: requests.Session = field(default_factory=requests.Session)
    made: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.http.trust_env = False

    def ask(self, method: str, path: str, body: Any = None, expect: int = 200) -> Any:
        headers = {"authorization": f"Bearer {self.hub.ready.token}"}
        answer = self.http.request(method, self.hub.ready.base_url + path, json=body, headers=headers, timeout=30)
        assert answer.status_code == expect, answer.text
        return answer.json()

    def tell_platform(self, channel: str, what: str, body: Any) -> Any:
        url = f"{self.hub.ready.platforms_url}/_control/{channel}/{what}"
        answer = self.http.post(url, json=body, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def connection(self, channel: str) -> dict[str, Any]:
        """The channel's connection, as it was answered when it was made."""
        return self.made[channel]

    def connect(self, channel: str) -> None:
        """An app on the platform, and a connection with its settings here."""
        self.tell_platform(channel, "apps", SETTINGS[channel]["settings"])
        self.made[channel] = self.ask("POST", "/webhooks/connections", SETTINGS[channel], expect=201)

    def deliver(self, channel: str, delivery: Delivery) -> requests.Response:
        url = self.connection(channel)["webhook_url"]
        query, headers = dict(delivery.query), dict(delivery.headers)
        return self.http.request(delivery.method, url, params=query, data=delivery.body, headers=headers, timeout=30)

    def push(self, channel: str, plaintext: bytes, **changed: Any) -> requests.Response:
        """A message, signed as the platform would; `changed` settings make it somebody else's."""
        return self.deliver(channel, codec(channel).sample(self.signing(channel) | changed, plaintext, stamp()))

    def signing(self, channel: str) -> dict[str, Any]:
        path = urlsplit(self.connection(channel)["webhook_url"]).path
        return {**SETTINGS[channel]["settings"], "push_path": path}

    def counts(self, channel: str) -> Mapping[str, int]:
        found: Mapping[str, int] = self.ask("GET", "/webhooks/stats")["connections"].get(
            self.connection(channel)["id"], {}
        )
        return found

    def orders(self, channel: str) -> dict[str, dict[str, Any]]:
        """The connection's orders that were first noted today, by number."""
        day = self.hub.clock.business_now().astimezone(ZoneInfo("Asia/Shanghai")).date()
        listed = self.ask("GET", f"/webhooks/orders?connection_id={self.connection(channel)['id']}&day={day}")
        return {order["order_no"]: order for order in listed["data"]}

    def tickets_of(self, external_id: str) -> list[dict[str, Any]]:
        """The tickets of the customer whom a platform knows by this id."""
        for customer in self.ask("GET", "/customers?limit=100")["data"]:
            known = self.ask("GET", f"/customers/{customer['id']}")["identities"]
            if external_id in [identity["external_id"] for identity in known]:
                listed = self.ask("GET", "/tickets?limit=100")["data"]
                return [ticket for ticket in listed if ticket["customer_id"] == customer["id"]]
        return []


def stamp() -> Stamp:
    return Stamp(timestamp=str(int(time.time())), nonce=f"n{time.time_ns()}", randomness=b"0123456789abcdef")


def plaintext_of(channel: str, name: str, number: int) -> bytes:
    found = find_sample(channel, name)["plaintext"]
    return render(found, SETTINGS[channel]["settings"], now=time.time(), number=number)


def soon(found: Callable[[], Any]) -> Any:
    """What `found` answers once it answers something, in real time."""
    deadline = time.monotonic() + NEW_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if answer := found():
            return answer
        time.sleep(0.1)
    raise AssertionError(f"nothing within {NEW_WITHIN_SECONDS} s")


@pytest.fixture(scope="module", name="operator")
def _operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    steps = tuple(step for step in seed.read_steps() if not step.connection)
    state = LocalState(tmp_path_factory.mktemp("channels") / ".hub")
    with running_hub(Options(clock=Mode(stepped=True), state=state, watch=False, steps=steps)) as hub:
        operator = Operator(hub)
        for channel in inbound_channels():
            operator.connect(channel)
        yield operator


@pytest.mark.parametrize("channel", inbound_channels())
def test_who_follows_the_guide_is_connected(operator: Operator, channel: str) -> None:
    """The form's settings give a URL and the console's steps; the self-check passes, and so does the platform's own."""
    made = operator.connection(channel)
    assert made["webhook_url"] == f"{operator.hub.ready.base_url}/webhooks/{channel}/{made['id']}"
    assert all(step["zh"] and step["en"] for step in made["steps"])
    assert made["steps"]
    assert operator.ask("POST", f"/webhooks/connections/{made['id']}/test")["passed"] is True
    delivery, wanted = codec(channel).verification(operator.signing(channel), stamp())
    answer = soon(lambda: heard(operator.deliver(channel, delivery)))
    assert (answer.status_code, answer.content) == (wanted.status, wanted.body)
    assert not any(operator.counts(channel).values())


def heard(answer: requests.Response) -> requests.Response | None:
    """An answer, None where the door does not know the connection yet."""
    return None if answer.status_code == 404 else answer


@pytest.mark.parametrize("channel", MARKETS)
def test_a_push_brings_the_order_from_the_platform(operator: Operator, channel: str) -> None:
    """A push is a hint: the order is read from the platform, and listed with its state and what the buyer paid."""
    market, changed = ORDERS[channel], datetime.now(UTC) - CHANGED_BEFORE
    operator.tell_platform(channel, "orders", market.make(SETTINGS[channel]["settings"], PUSHED, changed))
    assert operator.push(channel, plaintext_of(channel, market.push, PUSHED)).ok
    order = listed(operator, channel, PUSHED)
    assert (order["state"], order["amount"], order["currency"]) == ("paid", AMOUNT, "CNY")
    assert (order["channel"], order["recovered"], bool(order["paid_at"])) == (channel, False, True)


def listed(operator: Operator, channel: str, number: int) -> dict[str, Any]:
    """The order with this number, once the hub lists it."""
    wanted = f"{ORDERS[channel].prefix}{number}"
    found: dict[str, Any] = settled(operator.hub, lambda: operator.orders(channel).get(wanted))
    return found


def test_the_pull_finds_what_no_push_told(operator: Operator) -> None:
    """One round of the schedule brings each marketplace's missed order, as recovered, and no connection fails."""
    hub, changed = operator.hub, datetime.now(UTC) - CHANGED_BEFORE
    for channel in MARKETS:
        missed = ORDERS[channel].make(SETTINGS[channel]["settings"], PULLED, changed)
        operator.tell_platform(channel, "orders", missed)
    function = f"hub-{hub.ready.tenant}-webhooks-pull"
    hub.dispatcher.invoke(function, scheduled_event(function, hub.clock.business_now()))
    for channel in MARKETS:
        order = listed(operator, channel, PULLED)
        assert (channel, order["state"], order["amount"], order["recovered"]) == (channel, "paid", AMOUNT, True)
    told = {channel: health(operator, channel) for channel in MARKETS}
    assert {channel: one["last_error_code"] for channel, one in told.items()} == dict.fromkeys(MARKETS, "")
    assert all(one["watermark"] for one in told.values())


def health(operator: Operator, channel: str) -> dict[str, Any]:
    told: dict[str, Any] = operator.ask("GET", f"/webhooks/connections/{operator.connection(channel)['id']}")["health"]
    return told


def test_a_conversation_of_customer_service_becomes_a_ticket(operator: Operator) -> None:
    """The callback says only that there is something; what the customer wrote is fetched, and a repair is opened."""
    row = {**KF, "msgtype": "text", "text": {"content": REPAIR}}
    told = operator.tell_platform("wechat_kf", "messages", row)
    callback = plaintext_of("wechat_kf", "kf_msg_or_event", PUSHED).decode()
    callback = callback.replace(f"ENCTOKEN{PUSHED}", told["token"]).replace("wkKF1", told["open_kfid"])
    assert operator.push("wechat_kf", callback.encode()).text == "success"
    (ticket,) = settled(operator.hub, lambda: operator.tickets_of(KF["external_userid"]))
    assert ticket["type"] == "repair"


def test_a_follower_who_writes_that_the_fridge_is_broken_has_a_ticket(operator: Operator) -> None:
    """A text to the official account, from the encrypted push to the ticket of a customer who is known from now on."""
    target = Target(operator.connection("official_account")["webhook_url"], SETTINGS["official_account"]["settings"])
    assert send_sample("official_account", "text", target, "冰箱坏了").body == "success"
    (ticket,) = settled(operator.hub, lambda: operator.tickets_of("oSCRMHUBfollower000000000001"))
    assert ticket["type"] == "repair"


@pytest.mark.parametrize("channel", inbound_channels())
def test_every_documented_message_is_taken_and_a_forged_one_is_not(operator: Operator, channel: str) -> None:
    """All are answered in the platform's words; those that are genuine are processed, the forged one only counted."""
    known, before = payload(f"{channel}_examples"), operator.counts(channel)
    target = Target(operator.connection(channel)["webhook_url"], SETTINGS[channel]["settings"])
    for one in samples(channel):
        said = send_sample(channel, one["name"], target, "你好")
        wanted = str(one.get("answer", known["success"]["body"]))
        wanted = wanted.replace("$id", json.loads(said.plaintext)["id"]) if "$id" in wanted else wanted
        assert (one["name"], said.status, said.body) == (one["name"], known["success"]["status"], wanted)
    forged = operator.push(channel, said.plaintext.encode(), **known["older_secrets"])
    assert (forged.status_code, forged.text) == tuple(known["refusal"].values())
    count = len(samples(channel))
    more = {"accepted": count, "processed": count, "rejected_signature": 1}
    settled(operator.hub, lambda: grown(before, operator.counts(channel)) == more)


def grown(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """What was added to the counts; what stayed is left out."""
    return {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}
