"""A flow compiled to Amazon States Language: JSONPath, token tasks for what waits, Lambda tasks for the rest.

A state is a walk: it begins at its node, does by itself what doesn't wait, and stops at what does: a person, an event,
another ticket, a parallel, a time, an end. So a state transition is paid only where something is waited for, and a
walk with one way out needs no Choice. Whoever ends a visit whose way leads straight to an end closes the ticket in the
same breath.

Each state's data is {ticket, run, visit, at, edge}: the last visit, the node at which the walk stopped, and the edge
taken there. `visit` is carried from state to state, so loops, branches and retries agree on who each visit is. A run
may resume at any top-level node (`resume_at`). What people, budgets and forms are is read by version at run time and
never part of the machine.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from functions.tickets.flows.flow import (
    ELAPSED,
    JOIN,
    Action,
    AnyNode,
    Call,
    Decision,
    End,
    Flow,
    Human,
    Parallel,
    Wait,
    WaitFor,
)
from functions.tickets.flows.ways import BACK, Level, at_level, ends_at, may_be_skipped, ways_out
from hub.kernel.dataclass import dataclass

TOKEN_TIMEOUT_SECONDS = 360 * 86_400
"""Step Functions ends a parked task after a year; before that ours enters the same visit anew."""
STEP_TIMEOUT_SECONDS = 60
FAILED, JOINED = "failed", "joined"
"""How a parallel ends: one of its branches failed, or those that it needs have joined."""
OVER, RESUMED, FORKED = "over", "resumed", "forked"
"""Edges that are nobody's choice: what waited is not asked any more, the run begins elsewhere, a parallel is here."""
DONE, RESUME, LOST, BACK_STATE = "flow.done", "flow.resume", "flow.failed", "flow.back"
"""States that are no node's: no node's id has a dot."""

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


@dataclass(frozen=True)
class Way:
    """One way out of a walk: at which node it stopped, by which edge ("*": any other), and the state that is next."""

    at: str
    edge: str
    next: str


@dataclass(frozen=True)
class Stage:
    """Where states are made: at the top, or in a branch. failed: the state for what failed for good."""

    flow: Flow
    level: Level = ()
    failed: str = LOST

    @property
    def done(self) -> str:
        """The state in which the stage ends."""
        return self.named("joined") if self.level else DONE

    @property
    def back(self) -> str:
        """The Choice that sends back to any person's node of the stage."""
        return self.named("back") if self.level else BACK_STATE

    @property
    def skips(self) -> bool:
        return may_be_skipped(self.flow, self.level)

    def named(self, name: str) -> str:
        return f"{self.level[-1][0]}.{self.level[-1][1]}.{name}"


def compile_flow(flow: Flow) -> Compiled:
    """The machine of a sound flow; the same flow gives the same text, byte for byte. Titles, forms and assignees leave
    no trace in it, so flows that differ only in those share one machine."""
    stage = Stage(flow)
    states = _stage_states(stage)
    start = flow.start if f"{flow.start}.route" in states else RESUME
    if start != RESUME:
        resumed = {"Variable": "$.edge", "StringEquals": RESUMED, "Next": RESUME}
        states[f"{flow.start}.route"]["Choices"].insert(0, resumed)
        states[start]["Parameters"]["Payload"]["resume_at.$"] = "$.resume_at"
    top = at_level(flow, ())
    choices = [{"Variable": "$.resume_at", "StringEquals": node.id, "Next": node.id} for node in top]
    states[RESUME] = {"Type": "Choice", "Choices": choices, "Default": flow.start}
    states[LOST] = {"Type": "Fail", "Error": "FlowFailed", "Cause": "a step failed for good: see its error"}
    if any(DONE in _nexts(state) for state in states.values()):
        states[DONE] = {"Type": "Succeed"}
    text = json.dumps({"StartAt": start, "States": states}, ensure_ascii=False, indent=2) + "\n"
    return Compiled(text, hashlib.sha256(text.encode()).hexdigest())


def _stage_states(stage: Stage) -> dict[str, State]:
    """The states of all nodes of a level, and the Choice that leads back where one of them may send back."""
    states: dict[str, State] = {}
    nodes = at_level(stage.flow, stage.level)
    for node in nodes:
        states.update(_parallel(stage, node) if isinstance(node, Parallel) else _walk(stage, node.id, node.id, "go"))
    if any(stage.back in _nexts(state) for state in states.values()):
        people = [node.id for node in nodes if isinstance(node, Human)]
        choices = [{"Variable": "$.edge", "StringEquals": f"{BACK}{each}", "Next": each} for each in people]
        states[stage.back] = {"Type": "Choice", "Choices": choices, "Default": stage.failed}
    return states


def _walk(stage: Stage, name: str, start: str, op: str, **more: Any) -> dict[str, State]:
    """The state of this name, which walks on from the node `start`; with a Choice behind it where it has several ways,
    and the pauses at which it may stop."""
    stops = _stops(stage.flow, start)
    ways = [way for stop in stops for way in _ways(stage, stop)]
    parks = any(_is_parked(stage, stop) for stop in stops)
    task = _task(stage, {**_payload(op, more.pop("node", start)), **more}, parks=parks)
    states = {name: task}
    may_go_back = any(isinstance(stop, Human) and stop.back for stop in stops)
    if len({way.next for way in ways}) == 1 and not may_go_back and not stage.skips:
        task.update(_onward(ways[0].next, stage))
    else:
        task["Next"] = f"{name}.route"
        states[f"{name}.route"] = _choice(stage, ways, stage.back if may_go_back else stage.failed)
    for stop in stops:
        if isinstance(stop, Wait) and not stage.skips and name == start:
            states[f"{stop.id}.pause"] = _pause(stage, stop)
    return states


def _stops(flow: Flow, start: str) -> list[AnyNode | str]:
    """Where a walk from here may stop: nodes that wait or end, and "join"."""
    stops: dict[str, AnyNode | str] = {}
    seen, todo = set(), [start]
    while todo:
        target = todo.pop(0)
        node = JOIN if target == JOIN else flow.node(target)
        if target in seen:
            continue
        seen.add(target)
        if isinstance(node, Decision) or (isinstance(node, Action) and not node.is_awaited):
            todo += ways_out(node).values()
        else:
            stops[target] = node
    return list(stops.values())


def _is_parked(stage: Stage, stop: AnyNode | str) -> bool:
    """Whether the walk hands out a token there, to go on when somebody or something answers it. Inside a branch that
    may be skipped a wait does so, too: a Wait state could not be cut short."""
    return isinstance(stop, Human | WaitFor | Call | Action) or (isinstance(stop, Wait) and stage.skips)


def _ways(stage: Stage, stop: AnyNode | str) -> Iterator[Way]:
    """The ways out at a stop."""
    if isinstance(stop, str):
        yield Way(JOIN, "*", JOIN)
    elif isinstance(stop, End):
        yield Way(stop.id, "*", DONE)
    elif isinstance(stop, Parallel):
        yield Way(stop.id, FORKED, stop.id)
    elif isinstance(stop, Wait) and not stage.skips:
        yield Way(stop.id, ELAPSED, f"{stop.id}.pause")
    else:
        for edge, target in ways_out(stop).items():
            yield Way(stop.id, edge, DONE if ends_at(stage.flow, target) else target)


def _choice(stage: Stage, ways: list[Way], default: str) -> State:
    """By the recorded edge, and by where the walk stopped where there are several places."""
    several = len({way.at for way in ways}) > 1
    rules: list[State] = [{"Variable": "$.edge", "StringEquals": OVER, "Next": stage.done}]
    for way in ways:
        tests = [{"Variable": "$.at", "StringEquals": way.at}] if several else []
        if way.edge != "*":
            tests.append({"Variable": "$.edge", "StringEquals": way.edge})
        if not tests:
            default = _target(way.next, stage)
            continue
        rules.append({**(tests[0] if len(tests) == 1 else {"And": tests}), "Next": _target(way.next, stage)})
    return {"Type": "Choice", "Choices": rules, "Default": default}


def _pause(stage: Stage, node: Wait) -> State:
    return {"Type": "Wait", "SecondsPath": "$.wait_seconds", **_onward(node.next, stage)}


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


def _task(stage: Stage, payload: State, *, parks: bool) -> State:
    """A step; one that parks hands out a token, and enters its visit anew when the year that one lasts is over."""
    lost = {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": stage.failed}
    if not parks:
        return {
            "Type": "Task",
            "Resource": "arn:${Partition}:states:::lambda:invoke",
            "Parameters": {"FunctionName": "${StepsFunction}", "Payload": payload},
            "OutputPath": "$.Payload",
            "TimeoutSeconds": STEP_TIMEOUT_SECONDS,
            "Retry": _retry(),
            "Catch": [lost],
        }
    token = {
        "token.$": "$$.Task.Token",
        "entered.$": "$$.State.EnteredTime",
        "retry.$": "$$.State.RetryCount",
    }
    again = {"ErrorEquals": ["States.Timeout"], "ResultPath": None}
    return {
        "Type": "Task",
        "Resource": "arn:${Partition}:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "${StepsFunction}", "Payload": {**payload, **token}},
        "TimeoutSeconds": TOKEN_TIMEOUT_SECONDS,
        "Retry": _retry("States.Timeout"),
        "Catch": [{**again, "Next": payload["node"] if payload["op"] == "go" else f"{payload['node']}.join"}, lost],
    }


def _onward(target: str, stage: Stage) -> State:
    return {"End": True} if target in (JOIN, DONE) else {"Next": _target(target, stage)}


def _target(target: str, stage: Stage) -> str:
    return stage.done if target in (JOIN, DONE) else target


def _parallel(stage: Stage, node: Parallel) -> dict[str, State]:
    """The branches; then one step records what their edges say once all have ended, and walks on. A branch that failed
    fails the run, after its siblings have done their work, unless enough others have joined."""
    fork = {
        "Type": "Parallel",
        "Branches": [_branch(stage, node, b) for b in range(len(node.branches))],
        "ResultPath": "$.branches",
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": stage.failed}],
        "Next": f"{node.id}.join",
    }
    more = {"node": node.id, "edges.$": "$.branches[*].edge"}
    return {node.id: fork, **_walk(stage, f"{node.id}.join", node.next, "joined", **more)}


def _branch(stage: Stage, node: Parallel, index: int) -> State:
    """A branch catches inside itself: its failure is an edge of its own, and its siblings go on."""
    level = (*stage.level, (node.id, index))
    inner = Stage(stage.flow, level, f"{node.id}.{index}.failed")
    states = _stage_states(inner)
    states = _reached(states, node.branches[index])
    states[inner.failed] = {"Type": "Pass", "Result": FAILED, "ResultPath": "$.edge", "End": True}
    if any(inner.done in _nexts(state) for state in states.values()):
        states[inner.done] = {"Type": "Pass", "End": True}
    return {"StartAt": node.branches[index], "States": states}


def _reached(states: dict[str, State], start: str) -> dict[str, State]:
    """The states that can be reached from this one."""
    seen, todo = {start}, [start]
    while todo:
        new = {name for name in _nexts(states[todo.pop()]) if name in states} - seen
        seen |= new
        todo += new
    return {name: state for name, state in states.items() if name in seen}


def _nexts(state: State) -> list[str]:
    """Where a state may lead."""
    choices = (*state.get("Choices", ()), *state.get("Catch", ()))
    return [*(choice["Next"] for choice in choices), state.get("Default", ""), state.get("Next", "")]
