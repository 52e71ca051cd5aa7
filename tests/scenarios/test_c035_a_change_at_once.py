"""C035: five tickets on v1, then v2 with a new node: the next ticket has v2 at once, the five keep v1, revert brings v1
back, and the preview says of each of the five what moving it would change."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.tickets import World, world

BODY = {"type": "repair", "customer_id": "cus_1", "region": "310101"}
STOCK = {
    "id": "gift_stock",
    "kind": "action",
    "action": "emit_event",
    "params": {"name": "gift_stock"},
    "title": {"zh": "赠品库存查询", "en": "Check the stock of gifts"},
}


@pytest.fixture
def hub() -> Iterator[World]:
    with world(publish=("repair",)) as made:
        made.hire("li")
        made.hire("chen", role="supervisor", region="base")
        yield made


def opened(hub: World) -> str:
    hub.clock.advance(milliseconds=100)
    return str(hub.call("POST", "/tickets", BODY).json["id"])


def test_the_next_ticket_has_it_and_the_five_keep_theirs(hub: World) -> None:
    """Within a tenth of a second of business time; and back again."""
    five = [opened(hub) for _ in range(5)]
    inserted = hub.call("POST", "/flows/repair/insert", {"after": "accept", "edge": "accepted", "node": STOCK})
    assert inserted.json["version"] == 2
    sixth = opened(hub)
    assert hub.ticket(sixth)["flow"] == {"key": "repair", "version": 2}
    assert [hub.ticket(each)["flow"]["version"] for each in five] == [1] * 5

    for ticket_id in (five[0], sixth):
        hub.call("POST", f"/tickets/{ticket_id}/nodes/accept/complete", {"outcome": "accepted"})
    walks = [[visit["node"] for visit in hub.ticket(each)["visits"]] for each in (five[0], sixth)]
    assert walks == [["dispatch", "accept", "service"], ["dispatch", "accept", "gift_stock", "service"]]

    assert hub.call("POST", "/flows/repair/revert", {"version": 1}).status == 200
    assert hub.ticket(opened(hub))["flow"]["version"] == 1


def test_the_preview_lists_each_ticket(hub: World) -> None:
    """Nothing is moved by it; then all five are, at their nodes, and walk the new version to its end."""
    five = [opened(hub) for _ in range(5)]
    hub.call("POST", "/flows/repair/insert", {"after": "accept", "edge": "accepted", "node": STOCK})
    plans = hub.call("POST", "/flows/repair/migrate?dry_run=1", {}).json["data"]
    assert sorted(plan["ticket_id"] for plan in plans) == sorted(five)
    for plan in plans:
        assert (plan["state"], plan["from_version"], plan["to_version"], plan["node"]) == ("planned", 1, 2, "accept")
        assert [rung["rung"] for rung in plan["rungs_before"]] == ["agent", "supervisor", "team"]
        assert plan["rungs_before"] == plan["rungs_after"]
        assert all(rung["due_at"] and not rung["fired"] for rung in plan["rungs_after"])
    assert {hub.ticket(each)["flow"]["version"] for each in five} == {1}

    assert {plan["state"] for plan in hub.call("POST", "/flows/repair/migrate", {}).json["data"]} == {"migrated"}
    for ticket_id in five:
        assert hub.call("POST", f"/tickets/{ticket_id}/nodes/accept/complete", {"outcome": "accepted"}).status == 200
        done = {"outcome": "done", "fields": {"labour_amount": "0.00"}}
        hub.call("POST", f"/tickets/{ticket_id}/nodes/service/complete", done)
        ticket = hub.ticket(ticket_id)
        assert (ticket["state"], ticket["flow"]["version"]) == ("closed", 2)
        assert [visit["node"] for visit in ticket["visits"]] == [
            "dispatch",
            "accept",
            "gift_stock",
            "service",
            "closed",
        ]
    assert len(hub.told("ticket.closed")) == 5
    assert [flow.ended for flow in hub.machines.flows.values()] == ["SUCCEEDED"] * 10
