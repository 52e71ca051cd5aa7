"""C064: a completed test drive schedules a maintenance reminder; of a maintenance ticket at node 3 of 5 whose policy
expires in 30 days the renewal offer is sent before it is closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.notices import NoticeHub, beside, exchange
from tests.support.tickets import World, world

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
T = {"zh": "节点", "en": "Node"}
MONTHS_6 = 180 * 86_400
Hubs = tuple[World, NoticeHub]
END = {"id": "closed", "kind": "end", "outcome": "done"}


def human(node: str, onward: str) -> dict[str, Any]:
    return {"id": node, "kind": "human", "assignee": "supervisor", "outcomes": {"done": onward}}


def say(node: str, name: str, onward: str) -> dict[str, Any]:
    return {"id": node, "kind": "action", "action": "emit_event", "params": {"name": name}, "next": onward}


TEST_DRIVE = [
    human("drive", "plan"),
    {"id": "plan", "kind": "action", "action": "open_ticket", "params": {"type": "reminder"}, "next": "closed"},
    END,
]
REMINDER = [
    {
        "id": "later",
        "kind": "wait_for",
        "event": "booked",
        "seconds": MONTHS_6,
        "next": "closed",
        "otherwise": "remind",
    },
    say("remind", "maintenance_due", "closed"),
    END,
]
"""Whoever has booked by then is not reminded."""
MAINTENANCE = [
    human("receive", "inspect"),
    human("inspect", "which"),
    {"id": "which", "kind": "decision", "otherwise": "repair",
     "edges": [{"id": "soon", "when": {"days_until_policy_expires": {"gte": 0, "lte": 30}}, "next": "offer"}]},
    say("offer", "renewal_offer", "repair"),
    human("repair", "wash"),
    human("wash", "return"),
    human("return", "closed"),
    END,
]  # fmt: skip


def put(hub: World, key: str, nodes: list[dict[str, Any]], *fields: dict[str, Any]) -> None:
    """A flow and the ticket type that takes it."""
    flow = {"key": key, "title": T, "ladder": "basic", "start": nodes[0]["id"]}
    flow["nodes"] = [{**node, "title": T} for node in nodes]
    kind = {"title": T, "urgent_title": T, "flow": key, "ladder": "basic", "fields": list(fields)}
    assert hub.call("POST", f"/flows/{key}/publish", {"document": flow}).status == 200
    assert hub.call("POST", f"/tickets/types/{key}/publish", {"document": kind}).status == 200


@pytest.fixture
def hubs() -> Iterator[Hubs]:
    with world(publish=()) as tickets, beside(tickets, "sms_aliyun") as notices:
        tickets.clock.now = NOON
        tickets.hire("chen", role="supervisor", region="base")
        notices.hire("chen", "supervisor")
        notices.meet("cus_1", phone="+8613800138000")
        put(tickets, "reminder", REMINDER)
        put(tickets, "test_drive", TEST_DRIVE)
        put(tickets, "maintenance", MAINTENANCE, {"id": "policy_expires", "title": T, "type": "date"})
        for name in ("maintenance_due", "renewal_offer"):
            words = {"zh": name, "en": name}
            rule = {"title": T, "event": "flow.told", "when": {"name": {"eq": name}}, "audience": {"who": "customer"}}
            sms = {"template": f"SMS_{name}", "params": {}}
            more = {"words": {"title": words, "text": words}, "sms": sms}
            notices.publish(f"rules/{name}", {**rule, **more})
        yield tickets, notices


def opened(hubs: Hubs, kind: str, **fields: str) -> str:
    body = {"type": kind, "customer_id": "cus_1", "region": "310000", "fields": fields}
    answer = hubs[0].call("POST", "/tickets", body)
    assert answer.status == 201, answer.text
    return str(answer.json["id"])


def done(hubs: Hubs, ticket_id: str, node: str) -> None:
    path = f"/tickets/{ticket_id}/nodes/{node}/complete"
    assert hubs[0].call("POST", path, {"outcome": "done"}).status == 200
    exchange(*hubs)


def templates(hubs: Hubs) -> list[str]:
    """Which messages the customer has had."""
    return [sms["TemplateCode"] for sms in hubs[1].double("sms_aliyun").sent if sms["PhoneNumbers"].endswith("8000")]


def test_a_test_drive_schedules_a_reminder(hubs: Hubs) -> None:
    """Once it is completed, and not before; the customer hears of it half a year later, at that very second."""
    tickets, _ = hubs
    drive = opened(hubs, "test_drive")
    assert [ticket["type"] for ticket in tickets.tickets()] == ["test_drive"]
    done(hubs, drive, "drive")
    (reminder,) = [ticket for ticket in tickets.tickets() if ticket["type"] == "reminder"]
    due = NOON + timedelta(seconds=MONTHS_6)
    assert (reminder["parent_id"], reminder["customer_id"]) == (drive, "cus_1")
    assert reminder["visits"][0]["until"] == f"{due:%Y-%m-%dT%H:%M:%SZ}"
    assert tickets.ticket(drive)["state"] == "closed"
    assert templates(hubs) == []
    (sleeper,) = [name for name in tickets.machines.escalations if "vis_" in name]
    tickets.sleep_until_done(sleeper, due)
    exchange(*hubs)
    assert (tickets.clock.now, templates(hubs)) == (due, ["SMS_maintenance_due"])
    assert tickets.ticket(reminder["id"])["state"] == "closed"


@pytest.mark.parametrize(("days", "offers"), [(30, ["SMS_renewal_offer"]), (31, []), (-1, [])])
def test_the_renewal_is_offered_while_the_car_is_here(hubs: Hubs, days: int, offers: list[str]) -> None:
    """On the way to the third of five nodes, the ticket still open; nothing for a policy that lasts, or is over."""
    tickets, _ = hubs
    expires = (NOON + timedelta(days=days)).date()
    ticket_id = opened(hubs, "maintenance", policy_expires=expires.isoformat())
    for node in ("receive", "inspect"):
        assert templates(hubs) == []
        done(hubs, ticket_id, node)
    waiting = [visit["node"] for visit in tickets.ticket(ticket_id)["visits"] if not visit["outcome"]]
    assert (waiting, templates(hubs), tickets.ticket(ticket_id)["state"]) == (["repair"], offers, "open")
    for node in ("repair", "wash", "return"):
        done(hubs, ticket_id, node)
    assert (tickets.ticket(ticket_id)["state"], templates(hubs)) == ("closed", offers)
