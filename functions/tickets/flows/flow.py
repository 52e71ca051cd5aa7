"""A flow (流程): a versioned document of nodes and edges. Here is its form, and what makes one sound.

A node has a kind: `human` and `approval` wait for a person, `action` does something by itself, `decision` chooses an
edge by conditions, `parallel` runs branches until all have joined, `wait` lets time pass, `end` closes the ticket.
asl.py compiles a sound flow to Step Functions; that machine is the only meaning it has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from functions.tickets.actions.registry import action_names, action_problems
from hub.contracts.base import Contract, Slug
from hub.kernel.errors import Invalid, Problem

JOIN = "join"
"""Where an edge inside a parallel branch leads when the branch is done."""

Text = Annotated[str, Field(min_length=1, max_length=128)]


class Title(Contract):
    """What people read: Chinese, with English beside it."""

    zh: Text
    en: Text


class FormField(Contract):
    """One thing that the person at a node reports. money: a decimal string; lines: {sku, quantity, amount} each."""

    id: Slug
    title: Title
    type: Literal["text", "integer", "money", "lines"]
    required: bool = False


class Node(Contract):
    """What all nodes have. `milestone`: what the customer's progress page says once the node is done."""

    id: Slug
    title: Title
    milestone: Title | None = None


class Human(Node):
    """Waits for a person, who ends it with one of `outcomes` (outcome → next node)."""

    kind: Literal["human", "approval"]
    assignee: Literal["ticket.assignee", "supervisor"] = "ticket.assignee"
    fields: tuple[FormField, ...] = ()
    outcomes: Annotated[dict[Slug, Slug], Field(min_length=1)]


class Action(Node):
    """Does something by itself, and goes on to `next`, or by the way of its outcome where `outcomes` has one."""

    kind: Literal["action"]
    action: Annotated[Slug, Field(json_schema_extra={"enum": list(action_names())})]
    params: dict[str, Any] = Field(default_factory=dict)
    outcomes: dict[Slug, Slug] = Field(default_factory=dict)
    next: Slug


class Edge(Contract):
    """A decision's edge: taken when `when` holds (hub.rules conditions on the ticket's facts)."""

    id: Slug
    when: dict[str, Any]
    next: Slug


class Decision(Node):
    """Takes the first edge whose condition holds, else `otherwise`."""

    kind: Literal["decision"]
    edges: Annotated[tuple[Edge, ...], Field(min_length=1)]
    otherwise: Slug


class Parallel(Node):
    """Runs branches side by side, each from its start node until an edge to "join"; goes on when all have joined."""

    kind: Literal["parallel"]
    branches: Annotated[tuple[Slug, ...], Field(min_length=2, max_length=10)]
    next: Slug


class Wait(Node):
    """Lets `seconds` of business time pass."""

    kind: Literal["wait"]
    seconds: Annotated[int, Field(ge=1, le=366 * 86_400)]
    next: Slug


class End(Node):
    """Closes the ticket with `outcome`."""

    kind: Literal["end"]
    outcome: Slug


AnyNode = Annotated[Human | Action | Decision | Parallel | Wait | End, Field(discriminator="kind")]


class Flow(Contract):
    """A flow document, `schema_version` 1. `ladder` names the escalation ladder whose clock runs while it is open."""

    schema_version: Literal[1] = 1
    key: Slug
    title: Title
    ladder: Slug | None = None
    start: Slug
    nodes: Annotated[tuple[AnyNode, ...], Field(min_length=1, max_length=200)]

    def node(self, node_id: str) -> AnyNode:
        """The node with this id. Raises Invalid when there is none."""
        for node in self.nodes:
            if node.id == node_id:
                return node
        raise Invalid("no such node", problems=[Problem("/node", "must be one of: " + ", ".join(self.ids()))])

    def ids(self) -> list[str]:
        """All node ids, in the document's order."""
        return [node.id for node in self.nodes]


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
    """What makes a well-formed flow unsound: twins, edges to nowhere, actions that there are not, nodes out of reach,
    no way to an end."""
    problems = [*_twins(flow), *_edges_to_nowhere(flow), *_action_problems(flow)]
    if problems:
        return problems
    return [*_branch_problems(flow), *_reach_problems(flow)]


def edges(node: AnyNode) -> list[tuple[str, str]]:
    """A node's edges as (JSON pointer below the node, target); a parallel's branches count as edges too."""
    if isinstance(node, Human):
        return [(f"/outcomes/{outcome}", target) for outcome, target in node.outcomes.items()]
    if isinstance(node, Decision):
        return [*((f"/edges/{i}/next", edge.next) for i, edge in enumerate(node.edges)), ("/otherwise", node.otherwise)]
    if isinstance(node, Action):
        return [*((f"/outcomes/{outcome}", target) for outcome, target in node.outcomes.items()), ("/next", node.next)]
    if isinstance(node, Parallel):
        return [*((f"/branches/{i}", start) for i, start in enumerate(node.branches)), ("/next", node.next)]
    return [] if isinstance(node, End) else [("/next", node.next)]


def branch_nodes(flow: Flow, start: str) -> list[str]:
    """The nodes of the branch that begins at `start`, in the document's order."""
    seen, todo = {JOIN}, [start]
    while todo:
        node_id = todo.pop()
        if node_id not in seen:
            seen.add(node_id)
            todo.extend(target for _, target in edges(flow.node(node_id)))
    return [node_id for node_id in flow.ids() if node_id in seen]


def in_branches(flow: Flow) -> set[str]:
    """All nodes that lie inside some parallel's branch."""
    parallels = [node for node in flow.nodes if isinstance(node, Parallel)]
    return {inner for node in parallels for start in node.branches for inner in branch_nodes(flow, start)}


def _form_problems(error: ValidationError) -> Iterator[Problem]:
    """Each wrong place once: a list that only counts as too short because its items are wrong says nothing new."""
    errors = error.errors(include_url=False, include_input=False)
    places = {"".join(f"/{part}" for part in item["loc"] if part not in KINDS): item["msg"] for item in errors}
    for pointer, rule in places.items():
        if not any(other.startswith(f"{pointer}/") for other in places):
            yield Problem(pointer, rule)


KINDS = frozenset({"human", "approval", "action", "decision", "parallel", "wait", "end"})


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


def _branch_problems(flow: Flow) -> Iterator[Problem]:
    """Branches stay apart, do not nest, hold no end; "join" stands only inside them."""
    owner: dict[str, str] = {}
    for i, node in enumerate(flow.nodes):
        if not isinstance(node, Parallel):
            continue
        for b, start in enumerate(node.branches):
            for inner in [] if start == JOIN else branch_nodes(flow, start):
                if isinstance(flow.node(inner), Parallel | End) or inner == flow.start:
                    yield Problem(f"/nodes/{i}/branches/{b}", f"'{inner}' may not stand inside a branch")
                if owner.setdefault(inner, f"{node.id}/{b}") != f"{node.id}/{b}":
                    yield Problem(f"/nodes/{i}/branches/{b}", f"'{inner}' belongs to another branch too")
    for i, node in enumerate(flow.nodes):
        for pointer, target in edges(node):
            if target == JOIN and node.id not in owner:
                yield Problem(f"/nodes/{i}{pointer}", "'join' stands only inside a parallel's branch")


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


def _closure(start: set[str], step: Mapping[str, set[str]]) -> set[str]:
    seen, todo = set(start), list(start)
    while todo:
        for target in step.get(todo.pop(), set()) - seen:
            seen.add(target)
            todo.append(target)
    return seen
