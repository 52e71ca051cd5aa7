"""C056: a department has its own limit at its node, beside the customer's: whose time it was can be said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.support.tickets import T0, World, as_, world

T = {"zh": "联合处理", "en": "Joint work"}
HOUR = 3600
FLOW = {
    "key": "joint",
    "title": T,
    "start": "tech",
    "nodes": [
        {"id": "tech", "title": T, "kind": "human", "assignee": "queue:tech", "outcomes": {"done": "visit"}},
        {"id": "visit", "title": T, "kind": "human", "assignee": "person:li", "outcomes": {"done": "closed"}},
        {"id": "closed", "title": T, "kind": "end", "outcome": "done"},
    ],
}
POLICY = {
    "title": T,
    "clocks": [
        {"id": "customer", "title": T, "measures": "resolution", "seconds": 48 * HOUR},
        {"id": "tech", "title": T, "measures": "node", "nodes": ["tech"], "seconds": 4 * HOUR, "team": "tech",
         "ladder": "node"},
    ],
}  # fmt: skip
TYPE = {"title": T, "urgent_title": T, "flow": "joint", "ladder": "basic", "policy": "joint"}
BODY = {"type": "joint", "customer_id": "cus_1", "region": "310000"}


@pytest.fixture
def hub() -> Iterator[World]:
    """48 h for the customer, 4 h for whoever of the department `tech` takes it; Chen supervises."""
    with world(publish=()) as made:
        made.hire("li", region="base", supervisor="chen")
        made.hire("xu", region="base", teams=("tech",), supervisor="chen")
        made.hire("chen", role="supervisor", region="base")
        for path, document in (("policies/joint", POLICY), ("types/joint", TYPE)):
            assert made.call("POST", f"/tickets/{path}/publish", {"document": document}).status == 200
        assert made.call("POST", "/flows/joint/publish", {"document": FLOW}).status == 200
        yield made


def clocks(hub: World) -> dict[str, Any]:
    return {clock["name"]: clock for clock in hub.ticket()["clocks"]}


def test_the_node_lasts_five_hours(hub: World) -> None:
    """At 4 h the department's limit is breached and Chen is told; at 5 h the node is done: missed, and 43 h are left of
    the customer's."""
    ticket = hub.call("POST", "/tickets", BODY).json
    assert {name: (c["state"], c["remaining_seconds"], c["team"]) for name, c in clocks(hub).items()} == {
        "customer": ("running", 48 * HOUR, ""),
        "tech": ("running", 4 * HOUR, "tech"),
    }
    hub.let_pass(T0 + timedelta(hours=5))
    assert [(e.clock, e.measures, e.team, e.due_at) for e in hub.told("sla.breached")] == [
        ("tech.1", "node", "tech", T0 + timedelta(hours=4))
    ]
    assert [(e.rung, e.due_at - T0, e.recipients) for e in hub.told("rung.fired")] == [
        ("reminder", timedelta(hours=3, minutes=30), ("xu",)),
        ("supervisor", timedelta(hours=4), ("chen",)),
    ]
    path = f"/tickets/{ticket['id']}/nodes/tech/complete"
    assert hub.call("POST", path, {"outcome": "done"}, as_=as_("engineer", sub="xu", region="base")).status == 200
    seen = clocks(hub)
    assert (seen["tech"]["state"], seen["tech"]["remaining_seconds"]) == ("missed", -HOUR)
    assert (seen["customer"]["state"], seen["customer"]["remaining_seconds"]) == ("running", 43 * HOUR)
    assert seen["customer"]["due_at"] == "2026-11-22T18:00:00Z"


def test_within_its_four_hours(hub: World) -> None:
    """Done after 3 h: kept, nobody is told of a breach, and the customer's clock has 45 h left."""
    ticket = hub.call("POST", "/tickets", BODY).json
    hub.clock.advance(hours=3)
    hub.call("POST", f"/tickets/{ticket['id']}/nodes/tech/complete", {"outcome": "done"})
    seen = clocks(hub)
    assert (seen["tech"]["state"], seen["tech"]["remaining_seconds"]) == ("kept", HOUR)
    assert seen["customer"]["remaining_seconds"] == 45 * HOUR
    hub.let_pass(T0 + timedelta(hours=40))
    assert hub.told("sla.breached") == []
