"""What makes a flow sound: parsed, and refused with the place of everything that could not work. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ValidationError

from functions.tickets.actions.registry import action_problems
from functions.tickets.flows.flow import JOIN, Action, Approval, Decision, End, Flow, Human, Parallel, Wait
from functions.tickets.flows.ways import Level, edges, placements
from hub.kernel.errors import Invalid, Problem

KINDS = frozenset({"human", "approval", "action", "decision", "parallel", "wait", "wait_for", "call", "end"})
NESTED_LIMIT = 3
"""So many parallels may lie inside each other."""
APPROVED, REJECTED = "approved", "rejected"


def parse_flow(document: Mapping[str, Any]) -> Flow:
    """A sound flow. Raises Invalid that names every wrong place by JSON pointer: first form, then sense."""
    try:
        flow = Flow.model_validate(document)
    except ValidationError as error:
        raise Invalid("the flow document has wrong fields", problems=list(_form_problems(error))) from None
    problems = lint(flow)
    if problems:
        raise Invalid("the flow is not sound", problems=problems)
    return flow


def lint(flow: Flow) -> list[Problem]:
    """What makes a well-formed flow unsound: twins, edges to nowhere, actions that there are not, nodes that ask for
    what can't be, branches that mix, nodes out of reach, no way to an end, circles that nobody ever stops in."""
    problems = [*_twins(flow), *_edges_to_nowhere(flow), *_action_problems(flow), *_asking_problems(flow)]
    if problems:
        return problems
    return [*_branch_problems(flow), *_reach_problems(flow), *_circles(flow)]


def _form_problems(error: ValidationError) -> Iterator[Problem]:
    """Each wrong place once: a list that only counts as too short because its items are wrong says nothing new."""
    errors = error.errors(include_url=False, include_input=False)
    places = {"".join(f"/{part}" for part in item["loc"] if part not in KINDS): item["msg"] for item in errors}
    for pointer, rule in places.items():
        if not any(other.startswith(f"{pointer}/") for other in places):
            yield Problem(pointer, rule)


def _twins(flow: Flow) -> Iterator[Problem]:
    ids = flow.ids()
    for i, node_id in enumerate(ids):
        if node_id == JOIN or node_id in ids[:i]:
            yield Problem(f"/nodes/{i}/id", f"'{node_id}' is taken: ids are unique, and 'join' is reserved")


def _edges_to_nowhere(flow: Flow) -> Iterator[Problem]:
    ids = {*flow.ids(), JOIN}
    if flow.start not in ids - {JOIN}:
        yield Problem("/start", "must be the id of a node")
    for i, node in enumerate(flow.nodes):
        for pointer, target in edges(node):
            if target not in ids:
                yield Problem(f"/nodes/{i}{pointer}", f"'{target}' is no node")


def _action_problems(flow: Flow) -> Iterator[Problem]:
    for i, node in enumerate(flow.nodes):
        if isinstance(node, Action):
            for problem in action_problems(node.action, node.params, node.outcomes):
                yield Problem(f"/nodes/{i}{problem.pointer}", problem.rule)
            if node.undo:
                for problem in action_problems(node.undo.action, node.undo.params, {}):
                    yield Problem(f"/nodes/{i}/undo{problem.pointer}", problem.rule)


def _asking_problems(flow: Flow) -> Iterator[Problem]:
    """What nodes of people ask for, and could never be."""
    for i, node in enumerate(flow.nodes):
        if isinstance(node, Human) and node.timeout and node.timeout.outcome not in node.outcomes:
            yield Problem(f"/nodes/{i}/timeout/outcome", "must be one of: " + ", ".join(node.outcomes))
        if isinstance(node, Approval) and node.is_signed:
            if node.signers and node.matrix:
                yield Problem(f"/nodes/{i}/matrix", "signers are named here or by a matrix, not both")
            for verdict in (APPROVED, REJECTED):
                if verdict not in node.outcomes:
                    yield Problem(f"/nodes/{i}/outcomes", f"must say where '{verdict}' leads")
        if isinstance(node, Wait):
            yield from (Problem(f"/nodes/{i}{problem.pointer}", problem.rule) for problem in _wait_problems(node))
        if isinstance(node, Parallel) and node.need > len(node.branches):
            yield Problem(f"/nodes/{i}/join", f"must be at most {len(node.branches)}, the number of branches")


def _wait_problems(node: Wait) -> Iterator[Problem]:
    if (node.seconds is None) == (node.until is None):
        yield Problem("/seconds", "either seconds, or a time of the day until which it waits")
    if node.field and node.until is None:
        yield Problem("/until", "must say at what time of the field's day")
    try:
        ZoneInfo(node.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        yield Problem("/timezone", "must be a time zone, e.g. Asia/Shanghai")


def _branch_problems(flow: Flow) -> Iterator[Problem]:
    """Branches stay apart, lie three deep at most, hold no end; "join" stands only inside them."""
    where: dict[str, Level] = {}
    numbers = {node.id: i for i, node in enumerate(flow.nodes)}
    for node_id, level in placements(flow):
        node, place = flow.node(node_id), _place_of(level, numbers)
        if where.setdefault(node_id, level) != level:
            other = level if level else where[node_id]
            yield Problem(_place_of(other, numbers), f"'{node_id}' belongs to another branch too")
            return
        if level and isinstance(node, End):
            yield Problem(place, f"'{node_id}' may not stand inside a branch")
        if len(level) > NESTED_LIMIT:
            yield Problem(place, f"parallels may lie {NESTED_LIMIT} deep at most")
            return
        for pointer, target in [] if level else edges(node):
            if target == JOIN:
                yield Problem(f"/nodes/{numbers[node_id]}{pointer}", "'join' stands only inside a parallel's branch")


def _place_of(level: Level, numbers: Mapping[str, int]) -> str:
    """The pointer of the branch that this level is, "/start" at the top."""
    return f"/nodes/{numbers[level[-1][0]]}/branches/{level[-1][1]}" if level else "/start"


def _reach_problems(flow: Flow) -> Iterator[Problem]:
    forward = {node.id: {target for _, target in edges(node)} for node in flow.nodes}
    reached = _closure({flow.start}, forward)
    backward: dict[str, set[str]] = {}
    for node_id, targets in forward.items():
        for target in targets:
            backward.setdefault(target, set()).add(node_id)
    ending = _closure({node.id for node in flow.nodes if isinstance(node, End)} | {JOIN}, backward)
    for i, node in enumerate(flow.nodes):
        if node.id not in reached:
            yield Problem(f"/nodes/{i}", f"'{node.id}' is never reached from '{flow.start}'")
        elif node.id not in ending:
            yield Problem(f"/nodes/{i}", f"no way leads from '{node.id}' to an end")


def _circles(flow: Flow) -> Iterator[Problem]:
    """Nodes that lead back to themselves with nobody and nothing on the way to wait for: they would spin for ever."""
    restless = {n.id: n for n in flow.nodes if isinstance(n, Action | Decision)}
    step = {node_id: {target for _, target in edges(node)} & restless.keys() for node_id, node in restless.items()}
    for i, node in enumerate(flow.nodes):
        if node.id in step and node.id in _closure(step[node.id], step):
            yield Problem(f"/nodes/{i}", f"'{node.id}' leads back to itself without a person or a wait on the way")


def _closure(start: set[str], step: Mapping[str, set[str]]) -> set[str]:
    seen, todo = set(start), list(start)
    while todo:
        for target in step.get(todo.pop(), set()) - seen:
            seen.add(target)
            todo.append(target)
    return seen
