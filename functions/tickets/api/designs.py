"""Flows as people design them: a node put in between, and a picture with how many tickets wait where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from functions.tickets.actions.registry import find_action
from functions.tickets.api.subjects import READERS
from functions.tickets.desk import Desk
from functions.tickets.flows.blocks import BLOCKS, block_nodes
from functions.tickets.flows.diagram import mermaid, svg
from functions.tickets.flows.flow import Flow
from functions.tickets.flows.funnel import Stage, funnel
from functions.tickets.flows.insertion import insert_nodes, usual_order
from functions.tickets.flows.kind import FLOWS
from functions.tickets.room import room
from functions.tickets.ticket.lists_table import Position
from functions.tickets.ticket.ticket import Case
from hub.contracts.base import Words
from hub.contracts.flows import DiagramQuery, DiagramView, FunnelQuery, FunnelView, InsertedView, InsertNode, StageView
from hub.contracts.tickets import TicketQuery
from hub.documents.submissions import Submission
from hub.edge.access.listing import within
from hub.edge.requests import Request
from hub.kernel.errors import Invalid, NotFound, Problem

COUNTED, PAGE = 1000, 100
_NONE_SUCH = {
    None: "must be an action, a block, or a node",
    "blocks": "must be a block",
    "actions": "must be an action",
}


@room.http(
    "POST",
    "/flows/{key}/insert",
    body=InsertNode,
    answer=InsertedView,
    roles=("administrator",),
    scope="tenant",
    dry_run=True,
    summary="插入节点 · Put a node into a flow",
)
def insert(desk: Desk, request: Request) -> InsertedView:
    """Behind a node, on one of its ways out; what led on from there leads on from the new node. A block brings its
    whole chain. Published as the next version in the same call, or kept as the draft."""
    key, body = request.path["key"], request.body
    document = insert_nodes(_document(desk, key, body), body.after, _nodes(desk, body), body.edge)
    checked = desk.documents.lint(FLOWS, key, document)
    findings = tuple({"pointer": f.pointer, "rule": f.rule, "severity": f.severity} for f in checked.findings)
    if any(finding["severity"] == "error" for finding in findings):
        problems = [Problem(f"/document{f.pointer}", f.rule) for f in checked.findings if f.severity == "error"]
        raise Invalid("the document cannot work", problems=problems)
    version = 0
    if body.publish:
        submission = Submission(document=document, seen_version=body.seen_version)
        version = desk.documents.publish(FLOWS, key, submission, request.principal.sub, dry_run=request.dry_run).version
    elif not request.dry_run:
        desk.documents.save_draft(FLOWS, key, Submission(document=document), request.principal.sub)
    return InsertedView(document=document, version=version, order=usual_order(document), findings=findings)


def _document(desk: Desk, key: str, body: InsertNode) -> Mapping[str, Any]:
    """What is worked on: the draft where one is wanted and there is one, else what is in force. Raises NotFound."""
    if not body.publish:
        try:
            return dict(desk.documents.draft(FLOWS, key).content)
        except NotFound:
            pass
    return dict(desk.documents.current(FLOWS, key).content)


def _nodes(desk: Desk, body: InsertNode) -> list[dict[str, Any]]:
    """What is put in: a node as it is, the nodes of a block, or one for an action."""
    node = body.node
    if not isinstance(node, str):
        rule = "must be left out: the node is given whole"
        if superfluous := [name for name in ("among", "parameters") if getattr(body, name)]:
            raise Invalid("nothing is asked for", problems=[Problem(f"/{name}", rule) for name in superfluous])
        return [node]
    block = desk.documents.find(BLOCKS, node) if body.among != "actions" else None
    if block is not None:
        return block_nodes(block.value, body.parameters)
    action = find_action(node) if body.among != "blocks" else None
    if action is None:
        raise Invalid("no such node", problems=[Problem("/node", _NONE_SUCH[body.among])])
    title = {"zh": action.zh[:128], "en": action.en[:128]}
    params = {"params": dict(body.parameters)} if body.parameters else {}
    return [{"id": node, "kind": "action", "action": node, "title": title, **params}]


@room.http(
    "GET",
    "/flows/{key}/diagram",
    query=DiagramQuery,
    answer=DiagramView,
    roles=READERS,
    scope="tenant",
    summary="流程图 · A flow's diagram",
)
def diagram(desk: Desk, request: Request) -> DiagramView:
    """The flow as a picture; with `counts`, how many open tickets of your reach wait at each of its nodes now."""
    key, query = request.path["key"], request.query
    flow = _flow(desk, key, query.version)
    counts, counted, more = _count(desk, request, key) if query.counts else (Counter[str](), 0, False)
    text = svg(flow, counts) if query.format == "svg" else mermaid(flow, counts)
    return DiagramView(format=query.format, text=text, counts=dict(counts), counted=counted, more=more)


def _flow(desk: Desk, key: str, version: int) -> Flow:
    if version:
        return desk.documents.version(FLOWS, key, version).value
    return desk.documents.current(FLOWS, key).value


def _count(desk: Desk, request: Request, key: str) -> tuple[Counter[str], int, bool]:
    """How many tickets wait at each node, of the newest COUNTED open ones; whether there are more."""
    counts, counted = Counter[str](), 0
    position: Position | None = None
    for _ in range(COUNTED // PAGE):
        query = TicketQuery(state="open", limit=PAGE)
        cases, position = desk.lists.page(query, within(request.reach), lambda _: True, request.now, position)
        for case in cases:
            counted += 1
            if case.ticket.flow_key == key:
                counts.update(case.ticket.stands)
        if position is None:
            return counts, counted, False
    return counts, counted, True


@room.http(
    "GET",
    "/flows/{key}/funnel",
    query=FunnelQuery,
    answer=FunnelView,
    roles=READERS,
    scope="tenant",
    summary="漏斗与卡点 · Where the time goes",
)
def show_funnel(desk: Desk, request: Request) -> FunnelView:
    """What each node took of the time of the newest tickets within your reach, the largest share first."""
    key = request.path["key"]
    cases = _newest(desk, request, key)
    stages = funnel(_flow(desk, key, 0), cases, request.now)
    return FunnelView(flow=key, counted=len(cases), stages=tuple(_stage(stage) for stage in stages))


def _newest(desk: Desk, request: Request, key: str) -> list[Case]:
    """The newest tickets that follow the flow, with their visits."""
    newest: list[Case] = []
    position: Position | None = None
    for _ in range(COUNTED // PAGE):
        query = TicketQuery(state=request.query.state, limit=PAGE)
        cases, position = desk.lists.page(query, within(request.reach), lambda _: True, request.now, position)
        newest += [case for case in cases if case.ticket.flow_key == key]
        if position is None or len(newest) >= request.query.tickets:
            break
    return [desk.tickets.case(case.ticket.id) for case in newest[: request.query.tickets]]


def _stage(stage: Stage) -> StageView:
    return StageView(
        node=stage.node,
        title=Words(zh=stage.title_zh, en=stage.title_en),
        tickets=stage.tickets,
        visits=stage.visits,
        seconds=stage.seconds,
        median_seconds=stage.median_seconds,
        share=str(stage.share),
    )
