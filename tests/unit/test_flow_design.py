"""Designing flows: what lint says and where, nodes put in between, and pictures."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import pytest

from functions.tickets.flows.diagram import mermaid, svg
from functions.tickets.flows.flow import Wait
from functions.tickets.flows.insertion import insert_nodes, usual_order
from functions.tickets.flows.preset_flows import preset_flows
from functions.tickets.flows.review import Known, review
from functions.tickets.flows.soundness import parse_flow
from hub.kernel.errors import Invalid

T = {"zh": "节点", "en": "Node"}
KNOWN = Known(ladders=("basic",), matrices=("refund",), forms=("inspection",), types=("repair",), fields=("trust",))


def flow(*nodes: dict[str, Any], **facts: Any) -> dict[str, Any]:
    end = {"id": "closed", "kind": "end", "title": T, "outcome": "done"}
    listed = [{"title": T, **node} for node in nodes]
    return {"key": "sample", "title": T, "ladder": "basic", "start": nodes[0]["id"], "nodes": [*listed, end], **facts}


def human(node_id: str, **facts: Any) -> dict[str, Any]:
    return {"id": node_id, "kind": "human", "outcomes": {"ok": "closed"}, **facts}


def refused(document: dict[str, Any]) -> list[str]:
    with pytest.raises(Invalid) as caught:
        parse_flow(document)
    return [problem.pointer for problem in caught.value.problems]


def findings(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [(finding.pointer, finding.severity) for finding in review(parse_flow(document), KNOWN)]


def decision(*edges: dict[str, Any], then: str = "closed") -> dict[str, Any]:
    named = [{"id": f"e{i}", "when": when, "next": then} for i, when in enumerate(edges)]
    return {"id": "which", "kind": "decision", "edges": named, "otherwise": then}


def tag(node_id: str, then: str) -> dict[str, Any]:
    return {"id": node_id, "kind": "action", "action": "tag", "next": then}


@pytest.mark.parametrize(
    ("document", "places"),
    [
        (flow(tag("a", "b"), decision({}, then="a") | {"id": "b", "otherwise": "closed"}), ["/nodes/0", "/nodes/1"]),
        (flow(human("ask", timeout={"seconds": 60, "outcome": "late"})), ["/nodes/0/timeout/outcome"]),
        (
            flow({"id": "sign", "kind": "approval", "signers": ["supervisor"], "outcomes": {"ok": "closed"}}),
            ["/nodes/0/outcomes"] * 2,
        ),
        (flow(human("ask", assignee="role:poet")), ["/nodes/0/assignee"]),
        (flow(tag("a", "closed") | {"undo": {"action": "dance"}}), ["/nodes/0/undo/action"]),
    ],
)
def test_what_could_not_work_is_refused_with_its_place(document: dict[str, Any], places: list[str]) -> None:
    """Circles that nobody stops in, a time-out without a way, signers without verdicts, a role that there is not."""
    assert refused(document) == places


@pytest.mark.parametrize(
    ("at", "ends"),
    [("07:59:59", "20T08:00"), ("08:00:00", "21T08:00"), ("08:00:01", "21T08:00"), ("23:30:00", "21T08:00")],
)
def test_a_wait_until_a_time_of_the_day(at: str, ends: str) -> None:
    """The next eight o'clock on the tenant's wall: today, or tomorrow."""
    document = parse_flow(flow({"id": "w", "kind": "wait", "until": "08:00", "next": "closed"}))
    node = document.node("w")
    assert isinstance(node, Wait)
    assert node.ends_at(datetime.fromisoformat(f"2026-11-20T{at}+08:00"), {}) == datetime.fromisoformat(
        f"2026-11-{ends}+08:00"
    )


@pytest.mark.parametrize(
    ("day", "ends"),
    [("2026-12-20", "2026-12-13T09:00"), ("2026-11-27", "2026-11-20T10:00"), ("", "2026-11-20T10:00")],
)
def test_a_wait_until_before_the_day_of_a_field(day: str, ends: str) -> None:
    """A week before the policy is over, at nine; at once where that is past, or no day is known."""
    wait = {"id": "w", "kind": "wait", "field": "policy_expires", "days_before": 7, "until": "09:00", "next": "closed"}
    node = parse_flow(flow(wait)).node("w")
    assert isinstance(node, Wait)
    at = datetime.fromisoformat("2026-11-20T10:00+08:00")
    assert node.ends_at(at, {"policy_expires": day}) == datetime.fromisoformat(f"{ends}+08:00")
    del wait["until"]
    assert refused(flow(wait | {"seconds": 60})) == ["/nodes/0/until"]


def test_parallels_lie_three_deep_at_most() -> None:
    """A fourth is refused, as is a join that asks for more branches than there are."""

    def nested(depth: int) -> dict[str, Any]:
        nodes: list[dict[str, Any]] = []
        for level in range(depth):
            inner = f"p{level + 1}" if level + 1 < depth else "deep"
            then = "closed" if not level else "join"
            nodes.append({"id": f"p{level}", "kind": "parallel", "branches": [inner, f"s{level}"], "next": then})
            nodes.append(human(f"s{level}", outcomes={"ok": "join"}))
        return flow(*nodes, human("deep", outcomes={"ok": "join"}))

    assert parse_flow(nested(3)).ids()
    assert refused(nested(4)) == ["/nodes/6/branches/0"]
    fork = {"id": "fork", "kind": "parallel", "branches": ["a", "b"], "join": 3, "next": "closed"}
    branches = [human(name, outcomes={"ok": "join"}) for name in "ab"]
    assert refused(flow(fork, *branches)) == ["/nodes/0/join"]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (flow(human("ask")), []),
        (flow(human("ask"), ladder="none"), [("/ladder", "error")]),
        (flow(human("ask"), ladder=None), [("/nodes/0", "warning")]),
        (flow(human("ask", timeout={"seconds": 60, "outcome": "ok"}), ladder=None), []),
        (flow(decision({"amount": {"lt": 500}}, {"amount": {"lt": 100}})), [("/nodes/0/edges/1", "warning")]),
        (
            flow(decision({"field_trust": {"gte": "0.8"}}, {"field_mood": {"eq": "x"}})),
            [("/nodes/0/edges/1/when", "warning")],
        ),
        (flow(human("ask", assignee="field:boss")), [("/nodes/0/assignee", "warning")]),
        (flow({"id": "c", "kind": "call", "type": "nothing", "next": "closed"}), [("/nodes/0/type", "error")]),
        (
            flow(
                {"id": "w", "kind": "wait", "seconds": 60, "next": "which"},
                decision({"amount": {"lt": 5}}, then="w") | {"otherwise": "closed"},
            ),
            [("/nodes/0", "error")],
        ),
    ],
)
def test_lint_says_what_is_hardly_meant(document: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    """No deadline, a shadowed edge, an unknown field, type or ladder, and a circle whose year no history could hold."""
    assert findings(document) == expected


@pytest.mark.parametrize("key", sorted(preset_flows()))
def test_a_picture_shows_every_node_and_way(key: str) -> None:
    """SVG is XML with a group a node; Mermaid names each edge; counts stand at their nodes."""
    document = parse_flow(preset_flows()[key])
    drawn = ElementTree.fromstring(svg(document, {document.start: 7}))  # noqa: S314 - our own
    space = "{http://www.w3.org/2000/svg}"
    assert {group.attrib["id"] for group in drawn.iter(f"{space}g")} == set(document.ids())
    assert "7" in [text.text for text in drawn.iter(f"{space}text")]
    words = mermaid(document, {document.start: 7})
    assert f"{document.start}[" in words or f"{document.start}{{" in words
    assert "(7)" in words


def test_words_that_mermaid_would_read_are_shown_as_typed() -> None:
    """A title with quotes, brackets or a bar is no syntax."""
    odd = flow(human("ask", title={"zh": '问"[x]|<b>', "en": "Ask"}))
    line = next(row for row in mermaid(parse_flow(odd), {}).splitlines() if row.startswith("  ask["))
    assert line == '  ask["问#34;#91;x#93;#124;#60;b#62;"]'
    assert "<b>" not in svg(parse_flow(odd), {})


def test_a_node_is_put_in_and_names_stay_unique() -> None:
    """On a way out that is named; a name that is taken gets a number; the document handed in stays as it was."""
    document = flow(human("ask", outcomes={"ok": "closed", "no": "closed"}))
    once = insert_nodes(document, "ask", [tag("mark", "@next")], "no")
    twice = insert_nodes(once, "ask", [tag("mark", "@next")], "no")
    by_id = {node["id"]: node for node in twice["nodes"]}
    assert by_id["ask"]["outcomes"] == {"ok": "closed", "no": "mark_2"}
    assert (by_id["mark_2"]["next"], by_id["mark"]["next"]) == ("mark", "closed")
    assert usual_order(twice) == ("ask", "closed")
    assert document["nodes"][0]["outcomes"]["no"] == "closed"
    assert [node["id"] for node in twice["nodes"]] == ["ask", "mark_2", "mark", "closed"]
