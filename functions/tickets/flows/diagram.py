"""Diagrams (流程图) of a flow: an SVG picture, laid out in layers, and Mermaid's words; with how many tickets wait at
each node, where that is known. Pure.

Layers: each node lies below all that lead to it, but those that lead back; within a layer nodes lie in the order of
what leads to them, which keeps lines from crossing. Every colour, size and word is in the picture itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from functions.tickets.flows.flow import JOIN, AnyNode, Decision, End, Flow, Human, Parallel
from functions.tickets.flows.ways import edges, levels
from hub.kernel.dataclass import dataclass

WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 180, 56, 40, 64, 24
SWEEPS = 4
"""So often the order within layers is improved."""
FILLS = {"human": "#e8f1fd", "approval": "#e8f1fd", "decision": "#fdf3dc", "end": "#e6f4ea", "parallel": "#f1eafa"}


@dataclass(frozen=True)
class Line:
    """One edge of the picture. back: it leads to an earlier layer."""

    start: str
    target: str
    label: str
    back: bool = False


def mermaid(flow: Flow, counts: Mapping[str, int]) -> str:
    """The flow as a Mermaid flowchart."""
    rows = ["flowchart TD"]
    for node in flow.nodes:
        opening, closing = _shape(node)
        rows.append(f'  {node.id}{opening}"{_words(node, counts)}"{closing}')
    for line in _lines(flow):
        label = f'|"{line.label}"|' if line.label else ""
        rows.append(f"  {line.start} -->{label} {line.target}")
    return "\n".join(rows) + "\n"


def svg(flow: Flow, counts: Mapping[str, int]) -> str:
    """The flow as an SVG picture."""
    lines = _lines(flow)
    layers = _layers(flow, lines)
    places = _places(layers)
    width = max(x for x, _ in places.values()) + WIDTH + MARGIN * 3
    height = max(y for _, y in places.values()) + HEIGHT + MARGIN
    shapes = [_line(line, places, width) for line in lines]
    shapes += [_box(node, places[node.id], counts) for node in flow.nodes if node.id in places]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-family="sans-serif" font-size="13"><title>{escape(flow.title.zh)} · {escape(flow.title.en)}</title>'
        '<defs><marker id="tip" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">'
        '<path d="M0,0 L8,4 L0,8 z" fill="#5f6b7a"/></marker></defs>' + "".join(shapes) + "</svg>\n"
    )


def _lines(flow: Flow) -> list[Line]:
    """Every edge; the join of a branch leads to what its parallel goes on to."""
    placed = levels(flow)
    back = _leads_back(flow)
    lines = []
    for node in flow.nodes:
        for pointer, target in edges(node):
            if isinstance(node, Parallel) and pointer == "/next":
                continue
            end = _behind(flow, placed.get(node.id, ()), target)
            lines.append(Line(node.id, end, _label(node, pointer), (node.id, end) in back))
    return list(dict.fromkeys(lines))


def _behind(flow: Flow, level: tuple[tuple[str, int], ...], target: str) -> str:
    while target == JOIN and level:
        fork = flow.node(level[-1][0])
        target, level = (fork.next if isinstance(fork, Parallel) else target), level[:-1]
    return target


def _label(node: AnyNode, pointer: str) -> str:
    name = pointer.rsplit("/", 1)[-1]
    if isinstance(node, Decision):
        return node.edges[int(pointer.split("/")[2])].id if pointer.startswith("/edges") else name
    if isinstance(node, Parallel) or name == "next":
        return ""
    outcomes = getattr(node, "outcomes", {})
    return "" if len(outcomes) == 1 and isinstance(node, Human) else name


def _leads_back(flow: Flow) -> set[tuple[str, str]]:
    """The edges that close a circle, as a walk from the start finds them."""
    placed, back, done = levels(flow), set[tuple[str, str]](), set[str]()
    path: list[tuple[str, list[str]]] = [(flow.start, _targets(flow, flow.start, placed))]
    while path:
        node_id, todo = path[-1]
        if not todo:
            path.pop()
            done.add(node_id)
            continue
        target = todo.pop(0)
        if target in [each for each, _ in path]:
            back.add((node_id, target))
        elif target not in done:
            path.append((target, _targets(flow, target, placed)))
    return back


def _targets(flow: Flow, node_id: str, placed: Mapping[str, tuple[tuple[str, int], ...]]) -> list[str]:
    node = flow.node(node_id)
    ways = [(p, t) for p, t in edges(node) if not (isinstance(node, Parallel) and p == "/next")]
    return [_behind(flow, placed.get(node_id, ()), target) for _, target in ways]


def _layers(flow: Flow, lines: list[Line]) -> list[list[str]]:
    """The nodes by layer, each in an order that follows what leads to it."""
    depth = {node.id: 0 for node in flow.nodes}
    forward = [line for line in lines if not line.back and line.target in depth]
    for _ in flow.nodes:
        for line in forward:
            depth[line.target] = max(depth[line.target], depth[line.start] + 1)
    layers = [[n.id for n in flow.nodes if depth[n.id] == level] for level in range(max(depth.values()) + 1)]
    for _ in range(SWEEPS):
        rank = {node_id: i for layer in layers for i, node_id in enumerate(layer)}
        for layer in layers[1:]:
            above = {each: [rank[line.start] for line in forward if line.target == each] for each in layer}
            middles = {each: _middle(above[each], rank[each]) for each in layer}
            layer.sort(key=middles.__getitem__)
    return layers


def _middle(ranks: list[int], own: int) -> float:
    return sum(ranks) / len(ranks) if ranks else float(own)


def _places(layers: list[list[str]]) -> dict[str, tuple[int, int]]:
    widest = max(len(layer) for layer in layers)
    places = {}
    for row, layer in enumerate(layers):
        indent = (widest - len(layer)) * (WIDTH + GAP_X) // 2
        for column, node_id in enumerate(layer):
            places[node_id] = (MARGIN + indent + column * (WIDTH + GAP_X), MARGIN + row * (HEIGHT + GAP_Y))
    return places


def _line(line: Line, places: Mapping[str, tuple[int, int]], width: int) -> str:
    if line.start not in places or line.target not in places:
        return ""
    (x1, y1), (x2, y2) = places[line.start], places[line.target]
    if line.back:
        side = width - MARGIN
        points = f"M{x1 + WIDTH},{y1 + HEIGHT // 2} C{side},{y1} {side},{y2 + HEIGHT} {x2 + WIDTH},{y2 + HEIGHT // 2}"
        label_x, label_y = side - MARGIN * 3, (y1 + y2 + HEIGHT) // 2
    else:
        top, middle = y1 + HEIGHT, (y1 + HEIGHT + y2) // 2
        start, end = x1 + WIDTH // 2, x2 + WIDTH // 2
        points = f"M{start},{top} C{start},{middle} {end},{middle} {end},{y2}"
        label_x, label_y = (start + end) // 2 + 6, middle - 4
    drawn = f'<path d="{points}" fill="none" stroke="#5f6b7a" marker-end="url(#tip)"/>'
    if not line.label:
        return drawn
    return f'{drawn}<text x="{label_x}" y="{label_y}" fill="#5f6b7a">{escape(line.label)}</text>'


def _box(node: AnyNode, place: tuple[int, int], counts: Mapping[str, int]) -> str:
    x, y = place
    fill, corner = FILLS.get(node.kind, "#f4f5f7"), HEIGHT // 2 if isinstance(node, End) else 8
    count = counts.get(node.id, 0)
    badge = ""
    if count:
        badge = (
            f'<circle cx="{x + WIDTH}" cy="{y}" r="13" fill="#c5221f"/>'
            f'<text x="{x + WIDTH}" y="{y + 5}" fill="#fff" text-anchor="middle">{count}</text>'
        )
    return (
        f'<g id="{node.id}"><rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="{corner}" fill="{fill}" '
        f'stroke="#5f6b7a"/><text x="{x + WIDTH // 2}" y="{y + 24}" text-anchor="middle">{escape(node.title.zh)}</text>'
        f'<text x="{x + WIDTH // 2}" y="{y + 42}" text-anchor="middle" fill="#5f6b7a" font-size="11">'
        f"{escape(node.title.en)}</text>{badge}</g>"
    )


def _shape(node: AnyNode) -> tuple[str, str]:
    if isinstance(node, Decision):
        return "{", "}"
    if isinstance(node, Parallel):
        return "{{", "}}"
    return ("([", "])") if isinstance(node, End) else ("[", "]")


def _words(node: AnyNode, counts: Mapping[str, int]) -> str:
    """The title without what Mermaid would read as its own."""
    count = f" ({counts[node.id]})" if counts.get(node.id) else ""
    text = f"{node.title.zh}{count}"
    return "".join(f"#{ord(char)};" if char in '"<>#&[]{}|`' else char for char in text)
