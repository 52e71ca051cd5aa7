"""C061: the car comes into the paint shop; its owner is told so once, their page says the same, nothing internal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from hub.contracts.tickets import ProgressView
from tests.support.http import Answer
from tests.support.notices import NOON, NoticeHub, beside, exchange
from tests.support.tickets import World, world

Hubs = tuple[World, NoticeHub]
SPRAY = "您的车辆已进入喷漆车间"
INTERNAL = "右前门有旧伤，别告诉客户"


def node(name: str, zh: str, following: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"id": name, "kind": "human", "title": {"zh": zh, "en": name}, "outcomes": following, **more}


AUTO = {
    "key": "repair",
    "title": {"zh": "汽车维修", "en": "Car repair"},
    "start": "inspect",
    "nodes": [
        node("inspect", "检查", {"found": "spray"}, milestone={"zh": "已检查", "en": "Inspected"}),
        node(
            "spray",
            "喷漆班组",
            {"done": "check"},
            arrival={"zh": SPRAY, "en": "Your car is in the paint shop"},
            milestone={"zh": "喷漆完成", "en": "Painted"},
        ),
        node("check", "质检", {"again": "spray", "good": "over"}),
        {"id": "over", "kind": "end", "title": {"zh": "交车", "en": "Handed over"}, "outcome": "done"},
    ],
}


@pytest.fixture
def hubs() -> Iterator[Hubs]:
    """A workshop whose flow has words for its customers, and a customer with a phone."""
    with world(publish=()) as tickets, beside(tickets, "sms_aliyun") as notices:
        tickets.clock.now = NOON
        tickets.hire("li")
        notices.meet("cus_1", phone="+8613800138000")
        assert tickets.call("POST", "/flows/repair/publish", {"document": AUTO}).status == 200
        yield tickets, notices


def complete(hubs: Hubs, ticket_id: str, name: str, outcome: str) -> None:
    tickets, notices = hubs
    done = tickets.call("POST", f"/tickets/{ticket_id}/nodes/{name}/complete", {"outcome": outcome})
    assert done.status == 200, done.text
    exchange(tickets, notices)


def pushed(notices: NoticeHub) -> list[str]:
    """What the customer's phone showed."""
    return [json.loads(sms["TemplateParam"])["title"] for sms in notices.double("sms_aliyun").sent]


def page(tickets: World, ticket: Any, accept: str) -> Answer:
    shown = tickets.call("GET", ticket["link"], as_="", headers={"accept": accept})
    assert shown.status == 200
    return shown


def test_told_once_and_shown(hubs: Hubs) -> None:
    """On entering the paint shop: one message, the page's JSON and its HTML in the same words; a second coat tells
    nobody again."""
    tickets, notices = hubs
    body = {"type": "repair", "customer_id": "cus_1", "region": "310101", "subject": INTERNAL}
    ticket = tickets.call("POST", "/tickets", body).json
    assert tickets.call("POST", f"/tickets/{ticket['id']}/comment", {"text": INTERNAL}).status == 200
    exchange(tickets, notices)
    assert pushed(notices) == []
    assert [m["news"] for m in page(tickets, ticket, "application/json").json["milestones"]] == [None] * 4

    complete(hubs, ticket["id"], "inspect", "found")
    assert pushed(notices) == [SPRAY]
    spray = page(tickets, ticket, "application/json").json["milestones"][2]
    assert (spray["news"]["zh"], spray["entered_at"], spray["at"]) == (SPRAY, "2026-11-21T04:00:00Z", None)
    assert SPRAY in page(tickets, ticket, "text/html").text

    tickets.clock.advance(hours=2)
    complete(hubs, ticket["id"], "spray", "done")
    complete(hubs, ticket["id"], "check", "again")
    notices.later(hours=24)
    assert pushed(notices) == [SPRAY]


def test_internal_words_never_appear(hubs: Hubs) -> None:
    """Neither what somebody wrote nor who they are: the page's schema has a place for nothing but titles and times."""
    tickets, _ = hubs
    body = {"type": "repair", "customer_id": "cus_1", "region": "310101", "subject": INTERNAL}
    ticket = tickets.call("POST", "/tickets", body).json
    assert tickets.call("POST", f"/tickets/{ticket['id']}/comment", {"text": INTERNAL}).status == 200
    complete(hubs, ticket["id"], "inspect", "found")
    for accept in ("application/json", "text/html"):
        text = page(tickets, ticket, accept).text
        assert not [word for word in (INTERNAL, "喷漆班组", "cus_1", "310101", ">li<", '"li"') if word in text]
    assert names(ProgressView.model_json_schema()) == {"title", "milestones", "at", "news", "entered_at", "zh", "en"}


def names(schema: dict[str, Any]) -> set[str]:
    """Every field that an answer of this schema can have."""
    parts = [schema, *schema.get("$defs", {}).values()]
    assert all(part.get("additionalProperties") is False for part in parts)
    return {name for part in parts for name in part.get("properties", {})}
