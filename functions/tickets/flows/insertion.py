"""Insertion (插入节点): nodes put into a flow's document behind another, so that the rest stays wired. Pure."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence, Set
from typing import Any

from hub.kernel.errors import Invalid, Problem

NEXT = "@next"
"""In a node that is put in: whatever stood behind the place."""
GIVEN = "@"
"""Before the name of what whoever puts a block in has to give, where it stands among parameters."""
ONWARD = ("action", "wait", "wait_for", "call", "parallel")
"""Kinds of node that go on to `next`."""
Document = dict[str, Any]


def insert_nodes(document: Mapping[str, Any], after: str, nodes: Sequence[Document], edge: str = "") -> Document:
    """The document with these nodes behind `after`, on its way out by `edge`. What led on from there leads on from the
    last of them. Raises Invalid for a node or an edge that is not there, or an edge that has to be said."""
    changed: Document = copy.deepcopy(dict(document))
    listed: list[Document] = changed.get("nodes", [])
    place = next((i for i, node in enumerate(listed) if node.get("id") == after), None)
    if place is None:
        ids = ", ".join(str(node.get("id")) for node in listed)
        raise Invalid("no such node", problems=[Problem("/after", f"must be one of: {ids}")])
    holder, name = _way_out(listed[place], edge)
    target = str(holder[name])
    in_use = frozenset(str(node.get("id")) for node in listed)
    chain = chain_of(nodes, target, in_use)
    holder[name] = chain[0]["id"]
    changed["nodes"] = [*listed[: place + 1], *chain, *listed[place + 1 :]]
    return changed


def chain_of(nodes: Sequence[Document], target: str, in_use: Set[str]) -> list[Document]:
    """These nodes, each leading to the one behind it, the last to `target`; a name that is taken gets a number."""
    chain = [copy.deepcopy(node) for node in nodes]
    names = {str(node.get("id", "")): _free(str(node.get("id", "")), in_use) for node in chain}
    for i, node in enumerate(chain):
        node["id"] = names[str(node.get("id", ""))]
        if node.get("kind") in ONWARD:
            node.setdefault("next", str(nodes[i + 1].get("id", "")) if i + 1 < len(chain) else NEXT)
        elif node.get("kind") in ("human", "approval"):
            node.setdefault("outcomes", {"done": str(nodes[i + 1].get("id", "")) if i + 1 < len(chain) else NEXT})
        _rewire(node, {NEXT: target, **names})
    return chain


def filled(value: Any, values: Mapping[str, str]) -> Any:
    """A node, or a part of one, with what is given in its places."""
    if isinstance(value, dict):
        return {name: filled(part, values) for name, part in value.items()}
    if isinstance(value, list):
        return [filled(part, values) for part in value]
    return values.get(value[1:], value) if isinstance(value, str) and value.startswith(GIVEN) else value


def usual_order(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The nodes along the usual way: the first way out of each, from the start on."""
    by_id = {str(node.get("id")): node for node in document.get("nodes", ())}
    order: list[str] = []
    node_id = str(document.get("start", ""))
    while node_id in by_id and node_id not in order:
        order.append(node_id)
        ways = _ways(by_id[node_id])
        node_id = ways[0][1] if ways else ""
    return tuple(order)


def _way_out(node: Document, edge: str) -> tuple[Document, str]:
    """Where the document says what follows a node: an object, and the name in it."""
    ways = _ways(node)
    named = [(place, name) for place, _, name in ((w[0], w[1], w[2]) for w in ways) if not edge or name == edge]
    if len(named) == 1:
        return named[0]
    if node.get("kind") in ONWARD and not edge:
        return node, "next"
    names = ", ".join(name for _, _, name in ways) or "none"
    raise Invalid("which way out?", problems=[Problem("/edge", f"must be one of: {names}")])


def _ways(node: Document) -> list[tuple[Document, str, str]]:
    """Each way out of a node: the object that names it, where it leads, and under which name; the usual one first."""
    ways: list[tuple[Document, str, str]] = []
    if "next" in node:
        ways.append((node, str(node["next"]), "next"))
    outcomes = node.get("outcomes")
    if isinstance(outcomes, dict):
        ways += [(outcomes, str(target), str(name)) for name, target in outcomes.items()]
    for place in node.get("edges") or ():
        ways.append((place, str(place.get("next", "")), "next"))
    if "otherwise" in node:
        ways.append((node, str(node["otherwise"]), "otherwise"))
    return ways


def _rewire(node: Document, names: Mapping[str, str]) -> None:
    """What the node leads to, by other names."""
    for holder, target, name in _ways(node):
        holder[name] = names.get(target, target)
    if node.get("kind") == "parallel":
        node["branches"] = [names.get(str(branch), str(branch)) for branch in node.get("branches", ())]


def _free(name: str, in_use: Set[str]) -> str:
    number, free = 2, name
    while free in in_use:
        free, number = f"{name}_{number}", number + 1
    return free
