"""What flows may do by themselves, over HTTP."""

from __future__ import annotations

from functions.tickets.actions.registry import ACTIONS
from functions.tickets.api.subjects import READERS
from functions.tickets.api.views import show_action
from functions.tickets.desk import Desk
from functions.tickets.room import room
from hub.contracts.http import Page
from hub.contracts.tickets import ActionView
from hub.edge.answers import page
from hub.edge.requests import Request


@room.http(
    "GET",
    "/tickets/actions",
    answer=Page[ActionView],
    roles=READERS,
    scope="tenant",
    summary="流程可用的动作 · The actions that flows may use",
)
def list_actions(desk: Desk, request: Request) -> Page[ActionView]:
    """Each with its parameters and its outcomes: what an editor of flows offers."""
    return page(map(show_action, ACTIONS))
