"""Every kind of node, walked by the compiled machine: decisions, waits, approvals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from functions.tickets import app
from tests.support.http import Context
from tests.support.tickets import T0, World, world

T = {"zh": "节点", "en": "Node"}
BODY = {"type": "consult", "customer_id": "cus_1", "region": "310101"}


def consult(*nodes: dict[str, Any]) -> dict[str, Any]:
    end = {"id": "closed", "kind": "end", "title": T, "outcome": "done"}
    listed = [{"title": T, **node} for node in nodes]
    return {"key": "consult", "title": T, "start": nodes[0]["id"], "nodes": [*listed, end]}


@pytest.fixture
def hub() -> Iterator[World]:
    with world(publish=()) as made:
        made.hire("li")
        made.hire("chen", role="supervisor", region="base")
        yield made


def publish(hub: World, *nodes: dict[str, Any]) -> None:
    assert hub.call("POST", "/flows/consult/publish", {"document": consult(*nodes)}).status == 200


def walked(hub: World) -> list[tuple[str, str]]:
    return [(visit["node"], visit["outcome"]) for visit in hub.ticket()["visits"]]


def test_decision_is_recorded(hub: World) -> None:
    """A decision's edge is chosen once, and asked again it is the same, whatever has changed since."""
    urgent = {"id": "hurry", "when": {"priority": {"eq": "urgent"}}, "next": "closed"}
    publish(
        hub,
        {"id": "which", "kind": "decision", "edges": [urgent], "otherwise": "answer"},
        {"id": "answer", "kind": "human", "outcomes": {"answered": "closed"}},
    )
    hub.call("POST", "/tickets", BODY | {"priority": "urgent"})
    assert walked(hub) == [("which", "hurry"), ("closed", "done")]

    hub.clock.advance(seconds=1)
    ticket = hub.call("POST", "/tickets", BODY).json
    assert walked(hub) == [("which", "otherwise"), ("answer", "")]
    asked = {"op": "decide", "ticket": ticket["id"], "run": 1, "node": "which", "previous": ""}
    assert app.steps(asked, Context())["edge"] == "otherwise"


def test_wait_is_until_a_moment(hub: World) -> None:
    """A wait lasts until its moment: asked again an hour later, an hour less is left."""
    publish(
        hub,
        {"id": "pause", "kind": "wait", "seconds": 7200, "next": "answer"},
        {"id": "answer", "kind": "human", "outcomes": {"answered": "closed"}},
    )
    ticket = hub.call("POST", "/tickets", BODY).json
    assert walked(hub) == [("pause", "elapsed"), ("answer", "")]
    assert hub.clock.now == T0 + timedelta(hours=2)

    hub.clock.now = T0 + timedelta(hours=1)
    asked = {"op": "wait", "ticket": ticket["id"], "run": 1, "node": "pause", "previous": ""}
    assert app.steps(asked, Context())["wait_seconds"] == 3600


def test_approval_by_the_supervisor(hub: World) -> None:
    """An approval waits for the region's supervisor and tells them; the ticket stays its assignee's."""
    publish(
        hub,
        {"id": "dispatch", "kind": "action", "action": "assign", "next": "accept"},
        {"id": "accept", "kind": "human", "outcomes": {"accepted": "approve"}},
        {"id": "approve", "kind": "approval", "assignee": "supervisor", "outcomes": {"approved": "closed"}},
    )
    ticket = hub.call("POST", "/tickets", BODY).json
    hub.call("POST", f"/tickets/{ticket['id']}/nodes/accept/complete", {"outcome": "accepted"})

    now = hub.ticket(ticket["id"])
    assert (now["assignee"], now["visits"][-1]["assignee"]) == ("li", "chen")
    assert [(e.assignee, e.visit_id) for e in hub.told("ticket.assigned")] == [
        ("li", now["visits"][1]["id"]),
        ("chen", now["visits"][2]["id"]),
    ]

    hub.call("POST", f"/tickets/{ticket['id']}/nodes/approve/complete", {"outcome": "approved"})
    assert hub.ticket(ticket["id"])["state"] == "closed"


def test_an_action_takes_the_way_of_its_outcome(hub: World) -> None:
    """Somebody of the role gets it and the usual way is taken; with nobody there, the outcome's own way is."""
    publish(
        hub,
        {
            "id": "dispatch",
            "kind": "action",
            "action": "assign",
            "params": {"role": "agent"},
            "outcomes": {"unassigned": "pause"},
            "next": "answer",
        },
        {"id": "pause", "kind": "wait", "seconds": 60, "next": "answer"},
        {"id": "answer", "kind": "human", "outcomes": {"answered": "closed"}},
    )
    hub.hire("chen", role="supervisor", region="base", active=False, version=2)
    hub.clock.advance(seconds=6)
    hub.call("POST", "/tickets", BODY)
    assert walked(hub) == [("dispatch", "unassigned"), ("pause", "elapsed"), ("answer", "")]

    hub.hire("amy", role="agent")
    hub.clock.advance(seconds=6)
    hub.call("POST", "/tickets", BODY)
    assert walked(hub) == [("dispatch", "done"), ("answer", "")]
    assert hub.ticket()["assignee"] == "amy"
    assert hub.ticket()["visits"][0]["fields"] == {"assignee": "amy", "fallback": False}


def test_the_actions_that_flows_may_use(hub: World) -> None:
    """An editor of flows reads which actions there are, with the schema of their parameters and their outcomes."""
    assign = hub.call("GET", "/tickets/actions").json["data"][0]
    assert (assign["name"], [outcome["id"] for outcome in assign["outcomes"]]) == (
        "assign",
        ["done", "supervisor", "unassigned"],
    )
    assert assign["params"]["properties"]["role"]["default"] == "engineer"


@pytest.mark.parametrize(("edges", "outcome"), [(["", "approved"], "joined"), (["failed", "approved"], "failed")])
def test_a_join_is_recorded(hub: World, edges: list[str], outcome: str) -> None:
    """What the branches of a parallel came to is a visit of its own; asked again it is what it was."""
    publish(
        hub,
        {"id": "answer", "kind": "human", "outcomes": {"answered": "fork"}},
        {"id": "fork", "kind": "parallel", "branches": ["check", "pause"], "next": "closed"},
        {"id": "check", "kind": "approval", "outcomes": {"approved": "join"}},
        {"id": "pause", "kind": "wait", "seconds": 60, "next": "join"},
    )
    ticket = hub.call("POST", "/tickets", BODY).json
    asked = {"op": "join", "ticket": ticket["id"], "run": 1, "node": "fork", "previous": "vis_x"}
    assert app.steps({**asked, "edges": edges}, Context())["edge"] == outcome
    assert app.steps({**asked, "edges": []}, Context())["edge"] == outcome
    assert ("fork", outcome) in [(v["node"], v["outcome"]) for v in hub.ticket(ticket["id"])["visits"]]


def test_unknown_step(hub: World) -> None:
    """A step that does not exist is refused by name."""
    with pytest.raises(Exception, match="no such step"):
        app.steps({"op": "dance", "ticket": "tkt_1", "run": 1}, Context())


def test_a_flow_that_could_never_be_answered(hub: World) -> None:
    """Refused before anybody's ticket hangs in it: each place is named by its pointer into the request."""

    def pointers(document: dict[str, Any]) -> list[str]:
        answer = hub.call("POST", "/flows/consult/publish", {"document": document})
        assert answer.status == 422
        return [error["pointer"] for error in answer.json["errors"]]

    def asking(*fields: tuple[str, str]) -> dict[str, Any]:
        form = [{"id": name, "title": T, "type": kind, "required": True} for name, kind in fields]
        return consult({"id": "answer", "kind": "human", "fields": form, "outcomes": {"answered": "closed"}})

    assert pointers(asking(("labour_amount", "money"), ("odometer", "integer"))) == ["/document/nodes/0/fields/1/id"]
    assert pointers(asking(("labour_amount", "text"))) == ["/document/nodes/0/fields/0/type"]
    assert pointers(asking() | {"ladder": "nobody"}) == ["/document/ladder"]
    assert pointers(asking() | {"start": "nowhere"}) == ["/document/start"]
    odd = {"id": "hot", "when": {"mood": {"eq": "hot"}}, "next": "closed"}
    which = {"id": "which", "kind": "decision", "edges": [odd], "otherwise": "closed"}
    assert pointers(consult(which)) == ["/document/nodes/0/edges/0/when/mood"]
