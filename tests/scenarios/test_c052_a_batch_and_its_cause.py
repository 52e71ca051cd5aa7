"""C052: forty tickets of batch B7 hang on the recall: when that is closed each gets its resolution and its ladder
stops; and what depends on another ticket does not begin before it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.support.tickets import T0, World, world

BODY = {"type": "consult", "customer_id": "cus_1", "region": "310101"}
DONE = {"outcome": "done", "fields": {"labour_amount": "0.00"}}


@pytest.fixture
def hub() -> Iterator[World]:
    with world(publish=("repair",)) as made:
        made.hire("li")
        made.hire("chen", role="supervisor", region="base")
        yield made


def opened(hub: World, kind: str) -> str:
    return str(hub.call("POST", "/tickets", {**BODY, "type": kind}).json["id"])


def close(hub: World, ticket_id: str, outcome: str) -> None:
    assert hub.call("POST", f"/tickets/{ticket_id}/close", {"outcome": outcome}).status == 200


def test_forty_tickets_get_the_resolution(hub: World) -> None:
    """Thirty-nine follow no flow, one waits at a node of its own: all forty are closed with the recall's outcome, each
    says so once, and no rung of any of them fires later."""
    recall = opened(hub, "complaint")
    batch = [*(opened(hub, "consult") for _ in range(39)), opened(hub, "repair")]
    linked = hub.call("POST", f"/tickets/{recall}/links", {"tickets": batch})
    assert (linked.status, len(linked.json["data"])) == (200, 40)
    assert len(hub.call("GET", f"/tickets/{recall}/children").json["data"]) == 40
    hub.clock.advance(minutes=30)
    close(hub, recall, "batch_recalled")

    children = hub.call("GET", f"/tickets/{recall}/children").json["data"]
    assert {(child["state"], child["outcome"]) for child in children} == {("closed", "batch_recalled")}
    assert {child["closed_at"] for child in children} == {"2026-11-20T18:30:00Z"}
    assert sorted(e.ticket_id for e in hub.told("ticket.closed")) == sorted([recall, *batch])
    assert hub.machines.flows[f"{batch[-1]}-1"].ended == "SUCCEEDED"
    for name in list(hub.machines.wakes_at):
        hub.sleep_until_done(name, T0 + timedelta(days=3))
    assert hub.told("rung.fired") == []


def test_what_depends_does_not_begin_before(hub: World) -> None:
    """Opened, it waits: no flow, no node, no clock; once the other is over it begins, with its whole time."""
    cause = opened(hub, "complaint")
    child = hub.call("POST", f"/tickets/{cause}/children", {"type": "repair", "depends": True}).json["id"]
    assert (hub.ticket(child)["visits"], hub.ticket(child)["paused"]) == ([], True)
    assert f"{child}-1" not in hub.machines.flows
    hub.clock.advance(hours=5)
    assert [name for name in hub.machines.escalations if name.startswith(child)] == []
    close(hub, cause, "found")

    assert [visit["node"] for visit in hub.ticket(child)["visits"]] == ["dispatch", "accept"]
    why = hub.call("GET", f"/tickets/{child}/explain").json
    assert why["clock"]["next_due_at"] == "2026-11-21T01:00:00Z"
    for node, body in (("accept", {"outcome": "accepted"}), ("service", DONE)):
        hub.call("POST", f"/tickets/{child}/nodes/{node}/complete", body)
    assert hub.ticket(child)["state"] == "closed"


def test_what_can_not_hang_on_a_ticket(hub: World) -> None:
    """Itself, one that has a parent, and a circle are refused."""
    first, second, third = (opened(hub, "consult") for _ in range(3))
    assert hub.call("POST", f"/tickets/{first}/links", {"tickets": [first]}).status == 409
    assert hub.call("POST", f"/tickets/{first}/links", {"tickets": [second]}).status == 200
    assert hub.call("POST", f"/tickets/{first}/links", {"tickets": [second]}).status == 200
    assert hub.call("POST", f"/tickets/{third}/links", {"tickets": [second]}).status == 409
    assert hub.call("POST", f"/tickets/{second}/links", {"tickets": [first]}).status == 409
