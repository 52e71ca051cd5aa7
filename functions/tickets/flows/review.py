"""Review (审阅) of a sound flow: what works, but is hardly meant, and what would one day be too much, each with its
place. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from functions.tickets.flows.facts import KINDS, fields_of
from functions.tickets.flows.flow import Action, Approval, Call, Decision, Flow, Human, Parallel, Person, Wait, WaitFor
from functions.tickets.flows.ways import edges
from hub.documents.kinds import Finding
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid
from hub.rules import DecisionTable, lint

EVENTS_LIMIT = 25_000
"""What an execution's history may hold: developer guide of Step Functions, "Quotas"."""
EVENTS_A_NODE = 10
DAY_SECONDS = 86_400
YEAR_SECONDS = 360 * 86_400


@dataclass(frozen=True)
class Known:
    """What there is, for flows to name. fields: those that the types of this flow declare; None where no type has it
    yet."""

    ladders: Collection[str]
    matrices: Collection[str]
    forms: Collection[str]
    types: Collection[str]
    fields: Collection[str] | None


def review(flow: Flow, known: Known) -> Iterator[Finding]:
    """Every finding beyond soundness."""
    if flow.ladder and flow.ladder not in known.ladders:
        yield Finding("/ladder", "no ladder has this name")
    yield from _unknown_names(flow, known)
    yield from _unknown_fields(flow, known)
    yield from _without_deadline(flow)
    yield from _shadowed(flow)
    yield from _endless(flow)


def _unknown_names(flow: Flow, known: Known) -> Iterator[Finding]:
    for i, node in enumerate(flow.nodes):
        if isinstance(node, Approval) and node.matrix and node.matrix not in known.matrices:
            yield Finding(f"/nodes/{i}/matrix", "no approval matrix has this name")
        if isinstance(node, Person) and node.form and node.form not in known.forms:
            yield Finding(f"/nodes/{i}/form", "no form has this name")
        if isinstance(node, Call) and node.type not in known.types:
            yield Finding(f"/nodes/{i}/type", "no ticket type has this name")
        if isinstance(node, Action) and node.action == "open_ticket" and node.params.get("type") not in known.types:
            yield Finding(f"/nodes/{i}/params/type", "no ticket type has this name")


def _unknown_fields(flow: Flow, known: Known) -> Iterator[Finding]:
    """Fields that no type of this flow declares, and no form of its nodes may ask for: a condition on one never
    holds."""
    if known.fields is None or any(isinstance(node, Person) and node.form for node in flow.nodes):
        return
    for place, name in _named_fields(flow):
        if name not in known.fields:
            yield Finding(place, f"no type of this flow declares the field '{name}'", "warning")


def _named_fields(flow: Flow) -> Iterator[tuple[str, str]]:
    for i, node in enumerate(flow.nodes):
        if isinstance(node, Decision):
            for j, edge in enumerate(node.edges):
                yield from ((f"/nodes/{i}/edges/{j}/when", name) for name in fields_of(edge.when))
        if isinstance(node, Human) and node.assignee.startswith("field:"):
            yield f"/nodes/{i}/assignee", node.assignee.removeprefix("field:")
        if isinstance(node, Wait) and node.field:
            yield f"/nodes/{i}/field", node.field
        if isinstance(node, Action) and node.action == "approve_if":
            yield from ((f"/nodes/{i}/params/when", name) for name in fields_of(node.params.get("when")))
        if isinstance(node, Action) and node.action == "set_field":
            yield from ((f"/nodes/{i}/params/fields/{name}", name) for name in node.params.get("fields", {}))


def _without_deadline(flow: Flow) -> Iterator[Finding]:
    if flow.ladder:
        return
    for i, node in enumerate(flow.nodes):
        if isinstance(node, Human) and node.timeout is None and not (isinstance(node, Approval) and node.matrix):
            yield Finding(f"/nodes/{i}", "no deadline: neither the flow has a ladder nor the node a timeout", "warning")


def _shadowed(flow: Flow) -> Iterator[Finding]:
    """Edges that the ones before them leave nothing for."""
    for i, node in enumerate(flow.nodes):
        if not isinstance(node, Decision) or any(fields_of(edge.when) for edge in node.edges):
            continue
        rules = [{"id": edge.id, "when": edge.when, "then": {"edge": edge.id}} for edge in node.edges]
        table = {"key": "edges", "version": 1, "schema": KINDS, "rules": rules, "default": {"edge": "otherwise"}}
        try:
            report = lint(DecisionTable.parse(table))
        except Invalid:  # an edge that can't be read is a finding of its own
            continue
        ids = [edge.id for edge in node.edges]
        for finding in report.shadowed:
            j = ids.index(finding.rule_ids[0])
            rule = "it never holds" if finding.kind == "impossible" else "the edges before it take all that it would"
            yield Finding(f"/nodes/{i}/edges/{j}", rule, "warning")


def _endless(flow: Flow) -> Iterator[Finding]:
    """Circles that nobody stops in: with so short a wait a year of them is more than a history holds."""
    alone = {n.id: n for n in flow.nodes if not isinstance(n, Human | Call | Parallel)}
    step = {node_id: {target for _, target in edges(node) if target in alone} for node_id, node in alone.items()}
    for i, node in enumerate(flow.nodes):
        if isinstance(node, Wait | WaitFor) and node.id in _reached(step, node.id):
            around = [alone[each] for each in _reached(step, node.id) if node.id in _reached(step, each)]
            seconds = sum(each.seconds or DAY_SECONDS for each in around if isinstance(each, Wait | WaitFor))
            if YEAR_SECONDS // max(1, seconds) * len(around) * EVENTS_A_NODE > EVENTS_LIMIT:
                yield Finding(f"/nodes/{i}", f"circles without a person: a year of it is over {EVENTS_LIMIT} events")


def _reached(step: Mapping[str, set[str]], start: str) -> set[str]:
    seen, todo = set[str](), list(step.get(start, ()))
    while todo:
        node_id = todo.pop()
        if node_id not in seen:
            seen.add(node_id)
            todo += step.get(node_id, ())
    return seen
