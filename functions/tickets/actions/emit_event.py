"""emit_event (发出事件): say something on the bus, for systems that listen there."""

from pydantic import Field

from functions.tickets.actions.action import ActionType, Outcome, Result, Work
from functions.tickets.ticket.ticket import Deed, Move, Note
from hub.contracts.base import Contract, Slug
from hub.kernel.ids import SYSTEM

DONE = "done"


class EmitEventParams(Contract):
    """What is said."""

    name: Slug = Field(description="事件名 · what has happened, in a word")


def emit_event(work: Work[EmitEventParams]) -> Result:
    """`flow.told` with this name, and which ticket it is about."""
    note = Note("said", SYSTEM, {"event": work.params.name})
    return Result(DONE, Move(work.case.ticket, (note,)), {}, Deed(kind="event", name=work.params.name))


EMIT_EVENT = ActionType(
    name="emit_event",
    zh="发出事件",
    en="Say something on the bus",
    params=EmitEventParams,
    outcomes=(Outcome(DONE, "已发出", "it is said"),),
    run=emit_event,
)
