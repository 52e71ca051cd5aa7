"""A flow compiled to Amazon States Language: JSONPath, token tasks for people, Lambda tasks for the rest.

Each state's data is {ticket, run, visit, edge}: whose turn it was last and which edge they chose. `visit` is carried
from state to state, so loops, branches and retries agree on who each visit is. A run may resume at any top-level node
(`resume_at`). What people, budgets and forms are is read by version at run time and never part of the machine.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from functions.tickets.flows.flow import (
    JOIN,
    Action,
    AnyNode,
    Decision,
    End,
    Flow,
    Human,
    Parallel,
    Wait,
    branch_nodes,
    in_branches,
)
from hub.kernel.frozen import dataclass

TOKEN_TIMEOUT_SECONDS = 360 * 86_400
"""Step Functions ends a parked task after a year; before that ours enters the same visit anew."""
STEP_TIMEOUT_SECONDS = 60
FAILED, JOINED = "failed", "joined"
"""How a parallel ends: one of its branches failed, or all have joined."""

State = dict[str, Any]
FINAL = (
    "Malformed",
    "Unauthenticated",
    "Forbidden",
    "NotFound",
    "NotAllowed",
    "Conflict",
    "TooLarge",
    "Invalid",
    "Broken",
)
"""Errors of ours that trying again never mends. Any other may pass: a killed process, one that nobody knows."""


@dataclass(frozen=True)
class Compiled:
    """asl: the machine's text, with ${Partition} and ${StepsFunction} still open. digest: sha256 of it, hex."""

    asl: str
    digest: str

    def rendered(self, partition: str, steps_function: str) -> str:
        """The text that Step Functions takes."""
        return self.asl.replace("${Partition}", partition).replace("${StepsFunction}", steps_function)


def compile_flow(flow: Flow) -> Compiled:
    """The machine of a sound flow; the same flow gives the same text, byte for byte. Titles, forms and assignees leave
    no trace in it, so flows that differ only in those share one machine."""
    inner = in_branches(flow)
    top = [node for node in flow.nodes if node.id not in inner]
    states: dict[str, State] = {"resume": _resume(flow, top)}
    for node in top:
        states.update(_states(flow, node, failed=FAILED))
    states[FAILED] = {"Type": "Fail", "Error": "FlowFailed", "Cause": "a step failed for good: see its error"}
    text = json.dumps({"StartAt": "resume", "States": states}, ensure_ascii=False, indent=2) + "\n"
    return Compiled(text, hashlib.sha256(text.encode()).hexdigest())


def _resume(flow: Flow, top: Iterable[AnyNode]) -> State:
    choices = [{"Variable": "$.resume_at", "StringEquals": node.id, "Next": node.id} for node in top]
    return {"Type": "Choice", "Choices": choices, "Default": flow.start}


def _states(flow: Flow, node: AnyNode, failed: str) -> dict[str, State]:
    if isinstance(node, Human):
        route = _choice(node.outcomes, failed)
        return {node.id: _token_task(node.id, f"{node.id}.route", failed), f"{node.id}.route": route}
    if isinstance(node, Decision):
        chosen = {edge.id: edge.next for edge in node.edges} | {"otherwise": node.otherwise}
        route = _choice(chosen, failed)
        return {node.id: _step("decide", node.id, f"{node.id}.route", failed), f"{node.id}.route": route}
    if isinstance(node, Wait):
        pause = {"Type": "Wait", "SecondsPath": "$.wait_seconds", **_onward(node.next)}
        return {node.id: _step("wait", node.id, f"{node.id}.pause", failed), f"{node.id}.pause": pause}
    if isinstance(node, Parallel):
        return _parallel(flow, node, failed)
    if isinstance(node, Action):
        return _action(node, failed)
    return {node.id: _finish(node, failed)}


def _retry(*final: str) -> list[State]:
    """What is final is not tried again; half an hour of anything else is outlived: 2, 4, 8 … seconds apart, at most
    five minutes."""
    patience = {"IntervalSeconds": 2, "BackoffRate": 2, "MaxAttempts": 12, "MaxDelaySeconds": 300}
    return [
        {"ErrorEquals": [*FINAL, *final], "MaxAttempts": 0},
        {"ErrorEquals": ["States.ALL"], **patience},
    ]


def _payload(op: str, node_id: str) -> State:
    return {"op": op, "ticket.$": "$.ticket", "run.$": "$.run", "node": node_id, "previous.$": "$.visit"}


def _token_task(node_id: str, after: str, failed: str) -> State:
    payload = {
        **_payload("enter", node_id),
        "token.$": "$$.Task.Token",
        "entered.$": "$$.State.EnteredTime",
        "retry.$": "$$.State.RetryCount",
    }
    return {
        "Type": "Task",
        "Resource": "arn:${Partition}:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "${StepsFunction}", "Payload": payload},
        "TimeoutSeconds": TOKEN_TIMEOUT_SECONDS,
        "Retry": _retry("States.Timeout"),
        "Catch": [
            {"ErrorEquals": ["States.Timeout"], "ResultPath": None, "Next": node_id},
            {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": failed},
        ],
        "Next": after,
    }


def _step(op: str, node_id: str, after: str, failed: str) -> State:
    return {
        "Type": "Task",
        "Resource": "arn:${Partition}:states:::lambda:invoke",
        "Parameters": {"FunctionName": "${StepsFunction}", "Payload": _payload(op, node_id)},
        "OutputPath": "$.Payload",
        "TimeoutSeconds": STEP_TIMEOUT_SECONDS,
        "Retry": _retry(),
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": failed}],
        **_onward(after),
    }


def _action(node: Action, failed: str) -> dict[str, State]:
    """An action with one way on needs no Choice."""
    if not node.outcomes:
        return {node.id: _step("act", node.id, node.next, failed)}
    route = _choice(node.outcomes, failed, otherwise=node.next)
    return {node.id: _step("act", node.id, f"{node.id}.route", failed), f"{node.id}.route": route}


def _finish(node: End, failed: str) -> State:
    return _step("finish", node.id, JOIN, failed)


def _choice(chosen: Mapping[str, str], failed: str, otherwise: str = "") -> State:
    """By the recorded edge alone; otherwise: where any other edge leads, which is a failure if it leads nowhere."""
    choices = [
        {"Variable": "$.edge", "StringEquals": edge, "Next": _target(target, failed)} for edge, target in chosen.items()
    ]
    return {"Type": "Choice", "Choices": choices, "Default": _target(otherwise or failed, failed)}


def _target(target: str, failed: str) -> str:
    """A Choice's way to "join" ends its branch through the branch's own joined state."""
    return _joined(failed) if target == JOIN else target


def _onward(target: str) -> State:
    return {"End": True} if target == JOIN else {"Next": target}


def _parallel(flow: Flow, node: Parallel, failed: str) -> dict[str, State]:
    """The branches; then one step records what their edges say once all have ended. A branch that failed fails the
    run, after its siblings have done their work."""
    fork = {
        "Type": "Parallel",
        "Branches": [_branch(flow, node.id, i, start) for i, start in enumerate(node.branches)],
        "ResultPath": "$.branches",
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": failed}],
        "Next": f"{node.id}.join",
    }
    join = _step("join", node.id, f"{node.id}.route", failed)
    join["Parameters"]["Payload"]["edges.$"] = "$.branches[*].edge"
    return {
        node.id: fork,
        f"{node.id}.join": join,
        f"{node.id}.route": _choice({JOINED: node.next}, failed),
    }


def _branch(flow: Flow, parallel_id: str, index: int, start: str) -> State:
    """A branch catches inside itself: its failure is an edge of its own, and its siblings go on."""
    failed = f"{parallel_id}.{index}.failed"
    states: dict[str, State] = {}
    for node_id in branch_nodes(flow, start):
        states.update(_states(flow, flow.node(node_id), failed=failed))
    states[failed] = {"Type": "Pass", "Result": FAILED, "ResultPath": "$.edge", "End": True}
    if any(_joined(failed) in _ways(state) for state in states.values()):
        states[_joined(failed)] = {"Type": "Pass", "End": True}
    return {"StartAt": start, "States": states}


def _ways(state: State) -> list[str]:
    """Where a Choice may lead."""
    return [*(choice["Next"] for choice in state.get("Choices", ())), state.get("Default", "")]


def _joined(failed: str) -> str:
    return failed.removesuffix("failed") + "joined"
