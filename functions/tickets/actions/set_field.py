"""set_field (设置字段): give a field of the ticket a value, or the ticket another priority."""

from typing import Annotated

from pydantic import Field

from functions.tickets.actions.action import ActionType, Outcome, Result, Work
from functions.tickets.ticket.ticket import Move, Note
from hub.contracts.base import Contract, Priority, Slug
from hub.kernel.ids import SYSTEM

DONE = "done"


class SetFieldParams(Contract):
    """What is set."""

    fields: Annotated[dict[Slug, Annotated[str, Field(max_length=200)]], Field(max_length=20)] = Field(
        default={}, description="字段与值 · numbers, amounts and choices of the ticket's type, by name"
    )
    priority: Priority | None = Field(default=None, description="优先级 · from now on")


def set_field(work: Work[SetFieldParams]) -> Result:
    """What is set to what it is already changes nothing."""
    ticket, params = work.case.ticket, work.params
    after = ticket.but(fields={**ticket.fields, **params.fields}, priority=params.priority or ticket.priority)
    if after == ticket:
        return Result(DONE, Move(ticket))
    detail = {"fields": " ".join(f"{name}={value}" for name, value in params.fields.items())}
    detail |= {"priority": params.priority} if params.priority else {}
    return Result(DONE, Move(after, (Note("set", SYSTEM, {name: value for name, value in detail.items() if value}),)))


SET_FIELD = ActionType(
    name="set_field",
    zh="设置字段或优先级",
    en="Give a field of the ticket a value, or the ticket a priority",
    params=SetFieldParams,
    outcomes=(Outcome(DONE, "已设置", "it is set"),),
    run=set_field,
)
