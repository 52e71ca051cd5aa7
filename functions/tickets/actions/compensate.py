"""compensate (补偿): grant the customer an amount, within what one ticket may cost."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from functions.tickets.actions.action import ActionType, Outcome, Result, Work
from functions.tickets.ticket.ticket import Deed, Move, Note
from hub.contracts.base import Amount, Contract
from hub.kernel.ids import SYSTEM
from hub.kernel.money import Money

DONE, OVER_BUDGET = "done", "over_budget"


class CompensateParams(Contract):
    """How much, and what all of a ticket's compensations may come to."""

    amount: Annotated[Amount, Field(pattern=r"^[0-9]")] = Field(description="补偿金额 · what the customer gets")
    budget: Annotated[Amount, Field(pattern=r"^[0-9]")] = Field(description="单张工单的补偿上限 · at most, a ticket")
    currency: Literal["CNY"] = "CNY"


def compensate(work: Work[CompensateParams]) -> Result:
    """Granted whole or not at all; `flow.told` says it with its amount, once."""
    ticket, params = work.case.ticket, work.params
    amount, budget = (Money.parse(text, params.currency).amount_minor for text in (params.amount, params.budget))
    if ticket.compensated_minor + amount > budget:
        left = str(Money(max(0, budget - ticket.compensated_minor), params.currency))
        return Result(OVER_BUDGET, Move(ticket), {"left": left})
    granted = ticket.but(compensated_minor=ticket.compensated_minor + amount)
    note = Note("compensated", SYSTEM, {"amount": params.amount, "currency": params.currency})
    deed = Deed(kind="event", name="compensation", amount_minor=amount, currency=params.currency)
    return Result(DONE, Move(granted, (note,)), {"amount": params.amount}, deed)


COMPENSATE = ActionType(
    name="compensate",
    zh="补偿(不超出预算)",
    en="Grant the customer an amount, within a budget",
    params=CompensateParams,
    outcomes=(
        Outcome(DONE, "已补偿", "it is granted"),
        Outcome(OVER_BUDGET, "超出预算", "the ticket's budget does not hold it: nothing is granted"),
    ),
    run=compensate,
)
