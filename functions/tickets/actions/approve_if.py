"""approve_if (条件自动审批): approve by itself what is small or safe enough; the rest goes to people."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from functions.tickets.actions.action import ActionType, Outcome, Result, Work
from functions.tickets.flows.facts import is_so, read_condition
from functions.tickets.ticket.ticket import Move, Note
from hub.contracts.base import Contract
from hub.kernel.errors import Invalid
from hub.kernel.ids import SYSTEM

APPROVED, UNDECIDED = "approved", "undecided"


def _checked(when: dict[str, Any]) -> dict[str, Any]:
    try:
        read_condition(when)
    except Invalid as wrong:
        places = "; ".join(f"{problem.pointer} {problem.rule}" for problem in wrong.problems)
        raise ValueError(places) from None
    return when


class ApproveIfParams(Contract):
    """When."""

    when: Annotated[dict[str, Any], AfterValidator(_checked)] = Field(
        description="条件 · a condition on the ticket, as at a decision's edge"
    )


def approve_if(work: Work[ApproveIfParams]) -> Result:
    """Approved where the condition holds, and the trail says so."""
    ticket = work.case.ticket
    if not is_so(work.params.when, ticket, work.sources.today()):
        return Result(UNDECIDED, Move(ticket))
    return Result(APPROVED, Move(ticket, (Note("approved by itself", SYSTEM),)))


APPROVE_IF = ActionType(
    name="approve_if",
    zh="满足条件即自动通过",
    en="Approve by itself what meets a condition",
    params=ApproveIfParams,
    outcomes=(
        Outcome(UNDECIDED, "未自动通过", "the condition does not hold: people decide"),
        Outcome(APPROVED, "自动通过", "the condition holds"),
    ),
    run=approve_if,
)
