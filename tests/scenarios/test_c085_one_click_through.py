"""C085: manager A lists none of team B's tickets; the general manager sees through a VIP's ticket in one go, whole and
with its trail, which is written down and told; any other ticket is 403."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.http import Answer, token
from tests.support.tickets import World, as_, world

T = {"zh": "维修", "en": "Repair"}
NODES: list[dict[str, Any]] = [
    {"id": "which", "title": T, "kind": "decision", "otherwise": "work",
     "edges": [{"id": "dear", "when": {"amount": {"gte": 1_000_000}}, "next": "vip"}]},
    {"id": "vip", "title": T, "kind": "action", "action": "tag", "params": {"add": ["vip"]}, "next": "work"},
    {"id": "work", "title": T, "kind": "human", "assignee": "role:engineer", "outcomes": {"done": "closed"}},
    {"id": "closed", "title": T, "kind": "end", "outcome": "done"},
]  # fmt: skip
SAID = "张三丰的冰柜不制冷，电话 13800138000"
A = token("supervisor", sub="manager_a", region="310000", teams=("team_a",), level="team")
B = token("supervisor", sub="manager_b", region="310000", teams=("team_b",), level="team")
GM = token("supervisor", sub="gm", region="110000")
"""The general manager, bound to Beijing: the tickets are in Shanghai."""
ELSEWHERE = token("agent", sub="amy", region="110000")


@pytest.fixture
def hub() -> Iterator[World]:
    """Wang of team A and Zhao of team B repair; an order of 10,000 makes its customer a VIP."""
    with world(publish=()) as made:
        made.hire("wang", teams=("team_a",), skills=("refrigeration",))
        made.hire("zhao", teams=("team_b",), skills=("refrigeration",))
        flow = {"key": "repair", "title": T, "start": "which", "nodes": NODES}
        assert made.call("POST", "/flows/repair/publish", {"document": flow}).status == 200
        yield made


def opened(hub: World, amount: str, engineer: str) -> str:
    """A ticket of somebody's team, who is asked to do it."""
    body = {"type": "repair", "customer_id": "cus_1", "region": "310101", "amount": amount, "subject": SAID}
    answer = hub.call("POST", "/tickets", body)
    assert answer.status == 201, answer.text
    hub.settle()
    given = hub.call("POST", f"/tickets/{answer.json['id']}/assign", {"person_id": engineer}, as_=as_("agent", sub="x"))
    assert given.status == 200, given.text
    hub.settle()
    return str(answer.json["id"])


def listed(hub: World, as_: str, **query: str) -> list[str]:
    answer = hub.call("GET", "/tickets", as_=as_, query=query or None)
    assert answer.status == 200, answer.text
    return [ticket["id"] for ticket in answer.json["data"]]


def penetrate(hub: World, ticket_id: str, as_: str) -> Answer:
    return hub.call("GET", f"/tickets/{ticket_id}", as_=as_, query={"penetrate": "1"})


def test_a_manager_lists_the_tickets_of_their_own_team(hub: World) -> None:
    """Of B's not one, in no list and not by its id; once somebody of team A is to do it, it is A's at the next
    request."""
    ticket_id = opened(hub, "100.00", "zhao")
    assert (listed(hub, A), listed(hub, A, team="team_a"), listed(hub, A, team="team_b")) == ([], [], [])
    assert (listed(hub, B, team="team_b"), listed(hub, B, team="team_a")) == ([ticket_id], [])
    assert [hub.call("GET", f"/tickets/{ticket_id}", as_=as_).status for as_ in (A, B)] == [404, 200]
    assert hub.call("POST", f"/tickets/{ticket_id}/assign", {"person_id": "wang"}, as_=B).status == 200
    hub.settle()
    assert (listed(hub, A, team="team_a"), listed(hub, B, team="team_b")) == ([ticket_id], [])


def test_the_general_manager_sees_through_a_vips_ticket(hub: World) -> None:
    """What was said, in clear, and every entry of its trail; who looked is its last entry and a `glass.broken`."""
    ticket_id = opened(hub, "10000.00", "wang")
    assert hub.call("GET", f"/tickets/{ticket_id}", as_=GM).status == 404
    seen = penetrate(hub, ticket_id, GM)
    assert (seen.status, seen.json["subject"], seen.json["tags"]) == (200, SAID, ["vip"])
    trace = seen.json["trace"]
    assert (trace["intact"], trace["left_out"], trace["entries"][0]["what"]) == (True, 0, "opened")
    assert [(e["what"], e["actor"]) for e in trace["entries"]][-1] == ("penetrated", "gm")
    assert [entry["seq"] for entry in trace["entries"]] == list(range(1, len(trace["entries"]) + 1))
    (told,) = hub.told("glass.broken")
    assert (told.thing, told.person_id) == (ticket_id, "gm")
    assert hub.call("GET", f"/tickets/{ticket_id}", as_=GM).status == 404
    assert hub.call("GET", f"/tickets/{ticket_id}").json["trace"] is None


def test_nobody_elses_and_no_other_ticket(hub: World) -> None:
    """A ticket of one who is no VIP is 403 for the general manager; a VIP's for an agent, and for a machine; and
    nothing is written of it."""
    other, vip = opened(hub, "100.00", "wang"), opened(hub, "10000.00", "wang")
    machine = token("supervisor", sub="erp", region="110000", kind="machine")
    asked = [penetrate(hub, ticket_id, as_) for ticket_id, as_ in ((other, GM), (vip, ELSEWHERE), (vip, machine))]
    assert [answer.status for answer in asked] == [403, 403, 403]
    assert SAID not in "".join(answer.text for answer in asked)
    assert penetrate(hub, "tkt_none", GM).status == 404
    assert hub.told("glass.broken") == []
