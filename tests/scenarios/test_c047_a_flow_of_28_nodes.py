"""C047: a flow of 28 nodes across departments, each done once by its person: closed, and no time is unaccounted for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from statelint.config import Config
from statelint.linter import Linter
from statelint.problem import ProblemType

from tests.support.tickets import T0, World, world

DEPARTMENTS = ("agent", "engineer", "store_manager", "agent", "engineer")
BODY = {"type": "repair", "customer_id": "cus_1", "region": "310000"}


def title(number: int) -> dict[str, str]:
    return {"zh": f"第{number}步", "en": f"Step {number}"}


def med28() -> dict[str, Any]:
    """Five departments: each is handed the ticket and does four things; then two approvals, and the end."""
    kinds: list[dict[str, Any]] = []
    for role in DEPARTMENTS:
        kinds.append({"kind": "action", "action": "assign", "params": {"role": role}})
        kinds += [{"kind": "human"}] * 4
    kinds += [{"kind": "approval", "assignee": "supervisor"}] * 2
    nodes = []
    for number, kind in enumerate(kinds, start=1):
        following = f"n{number + 1:02}"
        way = {"next": following} if kind["kind"] == "action" else {"outcomes": {"done": following}}
        nodes.append({"id": f"n{number:02}", "title": title(number), **kind, **way})
    end = {"id": "n28", "title": title(28), "kind": "end", "outcome": "done"}
    return {"key": "repair", "title": title(28), "start": "n01", "nodes": [*nodes, end]}


@pytest.fixture
def hub() -> Iterator[World]:
    with world(publish=()) as made:
        for role, person in (("agent", "amy"), ("engineer", "li"), ("store_manager", "wang"), ("supervisor", "chen")):
            made.hire(person, role=role, skills=("refrigeration",))
        assert made.call("POST", "/flows/repair/publish", {"document": med28()}).status == 200
        yield made


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_every_actor_completes_once(hub: World) -> None:
    """28 records, each with entered, left and actor; the next department gets it by itself; and the nodes' times add up
    to the whole, without a gap."""
    ticket_id = hub.call("POST", "/tickets", BODY).json["id"]
    work = [node["id"] for node in med28()["nodes"] if node["kind"] in ("human", "approval")]
    for minutes, node in enumerate(work, start=1):
        hub.clock.advance(minutes=minutes)
        assert hub.call("POST", f"/tickets/{ticket_id}/nodes/{node}/complete", {"outcome": "done"}).status == 200

    ticket = hub.ticket(ticket_id)
    visits = ticket["visits"]
    assert (ticket["state"], [visit["node"] for visit in visits]) == ("closed", [f"n{n:02}" for n in range(1, 29)])
    assert all(visit["entered_at"] and visit["left_at"] and visit["actor"] for visit in visits)
    asked = [visit["assignee"] for visit in visits if visit["kind"] in ("human", "approval")]
    assert asked == [who for who in ("amy", "li", "wang", "amy", "li") for _ in range(4)] + ["chen"] * 2

    whole = at(ticket["closed_at"]) - at(ticket["opened_at"])
    assert whole == timedelta(minutes=sum(range(1, 23)))
    assert sum((at(v["left_at"]) - at(v["entered_at"]) for v in visits), timedelta()) == whole
    assert hub.clock.now == T0 + whole


def test_it_is_a_machine(hub: World) -> None:
    """What it compiles to is Amazon States Language, by the validator."""
    (definition,) = hub.machines.definitions.values()
    found = Linter.validate(json.dumps(definition), Config(ignored_problem_types=[ProblemType.FLOAT]))
    assert [str(problem) for problem in found] == []
