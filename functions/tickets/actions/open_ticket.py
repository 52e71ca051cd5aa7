"""open_ticket (另开工单): open a ticket of another type about the same matter, and go on without waiting for it."""

from pydantic import Field

from functions.tickets.actions.action import ActionType, Outcome, Result, Work
from functions.tickets.ticket.ticket import Deed, Move, Note
from hub.contracts.base import Contract, Slug
from hub.kernel.ids import SYSTEM

DONE = "done"


class OpenTicketParams(Contract):
    """Which."""

    type: Slug = Field(description="工单类型 · the type of the new ticket")


def open_ticket(work: Work[OpenTicketParams]) -> Result:
    """It is opened once, as this ticket's child; its own flow carries it."""
    note = Note("opens a ticket", SYSTEM, {"type": work.params.type})
    deed = Deed(kind="ticket", name=work.params.type)
    return Result(DONE, Move(work.case.ticket, (note,)), {"type": work.params.type}, deed)


OPEN_TICKET = ActionType(
    name="open_ticket",
    zh="另开工单",
    en="Open a ticket of another type beside this one",
    params=OpenTicketParams,
    outcomes=(Outcome(DONE, "已开单", "it is on its way"),),
    run=open_ticket,
)
