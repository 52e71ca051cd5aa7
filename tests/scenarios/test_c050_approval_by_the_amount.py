"""C050: refunds of 300, 3,000 and 30,000 need 0, 1 and 2 approvals; a food-safety ticket notifies QC, store and HQ in
parallel, at once; what nobody approves in time takes its way by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.support.tickets import T0, World, as_, world

BODY = {"type": "refund", "customer_id": "cus_1", "region": "310101"}
T = {"zh": "节点", "en": "Node"}


@pytest.fixture
def hub() -> Iterator[World]:
    with world(publish=()) as made:
        made.hire("chen", role="supervisor", region="base", teams=("hq",))
        made.hire("fang", role="finance", region="base", teams=())
        made.hire("qin", role="agent", region="base", teams=("qc",))
        made.hire("wang", role="store_manager", region="310101", store_id="s1", teams=())
        assert made.call("POST", "/flows/refund_approval/publish", {}).status == 200
        yield made


def approve(hub: World, ticket_id: str, person: str, role: str) -> int:
    path = f"/tickets/{ticket_id}/nodes/approve/complete"
    return hub.call("POST", path, {"outcome": "approved"}, as_=as_(role, sub=person, region="base")).status


@pytest.mark.parametrize(("amount", "needed"), [("300.00", 0), ("3000.00", 1), ("30000.00", 2)])
def test_so_many_approvals_are_needed(hub: World, amount: str, needed: int) -> None:
    """Below 500 by itself, below 5,000 the supervisor, else finance as well: each hears of it, and the last one's word
    starts the refund and closes the ticket."""
    ticket_id = hub.call("POST", "/tickets", {**BODY, "amount": amount}).json["id"]
    signers = [("chen", "supervisor"), ("fang", "finance")][:needed]
    assert sorted(e.assignee for e in hub.told("ticket.assigned")) == [person for person, _ in signers]
    for person, role in signers:
        assert hub.ticket(ticket_id)["state"] == "open"
        assert approve(hub, ticket_id, person, role) == 200
    ticket = hub.ticket(ticket_id)
    assert (ticket["state"], ticket["outcome"]) == ("closed", "done")
    assert len(ticket["visits"][0]["signatures"]) == needed
    assert [event.name for event in hub.told("flow.told")] == ["refund_due"]


@pytest.mark.parametrize(("amount", "needed"), [("499.99", 0), ("500.00", 1), ("4999.99", 1), ("5000.00", 2)])
def test_the_amount_at_the_border(hub: World, amount: str, needed: int) -> None:
    """A limit does not include its own amount."""
    ticket_id = hub.call("POST", "/tickets", {**BODY, "amount": amount}).json["id"]
    assert len(hub.ticket(ticket_id)["visits"][0]["awaits"]) == needed


def test_nobody_approves_in_time(hub: World) -> None:
    """Two days later it is rejected, by nobody; a second before it still waits."""
    ticket_id = hub.call("POST", "/tickets", {**BODY, "amount": "3000.00"}).json["id"]
    (sleeper,) = [name for name in hub.machines.escalations if "vis_" in name]
    assert hub.machines.wakes_at[sleeper] == T0 + timedelta(days=2)
    hub.sleep_until_done(sleeper, T0 + timedelta(days=3))
    ticket = hub.ticket(ticket_id)
    assert (ticket["outcome"], ticket["visits"][0]["outcome"], ticket["visits"][0]["actor"]) == (
        "refused",
        "rejected",
        "system",
    )


def test_food_safety_is_known_to_all_at_once(hub: World) -> None:
    """Quality control, the store and headquarters hear of it in one notice, at the very moment."""
    to = ["team:qc", "role:store_manager@store", "team:hq"]
    tell: dict[str, Any] = {"id": "tell", "kind": "action", "action": "notify", "params": {"to": to, "notice": "food"}}
    nodes = [
        {**tell, "title": T, "next": "check"},
        {"id": "check", "kind": "human", "title": T, "assignee": "queue:qc", "outcomes": {"safe": "closed"}},
        {"id": "closed", "kind": "end", "title": T, "outcome": "done"},
    ]
    document = {"key": "consult", "title": T, "ladder": "basic", "start": "tell", "nodes": nodes}
    assert hub.call("POST", "/flows/consult/publish", {"document": document}).status == 200
    body = {**BODY, "type": "consult", "priority": "urgent", "store_id": "s1"}
    ticket_id = hub.call("POST", "/tickets", body).json["id"]
    (noticed,) = hub.told("ticket.noticed")
    assert (noticed.recipients, noticed.at, noticed.notice) == (("qin", "wang", "chen"), T0, "food")
    path = f"/tickets/{ticket_id}/nodes/check/complete"
    assert hub.call("POST", path, {"outcome": "safe"}, as_=as_("agent", sub="zoe", region="base")).status == 403
    assert hub.call("POST", path, {"outcome": "safe"}, as_=as_("agent", sub="qin", region="base")).status == 200
