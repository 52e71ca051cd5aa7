"""call_endpoint: a flow has a system of the tenant's own do something, and goes on by its answer, or without one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from functions.outbound import app
from functions.outbound.signing import sign
from hub.edge.fetch import Fetched
from tests.support.calls import Calls, calling
from tests.support.outbound import REFUSES, Behaviour, answers, hangs
from tests.support.tickets import T0

URL = "https://stock.example/hub"
T = {"zh": "节点", "en": "Node"}


class Shop(Calls):
    """One whose stock lies in a system of its own."""

    def publish(self, **params: Any) -> None:
        """Reserve what is needed, and go on by what the stock system says; cancelled, it is released."""
        call = {"endpoint": self.endpoint["id"], "name": "reserve_stock", **params}
        undo = {"action": "call_endpoint", "params": {**call, "name": "release_stock"}}
        reserve = {"id": "reserve", "kind": "action", "action": "call_endpoint", "params": call, "undo": undo}
        ways = {"short": "order", "refused": "order", "unreachable": "order"}
        nodes: list[dict[str, Any]] = [
            {**reserve, "outcomes": ways, "next": "fit"},
            {"id": "fit", "kind": "human", "assignee": "supervisor", "outcomes": {"done": "closed"}},
            {"id": "order", "kind": "human", "assignee": "supervisor", "outcomes": {"done": "closed"}},
            {"id": "closed", "kind": "end", "outcome": "done"},
        ]
        document = {"key": "consult", "title": T, "ladder": "basic", "start": "reserve"}
        body = {"document": {**document, "nodes": [{**node, "title": T} for node in nodes]}}
        assert self.tickets.call("POST", "/flows/consult/publish", body).status == 200

    def open(self) -> str:
        body = {"type": "consult", "customer_id": "cus_1", "region": "310101", "store_id": "s1", "order_no": "A1"}
        answer = self.tickets.call("POST", "/tickets", body)
        assert answer.status == 201, answer.text
        self.exchange()
        return str(answer.json["id"])


@pytest.fixture
def shop() -> Iterator[Shop]:
    with calling(URL) as parts:
        yield Shop(*parts)


WILD = {"outcome": "No!", "fields": {"a b": 1, "long": "x" * 201, "yes": True}}


def says(document: Any, status: int = 200) -> Behaviour:
    return answers(status, json.dumps(document).encode())


def test_it_goes_on_by_what_the_system_answers(shop: Shop) -> None:
    """Signed, once, with what the flow names; its outcome is the way, its fields are the ticket's."""
    shop.outbound.receivers.behaviours[URL] = says({"outcome": "short", "fields": {"expected_days": 3}})
    shop.publish()
    ticket_id = shop.open()
    assert shop.stands(ticket_id) == [("reserve", "short"), ("order", "")]
    (received,) = shop.outbound.receivers.at(URL)
    signed = (received.id, int(received.headers["webhook-timestamp"]), received.body)
    assert received.headers["webhook-signature"] == sign(*signed, [shop.endpoint["secret"]])
    data = received.json["data"]
    assert (data["name"], data["order_no"], data["ticket_id"]) == ("reserve_stock", "A1", ticket_id)
    ticket = shop.tickets.ticket(ticket_id)
    assert (ticket["fields"], ticket["visits"][0]["fields"]) == ({"expected_days": "3"}, {"status": "200"})


@pytest.mark.parametrize(
    ("behaviour", "first", "calls"),
    [
        (answers(200, b"fine"), [("reserve", "done"), ("fit", "")], 1),
        (answers(422, b"no such thing"), [("reserve", "refused"), ("order", "")], 1),
        (says(WILD), [("reserve", "done"), ("fit", "")], 1),
        (says({"fields": {"half": "\ud800"}}), [("reserve", "done"), ("fit", "")], 1),
    ],
)
def test_words_that_are_none_are_not_taken(
    shop: Shop, behaviour: Behaviour, first: list[tuple[str, str]], calls: int
) -> None:
    """A refusal is not tried again; an answer that is no JSON, or says no word, is the usual one."""
    shop.outbound.receivers.behaviours[URL] = behaviour
    shop.publish()
    ticket_id = shop.open()
    assert shop.stands(ticket_id) == first
    assert len(shop.outbound.receivers.at(URL)) == calls
    assert shop.tickets.ticket(ticket_id)["fields"] == {}


@pytest.mark.parametrize("behaviour", [hangs, REFUSES])
def test_who_does_not_answer_in_time_is_unreachable(shop: Shop, behaviour: Behaviour) -> None:
    """Tried again within the time that the flow waits, and not after it; the flow goes on by itself at its end."""
    shop.outbound.receivers.behaviours[URL] = behaviour
    shop.publish(wait_seconds=60)
    ticket_id = shop.open()
    shop.exchange(hours=1)
    assert shop.stands(ticket_id) == [("reserve", "unreachable"), ("order", "")]
    calls = [each.at for each in shop.outbound.receivers.at(URL)]
    assert len(calls) == 2
    assert max(calls) < T0 + timedelta(seconds=60)


def test_time_is_up_while_the_endpoint_is_switched_off(shop: Shop) -> None:
    """What is held is not sent once nobody waits for it."""
    shop.publish(wait_seconds=60)
    path = f"/webhooks/endpoints/{shop.endpoint['id']}"
    assert shop.outbound.call("POST", f"{path}/disable").status == 200
    ticket_id = shop.open()
    (sleeper,) = [name for name in shop.tickets.machines.escalations if "vis_" in name]
    shop.tickets.sleep_until_done(sleeper, T0 + timedelta(hours=1))
    assert shop.stands(ticket_id)[0] == ("reserve", "unreachable")
    shop.tickets.clock.advance(minutes=1)
    assert shop.outbound.call("POST", f"{path}/enable", {"send_held": True}).status == 200
    shop.exchange(hours=1)
    assert shop.outbound.receivers.at(URL) == []


def test_an_endpoint_that_there_is_not_is_a_refusal(shop: Shop) -> None:
    """The flow goes its way for that at once."""
    shop.publish(endpoint=f"ep_{'0' * 26}")
    ticket_id = shop.open()
    assert shop.stands(ticket_id) == [("reserve", "refused"), ("order", "")]


def test_a_cancelled_ticket_takes_it_back(shop: Shop) -> None:
    """The system is called to release what it reserved, once; nobody waits for that."""
    names: list[str] = []

    def takes(_headers: Mapping[str, str], body: bytes) -> Fetched:
        names.append(json.loads(body)["data"]["name"])
        return Fetched(200, {}, b"{}")

    shop.outbound.receivers.behaviours[URL] = takes
    shop.publish()
    ticket_id = shop.open()
    assert shop.tickets.call("POST", f"/tickets/{ticket_id}/cancel", {}).status == 200
    shop.exchange()
    assert names == ["reserve_stock", "release_stock"]
    assert shop.tickets.ticket(ticket_id)["state"] == "cancelled"


def test_trying_it_calls_nobody(shop: Shop) -> None:
    """It would wait for an answer; nothing is written, nothing sent."""
    shop.publish()
    ticket_id = shop.open()
    before = len(shop.outbound.receivers.received)
    body = {"action": "call_endpoint", "params": {"endpoint": shop.endpoint["id"], "name": "ship"}}
    tried = shop.tickets.call("POST", f"/tickets/{ticket_id}/try", body).json
    shop.exchange()
    assert (tried["outcome"], tried["changes"]) == ("waits", {})
    assert len(shop.outbound.receivers.received) == before


def test_another_endpoint_never_hears_of_a_call(shop: Shop) -> None:
    """Even one that wants every event."""
    shop.outbound.receivers.behaviours["https://all.example/hub"] = answers(200)
    shop.outbound.register("https://all.example/hub", events=["*"])
    shop.publish()
    shop.open()
    kinds = {json.loads(each.body)["type"] for each in shop.outbound.receivers.at("https://all.example/hub")}
    assert "visit.entered" in kinds
    assert "endpoint.called" not in kinds
    assert app.room.desk.endpoints.find(shop.endpoint["id"])


BLOCKS = {
    "reserve_stock": ("short", "stock_short", "release_stock"),
    "ship": ("", "ship_by_hand", "cancel_shipment"),
    "book_slot": ("full", "other_slot", "cancel_slot"),
}
"""Of each block that ships: what its system may say beside yes and no, who then acts, and what takes it back."""


def put_in(shop: Shop, block: str, **more: Any) -> Any:
    """The block, before a node where somebody fits what was asked for."""
    nodes: list[dict[str, Any]] = [
        {"id": "ask", "kind": "human", "assignee": "supervisor", "outcomes": {"asked": "fit"}},
        {"id": "fit", "kind": "human", "assignee": "supervisor", "outcomes": {"done": "closed"}},
        {"id": "closed", "kind": "end", "outcome": "done"},
    ]
    document = {"key": "consult", "title": T, "ladder": "basic", "start": "ask"}
    body = {"document": {**document, "nodes": [{**node, "title": T} for node in nodes]}}
    assert shop.tickets.call("POST", "/flows/consult/publish", body).status == 200
    return shop.tickets.call("POST", "/flows/consult/insert", {"after": "ask", "node": block, **more})


def asked(shop: Shop) -> str:
    """A ticket at whose first node somebody has asked; the hub and the system have spoken."""
    ticket_id = shop.open()
    path = f"/tickets/{ticket_id}/nodes/ask/complete"
    assert shop.tickets.call("POST", path, {"outcome": "asked"}).status == 200
    shop.exchange()
    return ticket_id


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_that_a_system_does_is_put_in_in_one_request(shop: Shop, block: str) -> None:
    """With its endpoint given, lint finds nothing; what the system does leads on past the people who stand beside it,
    and is taken back where the ticket is cancelled."""
    shop.outbound.receivers.behaviours[URL] = answers(200, b"{}")
    inserted = put_in(shop, block, parameters={"endpoint": shop.endpoint["id"]})
    assert (inserted.status, inserted.json["version"], inserted.json["findings"]) == (200, 2, [])
    assert inserted.json["order"] == ["ask", block, "fit", "closed"]
    ticket_id = asked(shop)
    assert shop.stands(ticket_id)[1:] == [(block, "done"), ("fit", "")]
    assert shop.tickets.call("POST", f"/tickets/{ticket_id}/cancel", {}).status == 200
    shop.exchange()
    names = [each.json["data"]["name"] for each in shop.outbound.receivers.at(URL)]
    assert names == [block, BLOCKS[block][2]]


@pytest.mark.parametrize("block", BLOCKS)
def test_what_the_system_cannot_do_a_person_does(shop: Shop, block: str) -> None:
    """Refused, or answered in the block's own word for it: somebody is asked, and it goes on behind them."""
    word, by_hand, _ = BLOCKS[block]
    shop.outbound.receivers.behaviours[URL] = says({"outcome": word}) if word else answers(422, b"{}")
    put_in(shop, block, parameters={"endpoint": shop.endpoint["id"]})
    ticket_id = asked(shop)
    assert shop.stands(ticket_id)[1:] == [(block, word or "refused"), (by_hand, "")]
    (outcome,) = shop.tickets.ticket(ticket_id)["visits"][-1]["outcomes"]
    path = f"/tickets/{ticket_id}/nodes/{by_hand}/complete"
    assert shop.tickets.call("POST", path, {"outcome": outcome}).status == 200
    assert shop.stands(ticket_id)[-1] == ("fit", "")


def test_what_a_block_asks_for_has_to_be_given(shop: Shop) -> None:
    """Each by its place; what it does not ask for is refused as well, and what an action has no use for."""
    for given, pointers in (
        ({}, ["/parameters/endpoint"]),
        ({"endpoint": "ep_1"}, ["/document/nodes/1/params/endpoint", "/document/nodes/1/undo/params/endpoint"]),
        ({"endpoint": shop.endpoint["id"], "shop": "s1"}, ["/parameters/shop"]),
    ):
        refused = put_in(shop, "ship", parameters=given)
        assert (refused.status, [error["pointer"] for error in refused.json["errors"]]) == (422, pointers)
    refused = put_in(shop, "assign", parameters={"endpoint": shop.endpoint["id"]})
    pointers = ["/document/nodes/1/params/endpoint"]
    assert (refused.status, [error["pointer"] for error in refused.json["errors"]]) == (422, pointers)


def test_a_block_that_asks_for_less_than_it_uses_is_refused_at_the_draft(shop: Shop) -> None:
    """By the place where it stands."""
    block = shop.tickets.call("GET", "/tickets/blocks/ship").json["document"]
    block["parameters"] = {}
    refused = shop.tickets.call("POST", "/tickets/blocks/ship/lint", {"document": block}).json
    assert not refused["usable"]
    assert "/nodes/0/params/endpoint" in [finding["pointer"] for finding in refused["findings"]]
