"""Flows over HTTP: read, published, and what they may do by themselves."""

from __future__ import annotations

from functions.tickets.actions.registry import ACTIONS
from functions.tickets.api.cases import READERS
from functions.tickets.api.views import show_action, show_flow
from functions.tickets.desk import Desk
from functions.tickets.flows.flows_table import Published
from functions.tickets.flows.preset_flows import preset_flow
from functions.tickets.room import room
from hub.contracts.http import Page
from hub.contracts.tickets import ActionView, FlowView, PublishFlow
from hub.edge.requests import Request
from hub.kernel.errors import NotFound


@room.http("GET", "/flows/{key}", answer=FlowView, roles=READERS, summary="流程 · Show a flow")
def read_flow(desk: Desk, request: Request) -> FlowView:
    """A published flow: its document, versions, and machine."""
    published = desk.flows.current(request.path["key"])
    if published is None:
        raise NotFound("nothing is published under this key", flow=request.path["key"])
    return _show(desk, published)


@room.http(
    "GET",
    "/tickets/actions",
    answer=Page[ActionView],
    roles=READERS,
    summary="流程可用的动作 · The actions that flows may use",
)
def list_actions(desk: Desk, request: Request) -> Page[ActionView]:
    """Each with its parameters and its outcomes: what an editor of flows offers."""
    return Page(data=tuple(map(show_action, ACTIONS)))


@room.http(
    "POST",
    "/flows/{key}/publish",
    body=PublishFlow,
    answer=FlowView,
    roles=("administrator",),
    summary="发布流程 · Publish a flow",
)
def publish_flow(desk: Desk, request: Request) -> FlowView:
    """Publish a document, or the preset of this key. New tickets take it at once; running ones keep their version."""
    key = request.path["key"]
    document = request.body.document or preset_flow(key)
    if document is None:
        raise NotFound("no preset of this key: send a document", flow=key)
    return _show(desk, desk.flows.publish(key, document, request.principal.sub, request.now))


def _show(desk: Desk, published: Published) -> FlowView:
    return show_flow(published, [version.version for version in desk.flows.versions(published.key)])
