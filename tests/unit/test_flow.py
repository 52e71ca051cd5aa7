"""Flows: what makes one sound, and that the compiled machine walks exactly as the document says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.tickets.flows.asl import FINAL, compile_flow
from functions.tickets.flows.preset_flows import FOLDER, preset_flows
from functions.tickets.flows.soundness import parse_flow
from hub.kernel.errors import Invalid

TITLE = {"zh": "节点", "en": "Node"}


def human(node_id: str, **outcomes: str) -> dict[str, Any]:
    return {"id": node_id, "kind": "human", "title": TITLE, "outcomes": outcomes}


def end(node_id: str = "closed") -> dict[str, Any]:
    return {"id": node_id, "kind": "end", "title": TITLE, "outcome": "done"}


def flow(*nodes: dict[str, Any], start: str | None = None) -> dict[str, Any]:
    return {"key": "sample", "title": TITLE, "start": start or nodes[0]["id"], "nodes": list(nodes)}


def wrong_places(document: dict[str, Any]) -> list[str]:
    with pytest.raises(Invalid) as caught:
        parse_flow(document)
    return [problem.pointer for problem in caught.value.problems]


def walk(machine: dict[str, Any], edges: list[str], limit: int = 200) -> list[str]:
    """The nodes at which the machine stops when people choose `edges` in turn: Task and Choice only, as ASL has them.
    A state stops at its own node: in these flows all nodes are people's."""
    name, visited, choices = machine["StartAt"], [], iter(edges)
    data = {"edge": "", "resume_at": "", "at": ""}
    for _ in range(limit):
        state = machine["States"][name]
        if state["Type"] == "Task":
            visited.append(name)
            data |= {"at": name, "edge": next(choices, "")}
            if state.get("End") or not data["edge"]:
                return visited
            name = state["Next"]
        elif state["Type"] == "Succeed":
            return visited
        else:
            taken = [c["Next"] for c in state["Choices"] if data[c["Variable"][2:]] == c["StringEquals"]]
            name = taken[0] if taken else state["Default"]
            if name == "flow.failed":
                return visited
    return visited


def test_every_preset_flow_is_sound_and_its_committed_machine_is_what_it_compiles_to() -> None:
    """A preset's golden .asl.json is byte for byte what its .flow.json compiles to."""
    assert preset_flows()
    for key, document in preset_flows().items():
        assert compile_flow(parse_flow(document)).asl == (FOLDER / f"{key}.asl.json").read_text(encoding="utf-8")


def test_a_wrong_field_is_named_by_its_pointer() -> None:
    """A flow with wrong fields is refused with the place of each."""
    document = flow(human("ask", ok="closed"), {**end(), "outcome": 7})
    document["nodes"][0]["colour"] = "red"
    assert wrong_places(document) == ["/nodes/0/colour", "/nodes/1/outcome"]


def test_an_edge_to_nowhere_is_named() -> None:
    """An outcome that leads to no node is refused, with its pointer."""
    assert wrong_places(flow(human("ask", ok="closed", no="lost"), end())) == ["/nodes/0/outcomes/no"]


def test_a_node_out_of_reach_and_a_trap_are_named() -> None:
    """A node that nothing leads to, and one with no way to an end, are each refused."""
    document = flow(
        human("ask", ok="closed", no="trap"), human("trap", again="trap"), human("lost", ok="closed"), end()
    )
    assert wrong_places(document) == ["/nodes/1", "/nodes/2"]


def act(node_id: str, then: str, **facts: Any) -> dict[str, Any]:
    return {"id": node_id, "kind": "action", "action": "assign", "title": TITLE, "next": then, **facts}


def test_an_action_that_there_is_not_is_named() -> None:
    """An action, parameter or outcome that the registry does not have is refused by its place in the document."""
    wrong = {**act("a", "b"), "action": "dance"}
    odd = act("b", "closed", params={"role": "poet"}, outcomes={"perhaps": "closed"})
    assert wrong_places(flow(wrong, odd, end())) == [
        "/nodes/0/action",
        "/nodes/1/params/role",
        "/nodes/1/outcomes/perhaps",
    ]


def test_what_does_not_wait_is_done_in_the_state_of_what_does() -> None:
    """Actions are walked through by the state in front of the person's node; one way on needs no Choice, and whoever
    takes the last way closes the ticket in the same breath."""
    document = flow(act("a", "ask", outcomes={"unassigned": "b"}), act("b", "ask"), human("ask", ok="closed"), end())
    machine = json.loads(compile_flow(parse_flow(document)).asl)
    assert machine["States"]["a"]["Resource"].endswith("waitForTaskToken")
    assert machine["States"]["a"]["End"] is True
    assert "a.route" not in machine["States"]


def test_a_walk_with_several_stops_goes_by_where_it_stopped() -> None:
    """Where an action may lead to one person or another, the Choice behind it asks at whom it stopped, and how."""
    document = flow(
        act("a", "ask", outcomes={"unassigned": "look"}), human("ask", ok="closed"), human("look", ok="ask"), end()
    )
    states = json.loads(compile_flow(parse_flow(document)).asl)["States"]
    ways = [
        ([test["StringEquals"] for test in way["And"]], way["Next"])
        for way in states["a.route"]["Choices"]
        if "And" in way
    ]
    assert sorted(ways) == [(["ask", "ok"], "flow.done"), (["look", "ok"], "ask")]


def test_join_stands_only_inside_branches() -> None:
    """`join` outside a parallel's branch is refused."""
    assert wrong_places(flow(human("ask", ok="join", no="closed"), end())) == ["/nodes/0/outcomes/ok"]


def test_branches_do_not_share_nodes_or_end_the_ticket() -> None:
    """A node in two branches, and an end inside one, are refused."""
    fork = {"id": "fork", "kind": "parallel", "title": TITLE, "branches": ["a", "b"], "next": "closed"}
    shared = flow(fork, human("a", ok="c"), human("b", ok="c"), human("c", ok="join"), end())
    assert wrong_places(shared) == ["/nodes/0/branches/1"]


def test_a_parallel_compiles_to_branches_that_catch_inside_themselves() -> None:
    """Each branch of a parallel ends by itself and keeps its own failure."""
    fork = {"id": "fork", "kind": "parallel", "title": TITLE, "branches": ["a", "b"], "next": "closed"}
    pause = {"id": "b", "kind": "wait", "title": TITLE, "seconds": 60, "next": "join"}
    machine = json.loads(compile_flow(parse_flow(flow(fork, human("a", ok="join"), pause, end()))).asl)
    branches = machine["States"]["fork"]["Branches"]
    assert [branch["StartAt"] for branch in branches] == ["a", "b"]
    assert branches[0]["States"]["a"]["Catch"][-1]["Next"] == "fork.0.failed"
    assert branches[0]["States"]["a"]["End"] is True
    assert "a" not in machine["States"]


def test_titles_and_forms_leave_no_trace_in_the_machine() -> None:
    """Two hundred stores whose flows differ in words and forms share one machine."""
    plain = flow(human("ask", ok="closed"), end())
    worded = flow({**human("ask", ok="closed"), "title": {"zh": "问", "en": "Ask"}, "assignee": "supervisor"}, end())
    assert compile_flow(parse_flow(plain)).digest == compile_flow(parse_flow(worded)).digest


@st.composite
def human_flows(draw: st.DrawFn) -> tuple[dict[str, Any], list[str]]:
    """A random sound flow of human nodes, and a sequence of outcomes people might choose."""
    count = draw(st.integers(1, 8))
    names = [f"n{i}" for i in range(count)]
    nodes = []
    for i, name in enumerate(names):
        onward = names[i + 1] if i + 1 < count else "closed"
        extra = draw(
            st.dictionaries(st.sampled_from(["back", "skip"]), st.sampled_from([*names, "closed"]), max_size=2)
        )
        nodes.append(human(name, ok=onward, **extra))
    return flow(*nodes, end()), draw(st.lists(st.sampled_from(["ok", "back", "skip"]), max_size=30))


@given(human_flows())
def test_the_machine_walks_as_the_document_says(case: tuple[dict[str, Any], list[str]]) -> None:
    """For any flow and any choices of people, the machine visits the nodes that a plain walk of the document visits."""
    document, edges = case
    by_id = {node["id"]: node for node in document["nodes"]}
    expected, taken, name = [document["start"]], list[str](), document["start"]
    for edge in edges:
        name = by_id[name]["outcomes"].get(edge)
        if name is None:
            break
        taken.append(edge)
        if by_id[name]["kind"] == "end":
            break
        expected.append(name)
    machine = json.loads(compile_flow(parse_flow(document)).asl)
    assert walk(machine, taken) == expected


def test_a_step_outlives_half_an_hour_of_trouble() -> None:
    """A step that fails, or hangs, is tried again for at least 25 minutes before its run is given up, whatever its
    error, unless it is one of the final ones; a parked token's time-out enters the same visit anew instead."""
    states = json.loads(compile_flow(parse_flow(preset_flows()["repair"])).asl)["States"]
    for name in ("closed", "accept"):
        never, patient = states[name]["Retry"]
        assert never["MaxAttempts"] == 0
        assert set(never["ErrorEquals"]) - set(FINAL) == ({"States.Timeout"} if name == "accept" else set())
        assert patient["ErrorEquals"] == ["States.ALL"]
        waits = [min(2 * 2**n, patient["MaxDelaySeconds"]) for n in range(patient["MaxAttempts"])]
        assert sum(waits) >= 25 * 60
