"""Ways (走向): which nodes of a flow lead where, and in which branch each of them lies. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from functions.tickets.flows.flow import (
    ELAPSED,
    JOIN,
    RECEIVED,
    Action,
    AnyNode,
    Call,
    Decision,
    End,
    Flow,
    Human,
    Parallel,
    WaitFor,
)

BACK = "back."
"""Before the node to which somebody sends a ticket back: the edge that this is."""
Branch = tuple[str, int]
"""A parallel's id, and which of its branches."""
Level = tuple[Branch, ...]
"""The branches around a node, from the outermost one in; () at the top."""


def edges(node: AnyNode) -> list[tuple[str, str]]:
    """A node's edges as (JSON pointer below the node, target); a parallel's branches count as edges too."""
    if isinstance(node, Human):
        return [(f"/outcomes/{outcome}", target) for outcome, target in node.outcomes.items()]
    if isinstance(node, Decision):
        return [*((f"/edges/{i}/next", edge.next) for i, edge in enumerate(node.edges)), ("/otherwise", node.otherwise)]
    if isinstance(node, Action | Call):
        return [*((f"/outcomes/{outcome}", target) for outcome, target in node.outcomes.items()), ("/next", node.next)]
    if isinstance(node, Parallel):
        return [*((f"/branches/{i}", start) for i, start in enumerate(node.branches)), ("/next", node.next)]
    if isinstance(node, WaitFor):
        return [("/next", node.next), ("/otherwise", node.otherwise)]
    return [] if isinstance(node, End) else [("/next", node.next)]


def ways_out(node: AnyNode) -> dict[str, str]:
    """Where each recorded edge of a node leads: edge → target. A parallel's way is that of its join; a call's and an
    action's other edges lead to `next`, as "*"."""
    if isinstance(node, Human):
        return dict(node.outcomes)
    if isinstance(node, Decision):
        return {edge.id: edge.next for edge in node.edges} | {"otherwise": node.otherwise}
    if isinstance(node, Action | Call):
        return {**node.outcomes, "*": node.next}
    if isinstance(node, WaitFor):
        return {RECEIVED: node.next, ELAPSED: node.otherwise}
    return {} if isinstance(node, End) else {"*": node.next}


def following(node: AnyNode, edge: str) -> str:
    """The node to which a recorded edge leads; "" behind an end."""
    if edge.startswith(BACK):
        return edge.removeprefix(BACK)
    ways = ways_out(node)
    return ways.get(edge) or ways.get("*") or ("" if isinstance(node, End) else ways[edge])


def levels(flow: Flow) -> Mapping[str, Level]:
    """In which branches each node lies that can be reached. A node that is reached at two levels has the first."""
    return dict(reversed(list(placements(flow))))


def placements(flow: Flow) -> Iterator[tuple[str, Level]]:
    """Each node with each level at which it is reached, the outermost first."""
    by_id = {node.id: node for node in flow.nodes}
    seen: set[tuple[str, Level]] = set()
    todo: list[tuple[str, Level]] = [(flow.start, ())]
    while todo:
        node_id, level = todo.pop(0)
        if node_id not in by_id or (node_id, level) in seen or len(level) > len(by_id):
            continue
        seen.add((node_id, level))
        yield node_id, level
        node = by_id[node_id]
        if isinstance(node, Parallel):
            todo += [(branch, (*level, (node.id, b))) for b, branch in enumerate(node.branches)]
            todo.append((node.next, level))
        else:
            todo += [(target, level) for _, target in edges(node)]


def at_level(flow: Flow, level: Level) -> list[AnyNode]:
    """The nodes of one level, in the document's order."""
    placed = levels(flow)
    return [node for node in flow.nodes if placed.get(node.id) == level]


def may_be_skipped(flow: Flow, level: Level) -> bool:
    """Whether a parallel around this level may go on without it."""
    return any(isinstance(fork := flow.node(fork_id), Parallel) and fork.skips for fork_id, _ in level)


def ends_at(flow: Flow, target: str) -> bool:
    """Whether a way leads to an end that only closes the ticket: whoever takes it closes it in the same breath."""
    if target == JOIN:
        return False
    node = flow.node(target)
    return isinstance(node, End) and not node.undo
