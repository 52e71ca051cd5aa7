"""All actions that there are. A new one is a file beside this one and a line here: the flow's lint, the API's
reference and docs/actions.md read this list. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from functions.tickets.actions.action import ActionType, Result, Sources, Work
from functions.tickets.actions.approve_if import APPROVE_IF
from functions.tickets.actions.assign import ASSIGN
from functions.tickets.actions.call_endpoint import CALL_ENDPOINT
from functions.tickets.actions.compensate import COMPENSATE
from functions.tickets.actions.emit_event import EMIT_EVENT
from functions.tickets.actions.issue_coupon import ISSUE_COUPON
from functions.tickets.actions.notify import NOTIFY
from functions.tickets.actions.open_ticket import OPEN_TICKET
from functions.tickets.actions.post_to_settlement import POST_TO_SETTLEMENT
from functions.tickets.actions.set_field import SET_FIELD
from functions.tickets.actions.survey import SURVEY
from functions.tickets.actions.tag import TAG
from functions.tickets.ticket.ticket import Case
from hub.kernel.errors import Broken, Problem

ACTIONS: tuple[ActionType[Any], ...] = (
    ASSIGN,
    APPROVE_IF,
    CALL_ENDPOINT,
    COMPENSATE,
    EMIT_EVENT,
    ISSUE_COUPON,
    NOTIFY,
    OPEN_TICKET,
    POST_TO_SETTLEMENT,
    SET_FIELD,
    SURVEY,
    TAG,
)
_BY_NAME = {action.name: action for action in ACTIONS}


def action_names() -> tuple[str, ...]:
    """The names of all actions, as flows have them."""
    return tuple(_BY_NAME)


def find_action(name: str) -> ActionType[Any] | None:
    """The action of this name, None where there is none."""
    return _BY_NAME.get(name)


def late_outcome(name: str) -> str:
    """How an action comes out that nobody answered in time; "" for one that is never waited for."""
    action = _BY_NAME.get(name)
    return action.late if action else ""


def is_awaited(name: str) -> bool:
    """Whether a flow may have to wait for what an action comes to."""
    return bool(late_outcome(name))


def action_problems(name: str, params: Mapping[str, Any], outcomes: Mapping[str, str]) -> Iterator[Problem]:
    """What is wrong with an action as a flow asks for it, by pointer below its node: its name, parameters that it does
    not take, outcomes that it does not have."""
    action = _BY_NAME.get(name)
    if action is None:
        yield Problem("/action", "must be one of: " + ", ".join(_BY_NAME))
        return
    try:
        action.params.model_validate(params)
    except ValidationError as error:
        for item in error.errors(include_url=False, include_input=False):
            yield Problem("/params" + "".join(f"/{part}" for part in item["loc"]), item["msg"])
    known = [outcome.id for outcome in action.outcomes]
    for outcome in () if action.open_outcomes else outcomes:
        if outcome not in known:
            yield Problem(f"/outcomes/{outcome}", "must be one of: " + ", ".join(known))


def run_action(
    name: str, params: Mapping[str, Any], case: Case, *, visit_id: str, at: datetime, sources: Sources
) -> Result:
    """Do the action. Raises Broken when there is none of this name, or not with these parameters: the flow was linted
    before it was published."""
    action = _BY_NAME.get(name)
    if action is None:
        raise Broken("no such action", action=name)
    try:
        parsed = action.params.model_validate(params)
    except ValidationError:
        raise Broken("parameters that the action does not take", action=name) from None
    return action.run(Work(case, parsed, visit_id, at, sources))
