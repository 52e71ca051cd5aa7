"""Random flows: whatever people put together that is sound compiles to Amazon States Language, and an interpreter that
is not ours walks it to its end."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from statelint.config import Config
from statelint.linter import Linter
from statelint.problem import ProblemType

from functions.tickets.flows.asl import compile_flow
from functions.tickets.flows.flow import Action, AnyNode, Decision, Flow, Human, Parallel
from functions.tickets.flows.preset_flows import preset_flows
from functions.tickets.flows.soundness import parse_flow
from functions.tickets.flows.ways import following, ways_out
from tests.support.machines import REGION, machine

STEPS = "hub-demo-tickets-steps"
T = {"zh": "节点", "en": "Node"}
PARKED = ("human", "approval", "wait_for", "call")
STOPS_LIMIT = 60


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """The interpreter logs each failed state with the whole machine."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


@st.composite
def chains(draw: st.DrawFn, prefix: str, ending: str, depth: int) -> list[dict[str, Any]]:
    """A chain of nodes of any kind, each leading on, some back or past; parallels hold chains of their own."""
    count = draw(st.integers(1, 3))
    names = [f"{prefix}n{i}" for i in range(count)]
    nodes: list[dict[str, Any]] = []
    for i, name in enumerate(names):
        onward = names[i + 1] if i + 1 < count else ending
        earlier = [each["id"] for each in nodes if each["kind"] == "human" and each["id"] in names]
        kinds = ["human", "action", "called", "decision", "wait", "wait_for"] + (["parallel"] if depth else [])
        kind = draw(st.sampled_from(kinds))
        node: dict[str, Any] = {"id": name, "kind": kind, "title": T}
        if kind == "human":
            back = {"redo": draw(st.sampled_from(earlier))} if earlier and draw(st.booleans()) else {}
            node |= {"outcomes": {"ok": onward, **back}, "back": draw(st.booleans())}
        elif kind == "action":
            node |= {"action": "tag", "next": onward}
        elif kind == "called":
            params = {"endpoint": f"ep_{'0' * 26}", "name": "book_slot"}
            node |= {"kind": "action", "action": "call_endpoint", "params": params, "next": onward}
        elif kind == "decision":
            edge = {"id": "small", "when": {"amount": {"lt": 100}}, "next": onward}
            node |= {"edges": [edge], "otherwise": onward}
        elif kind == "wait":
            node |= {"seconds": 60, "next": onward}
        elif kind == "wait_for":
            node |= {"event": "arrived", "seconds": 60, "next": onward, "otherwise": onward}
        else:
            branches = [draw(chains(f"{name}b{b}", "join", depth - 1)) for b in range(2)]
            node |= {"branches": [branch[0]["id"] for branch in branches], "next": onward}
            node |= {"join": draw(st.sampled_from(["all", "any", 1, 2]))}
            nodes += [inner for branch in branches for inner in branch]
        nodes.append(node)
    first = names[0]
    return sorted(nodes, key=lambda node: node["id"] != first)


@st.composite
def flows(draw: st.DrawFn) -> dict[str, Any]:
    nodes = draw(chains("", "closed", 2))
    end = {"id": "closed", "kind": "end", "title": T, "outcome": "done"}
    return {"key": "random", "title": T, "ladder": "basic", "start": nodes[0]["id"], "nodes": [*nodes, end]}


class Walker:
    """Stands for tickets/steps: walks as the document says, takes the last way first and then the first, and answers
    each token at once."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.flow = parse_flow(document)
        self.visited: list[str] = []
        self._lock = threading.Lock()

    def __call__(self, payload: dict[str, Any]) -> dict[str, Any]:
        node_id = payload["node"]
        if payload["op"] == "joined":
            node = self.flow.node(node_id)
            assert isinstance(node, Parallel)
            self._visit(node_id)
            node_id = node.next
        while node_id != "join":
            node = self.flow.node(node_id)
            if isinstance(node, Parallel):
                return self._say(payload, node_id, "forked")
            again = self._visit(node_id)
            edge = self._way(node, again)
            if not isinstance(node, Action | Decision) or (isinstance(node, Action) and node.is_awaited):
                return self._say(payload, node_id, "elapsed" if node.kind == "wait" else edge)
            node_id = following(node, edge)
        return self._say(payload, "join", "")

    def _way(self, node: AnyNode, again: bool) -> str:
        ways = list(ways_out(node)) or ["done"]
        return ways[-1] if not again and isinstance(node, Human) else ways[0]

    def _visit(self, node_id: str) -> bool:
        """Whether it was here before."""
        with self._lock:
            again = node_id in self.visited
            self.visited.append(node_id)
            assert len(self.visited) < STOPS_LIMIT * 10
        return again

    def _say(self, payload: dict[str, Any], at: str, edge: str) -> dict[str, Any]:
        answer = {"ticket": "tkt_1", "run": 1, "visit": f"vis_{at}", "at": at, "edge": edge, "resume_at": ""}
        answer["wait_seconds"] = 0  # type: ignore[assignment]
        if "token" in payload:
            threading.Timer(0.01, self._answer, (payload["token"], answer)).start()
        return answer

    @staticmethod
    def _answer(token: str, answer: dict[str, Any]) -> None:
        client = boto3.client("stepfunctions", region_name=REGION)
        client.send_task_success(taskToken=token, output=json.dumps(answer))


def compiled(document: dict[str, Any]) -> str:
    return compile_flow(parse_flow(document)).rendered("aws", STEPS)


def walked(document: dict[str, Any]) -> tuple[str, list[str]]:
    walker = Walker(document)
    with machine(compiled(document), {STEPS: walker}) as execute:
        start = {"ticket": "tkt_1", "run": 1, "visit": "", "at": "", "edge": "", "resume_at": ""}
        return str(execute(start)["status"]), walker.visited


@given(flows())
@settings(max_examples=60, deadline=None)
def test_a_random_flow_compiles_to_amazon_states_language(document: dict[str, Any]) -> None:
    """The linter finds nothing in what a sound flow compiles to; every state that is named is there, once."""
    text = compiled(document)
    problems = Linter.validate(text, Config(ignored_problem_types=[ProblemType.FLOAT]))
    assert [str(problem) for problem in problems] == []
    names = list(_names(json.loads(text)))
    assert len(names) == len(set(names))


@given(flows())
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_an_interpreter_finishes_a_random_flow(document: dict[str, Any]) -> None:
    """It ends well, whatever ways are taken."""
    assert walked(document)[0] == "SUCCEEDED"


class Planned(Walker):
    """Takes the way that the plan says where it comes to a node for the first time; elsewhere each way in its turn."""

    def begin(self, plan: dict[str, str]) -> None:
        self.plan, self.visited, self.taken = plan, [], set[tuple[str, str]]()

    def _way(self, node: AnyNode, again: bool) -> str:
        ways = list(ways_out(node)) or ["done"]
        turn = self.visited.count(node.id) - 1
        way = self.plan[node.id] if node.id in self.plan and not again else ways[turn % len(ways)]
        self.taken.add((node.id, way))
        return way


def plan_to(flow: Flow, target: str) -> dict[str, str]:
    """Which way to take at each node to come to this one, the shortest."""
    plans: dict[str, dict[str, str]] = {flow.start: {}}
    waiting = [flow.start]
    for node_id in waiting:
        node = flow.node(node_id)
        inside = [("", branch) for branch in node.branches] if isinstance(node, Parallel) else []
        onward = [("", node.next)] if isinstance(node, Parallel) else []
        ways = [] if isinstance(node, Parallel) else [(way, following(node, way)) for way in ways_out(node)]
        for way, following_id in (*inside, *onward, *ways):
            if following_id not in ("join", *plans):
                plans[following_id] = {**plans[node_id], **({node_id: way} if way else {})}
                waiting.append(following_id)
    return plans[target]


@pytest.mark.parametrize("key", sorted(preset_flows()))
def test_each_way_of_each_preset_is_walked_to_its_end(key: str) -> None:
    """Every way out of every node is taken by some execution, and each of them ends well."""
    document = preset_flows()[key]
    flow, walker = parse_flow(document), Planned(document)
    ways = [(node.id, way) for node in flow.nodes if not isinstance(node, Parallel) for way in ways_out(node)]
    assert len(ways) >= len(flow.nodes) - 2
    with machine(compiled(document), {STEPS: walker}) as execute:
        walked_before: set[tuple[str, str]] = set()
        for node_id, way in ways:
            if (node_id, way) in walked_before:
                continue
            walker.begin({**plan_to(flow, node_id), node_id: way})
            start = {"ticket": "tkt_1", "run": 1, "visit": "", "at": "", "edge": "", "resume_at": ""}
            assert execute(start)["status"] == "SUCCEEDED", (node_id, way)
            assert (node_id, way) in walker.taken
            walked_before |= walker.taken


def _names(states: dict[str, Any]) -> Iterator[str]:
    """The names of all states, those of branches too."""
    for name, state in states["States"].items():
        yield name
        for branch in state.get("Branches", ()):
            yield from _names(branch)
