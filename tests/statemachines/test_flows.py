"""Compiled flows: Amazon States Language to the linter, and walked by an interpreter as their documents say."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from statelint.config import Config
from statelint.linter import Linter
from statelint.problem import ProblemType

from functions.tickets.flows.asl import compile_flow
from functions.tickets.flows.preset_flows import preset_flows
from functions.tickets.flows.soundness import parse_flow
from functions.tickets.flows.ways import following
from tests.support.machines import REGION, StepError, machine

STEPS = "hub-demo-tickets-steps"
TITLE = {"zh": "节点", "en": "Node"}
EVERY_KIND: dict[str, Any] = {
    "key": "every_kind",
    "title": TITLE,
    "start": "ask",
    "nodes": [
        {"id": "ask", "kind": "human", "title": TITLE, "outcomes": {"ok": "choose", "again": "ask"}},
        {
            "id": "choose",
            "kind": "decision",
            "title": TITLE,
            "edges": [{"id": "big", "when": {"amount": {"gte": 100}}, "next": "fork"}],
            "otherwise": "closed",
        },
        {"id": "fork", "kind": "parallel", "title": TITLE, "branches": ["check", "pause"], "next": "send"},
        {"id": "check", "kind": "approval", "title": TITLE, "outcomes": {"approved": "join", "rejected": "join"}},
        {"id": "pause", "kind": "wait", "title": TITLE, "seconds": 60, "next": "join"},
        {"id": "send", "kind": "action", "action": "assign", "title": TITLE, "next": "closed"},
        {"id": "closed", "kind": "end", "title": TITLE, "outcome": "done"},
    ],
}

PARKED = ("human", "approval", "wait_for", "call")
ERRORS = ("Broken", "Runtime.ExitError", "KeyError")


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """The interpreter logs each failed state with the whole machine."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


def compiled(document: dict[str, Any]) -> str:
    return compile_flow(parse_flow(document)).rendered("aws", STEPS)


class People:
    """Stands for tickets/steps and the people behind it: walks each document as it says, answers each node with the
    edges given, in turn, and parks at people's nodes."""

    def __init__(self, document: dict[str, Any], **edges: list[str]) -> None:
        self.flow = parse_flow(document)
        self.edges = edges
        self.visited: list[str] = []

    def __call__(self, payload: dict[str, Any]) -> dict[str, Any]:
        node = payload["node"]
        if payload["op"] == "joined":
            if "failed" in payload["edges"]:
                raise StepError("Broken")
            self.visited.append(node)
            node = self.flow.node(node).next  # type: ignore[union-attr]
        elif payload.get("resume_at", "") not in ("", node):
            return self._say(payload, "", "resumed", resume_at=payload["resume_at"])
        while node != "join":
            reached = self.flow.node(node)
            if reached.kind == "parallel":
                return self._say(payload, node, "forked")
            self.visited.append(node)
            edge = self.edges[node].pop(0) if node in self.edges else ""
            if edge in ERRORS:
                self.visited.pop()
                raise StepError(edge)
            if reached.kind not in ("action", "decision"):
                return self._say(payload, node, edge, parks=reached.kind in PARKED)
            node = following(reached, edge or "done")
        return self._say(payload, "join", "")

    def _say(
        self, payload: dict[str, Any], at: str, edge: str, *, resume_at: str = "", parks: bool = False
    ) -> dict[str, Any]:
        answer = {"ticket": payload["ticket"], "run": payload["run"], "visit": f"vis_{at}", "at": at, "edge": edge}
        answer |= {"resume_at": resume_at, "wait_seconds": 0}
        if "token" in payload:
            threading.Timer(0.05 if parks else 0.0, self._answer, (payload["token"], answer)).start()
        return answer

    @staticmethod
    def _answer(token: str, answer: dict[str, Any]) -> None:
        client = boto3.client("stepfunctions", region_name=REGION)
        client.send_task_success(taskToken=token, output=json.dumps(answer))


def run(document: dict[str, Any], people: People, resume_at: str = "") -> dict[str, Any]:
    start = {"ticket": "tkt_1", "run": 1, "visit": "", "at": "", "edge": "", "resume_at": resume_at}
    with machine(compiled(document), {STEPS: people}) as execute:
        return execute(start)


@pytest.mark.parametrize("document", [EVERY_KIND, *preset_flows().values()], ids=lambda d: d["key"])
def test_statelint_finds_nothing_in_a_compiled_flow(document: dict[str, Any]) -> None:
    """What a flow compiles to is Amazon States Language, whatever kinds of node it has."""
    problems = Linter.validate(compiled(document), Config(ignored_problem_types=[ProblemType.FLOAT]))
    assert [str(problem) for problem in problems] == []


def test_every_kind_of_node_runs() -> None:
    """A flow with all kinds walks a loop, a decision, two branches, a wait and an action to its end."""
    people = People(EVERY_KIND, ask=["again", "ok"], choose=["big"], check=["approved"])
    ended = run(EVERY_KIND, people)
    assert ended["status"] == "SUCCEEDED"
    assert people.visited[:3] == ["ask", "ask", "choose"]
    assert sorted(people.visited[3:5]) == ["check", "pause"]
    assert people.visited[5:] == ["fork", "send", "closed"]


def test_a_decision_without_an_edge_goes_otherwise() -> None:
    """When no condition holds, the run takes the other way."""
    people = People(EVERY_KIND, ask=["ok"], choose=["otherwise"])
    assert run(EVERY_KIND, people)["status"] == "SUCCEEDED"
    assert people.visited[-1] == "closed"


def test_a_run_resumes_where_it_is_told() -> None:
    """A new run of a ticket begins at the stated node."""
    people = People(EVERY_KIND)
    assert run(EVERY_KIND, people, resume_at="send")["status"] == "SUCCEEDED"
    assert people.visited == ["send", "closed"]


def test_a_branch_that_fails_lets_its_siblings_finish_and_then_fails_the_run() -> None:
    """A failure inside a branch cuts no sibling short, and is never taken for a join."""
    people = People(EVERY_KIND, ask=["ok"], choose=["big"], check=["Broken"])
    assert run(EVERY_KIND, people)["status"] == "FAILED"
    assert "pause" in people.visited
    assert "send" not in people.visited


def test_a_step_that_fails_for_good_fails_the_run_loudly() -> None:
    """Outside a branch a lasting error fails the execution, which an alarm watches."""
    ended = run(EVERY_KIND, People(EVERY_KIND, ask=["ok"], choose=["Broken"]))
    assert (ended["status"], ended["error"]) == ("FAILED", "FlowFailed")


def test_the_repair_flow_walks_as_its_document_says() -> None:
    """Dispatch, declined once, dispatched again, accepted, serviced; who services it closes it."""
    document = preset_flows()["repair"]
    people = People(document, accept=["declined", "accepted"], service=["done"])
    assert run(document, people)["status"] == "SUCCEEDED"
    assert people.visited == ["dispatch", "accept", "dispatch", "accept", "service"]


@pytest.mark.parametrize("error", ["Runtime.ExitError", "KeyError"])
def test_a_run_outlives_what_nobody_knows(error: str) -> None:
    """A process that is killed, or an error without a name of ours, ends no run: the step is done again."""
    people = People(EVERY_KIND, ask=["ok"], choose=[error, "otherwise"])
    assert run(EVERY_KIND, people)["status"] == "SUCCEEDED"
    assert people.visited == ["ask", "choose", "closed"]
