"""C087: at the node `finance` whoever is of finance gets the order's number and neither phone nor name, on the ticket,
in its list, and on the card that calls them there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from functions.directory.directory_table import DirectoryTable
from functions.directory.tables import MODELS
from hub.edge.access.policy import packaged_document
from hub.store.model import bind
from hub.store.table import Table
from tests.support.aws import REGION, TENANT
from tests.support.forms import field, form
from tests.support.notices import NOON, NoticeHub, beside, exchange
from tests.support.tickets import World, as_, world

PHONE, NAME, ORDER = "13800138000", "张三丰", "TB-20261121-7"
T = {"zh": "节点", "en": "Node"}
SHEET = form(field("contact_name", "text", field_class="identity"), field("phone", "cn_mobile"))
NODES: list[dict[str, Any]] = [
    {"id": "check", "kind": "human", "assignee": "supervisor", "outcomes": {"done": "call"}},
    {"id": "call", "kind": "action", "action": "notify", "params": {"notice": "to_pay", "to": ["role:finance"]},
     "next": "finance"},
    {"id": "finance", "kind": "human", "assignee": "role:finance", "outcomes": {"paid": "thank"}},
    {"id": "thank", "kind": "human", "assignee": "supervisor", "outcomes": {"done": "closed"}},
    {"id": "closed", "kind": "end", "outcome": "done"},
]  # fmt: skip
FINANCE = as_("finance", sub="fang")
ELEVEN_DIGITS = re.compile(r"(?<![0-9A-Za-z])\d{11}(?![0-9A-Za-z])")
Hubs = tuple[World, NoticeHub]


@pytest.fixture
def hubs() -> Iterator[Hubs]:
    """Fang keeps the books, Chen checks; of WeCom there is the platform itself."""
    with world(publish=()) as tickets, beside(tickets, "wecom") as notices:
        tickets.clock.now = NOON
        for person, role in (("fang", "finance"), ("chen", "supervisor")):
            tickets.hire(person, role=role, region="base", wecom_userid=person)
            notices.hire(person, role, wecom_userid=person)
        flow = {"key": "claim", "title": T, "ladder": "basic", "start": "check"}
        kind = {"title": T, "urgent_title": T, "flow": "claim", "ladder": "basic", "form": "claim"}
        for path, document in (
            ("/forms/claim", SHEET),
            ("/flows/claim", {**flow, "nodes": [{**node, "title": T} for node in NODES]}),
            ("/tickets/types/claim", kind),
        ):
            answer = tickets.call("POST", f"{path}/publish", {"document": document})
            assert answer.status == 200, answer.text
        yield tickets, notices


def opened(hubs: Hubs) -> str:
    """A claim of somebody who says who they are, in words and in its form."""
    body = {
        "type": "claim", "customer_id": "cus_1", "region": "310101", "order_no": ORDER, "amount": "250.00",
        "subject": f"{NAME} 要退款，电话 {PHONE}", "fields": {"contact_name": NAME, "phone": PHONE},
    }  # fmt: skip
    answer = hubs[0].call("POST", "/tickets", body)
    assert answer.status == 201, answer.text
    exchange(*hubs)
    return str(answer.json["id"])


def step(hubs: Hubs, ticket_id: str, node: str, outcome: str) -> None:
    path = f"/tickets/{ticket_id}/nodes/{node}/complete"
    assert hubs[0].call("POST", path, {"outcome": outcome}).status == 200
    exchange(*hubs)


def seen(hub: World, ticket_id: str, as_: str = FINANCE) -> str:
    """The ticket, its trail and its row in the list, as somebody reads them."""
    paths = (f"/tickets/{ticket_id}", f"/tickets/{ticket_id}/timeline", "/tickets")
    answers = [hub.call("GET", path, as_=as_) for path in paths]
    assert {answer.status for answer in answers} == {200}
    return "\n".join(answer.text for answer in answers)


def let_finance_call_customers(hub: World) -> None:
    """The tenant's own policy: finance sees persons like an agent does, but at the node where it pays."""
    policy = packaged_document().model_dump(mode="json")
    (rule,) = [rule for rule in policy["rules"] if rule["role"] == "finance"]
    policy["rules"].append({**rule, "node": "finance"})
    rule |= {"sees": [*rule["sees"], "contact", "identity", "words"], "masks": []}
    name = f"hub-{TENANT}-directory"
    bind(name, *MODELS)
    directory = DirectoryTable(TENANT, Table(name, boto3.client("dynamodb", region_name=REGION)))
    directory.keep_field_policy(1, json.dumps(policy))
    hub.clock.advance(seconds=10)


def test_the_order_and_neither_phone_nor_name(hubs: Hubs) -> None:
    """As the hub ships; whoever checks sees both."""
    ticket_id = opened(hubs)
    step(hubs, ticket_id, "check", "done")
    shown = hubs[0].call("GET", f"/tickets/{ticket_id}", as_=FINANCE).json
    assert (shown["stands"], shown["order_no"], shown["amount"]) == (["finance"], ORDER, "250.00")
    assert not {"phone", "contact_name"} & shown["texts"].keys()
    told = seen(hubs[0], ticket_id)
    assert NAME not in told
    assert ELEVEN_DIGITS.findall(told) == []
    checker = seen(hubs[0], ticket_id, as_("supervisor", sub="chen"))
    assert (NAME in checker, ELEVEN_DIGITS.findall(checker)[:1]) == (True, [PHONE])


def test_it_holds_at_that_step_alone(hubs: Hubs) -> None:
    """Where the tenant lets finance see persons, it does before the node and behind it, and not while it is there."""
    let_finance_call_customers(hubs[0])
    ticket_id, known = opened(hubs), []
    for node, outcome in (("check", "done"), ("finance", "paid"), ("thank", "done")):
        told = seen(hubs[0], ticket_id)
        known.append((node, PHONE in told, NAME in told, ORDER in told))
        step(hubs, ticket_id, node, outcome)
    assert known == [("check", True, True, True), ("finance", False, False, True), ("thank", True, True, True)]


def test_the_card_that_calls_finance_holds_no_number_of_eleven_digits(hubs: Hubs) -> None:
    """Nor a name: what WeCom got for fang, whole. Words of the tenant's own may say the order and cannot name the
    phone."""
    title, text = {"zh": "待打款", "en": "To pay"}, {"zh": "订单 {order_no}", "en": "Order {order_no}"}
    rule = {
        "title": title, "event": "ticket.opened",
        "audience": {"who": "people", "people": ["fang"]}, "words": {"title": title, "text": text},
    }  # fmt: skip
    hubs[1].publish("rules/to_pay", rule)
    wrong = {**rule, "words": {"title": title, "text": {"zh": "致电 {phone}", "en": "Call {phone}"}}}
    assert hubs[1].call("POST", "/notifications/rules/wrong/publish", {"document": wrong}).status == 422
    ticket_id = opened(hubs)
    step(hubs, ticket_id, "check", "done")
    bodies = [json.loads(body) for body in hubs[1].double("wecom").delivered]
    cards = [body for body in bodies if body["touser"] == "fang"]
    assert sorted(card["msgtype"] for card in cards) == ["markdown", "template_card"]
    sent = json.dumps(cards, ensure_ascii=False)
    assert (ORDER in sent, ticket_id in sent, NAME in sent) == (True, True, False)
    assert ELEVEN_DIGITS.findall(sent) == []
