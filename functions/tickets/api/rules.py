"""Intake rules over HTTP: read, and published."""

from __future__ import annotations

from functions.tickets.api.cases import LEADERS
from functions.tickets.api.views import show_rules
from functions.tickets.desk import Desk
from functions.tickets.room import room
from hub.contracts.tickets import PublishRules, RulesView
from hub.edge.requests import Request


@room.http("GET", "/tickets/rules", answer=RulesView, roles=LEADERS, summary="受理规则 · Show the intake rules")
def read_rules(desk: Desk, request: Request) -> RulesView:
    """The rules that say what kind of ticket a message opens: the preset, until others are published."""
    return show_rules(desk.rules.current())


@room.http(
    "PUT",
    "/tickets/rules",
    body=PublishRules,
    answer=RulesView,
    roles=("administrator",),
    summary="发布受理规则 · Publish intake rules",
)
def publish_rules(desk: Desk, request: Request) -> RulesView:
    """Publish intake rules: messages from now on are read by them. Rules that can never decide are refused."""
    body = request.body
    return show_rules(desk.rules.publish(body.document, body.version, request.principal.sub, request.now))
