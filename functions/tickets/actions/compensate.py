"""compensate (补偿): grant the customer an amount, within what one ticket may cost and a customer may claim."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from functions.tickets.actions.action import ActionType, Outcome, Result, Work
from functions.tickets.ticket.ticket import Claim, Claims, Deed, Move, Note
from hub.contracts.base import Amount, Contract
from hub.kernel.ids import SYSTEM
from hub.kernel.money import Money

DONE, OVER_BUDGET, TOO_OFTEN = "done", "over_budget", "too_often"
KIND = "compensation"
KEPT_CLAIMS = 100


class CompensateParams(Contract):
    """How much, what all of a ticket's compensations may come to, and how often a customer may have one."""

    amount: Annotated[Amount, Field(pattern=r"^[0-9]")] = Field(description="补偿金额 · what the customer gets")
    budget: Annotated[Amount, Field(pattern=r"^[0-9]")] = Field(description="单张工单的补偿上限 · at most, a ticket")
    currency: Literal["CNY"] = "CNY"
    claims: Annotated[int, Field(ge=1, le=KEPT_CLAIMS)] | None = Field(
        default=None,
        description="每客户次数上限 · so many claims of a customer within `days` are granted; all, if null",
    )
    days: Annotated[int, Field(ge=1, le=366)] = Field(default=30, description="天数 · days that claims are counted in")


def compensate(work: Work[CompensateParams]) -> Result:
    """Granted whole or not at all; `flow.told` says it with its amount, once. A claim counts, whatever it comes to."""
    ticket, params = work.case.ticket, work.params
    amount, budget = (Money.parse(text, params.currency).amount_minor for text in (params.amount, params.budget))
    claims = _claim(work) if params.claims and ticket.customer_id else None
    if claims and params.claims and len(_lately(claims, work)) > params.claims:
        return Result(TOO_OFTEN, Move(ticket, claims=claims), {"claims": len(_lately(claims, work))})
    if ticket.compensated_minor + amount > budget:
        left = str(Money(max(0, budget - ticket.compensated_minor), params.currency))
        return Result(OVER_BUDGET, Move(ticket, claims=claims), {"left": left})
    granted = ticket.but(compensated_minor=ticket.compensated_minor + amount)
    note = Note("compensated", SYSTEM, {"amount": params.amount, "currency": params.currency})
    deed = Deed(kind="event", name=KIND, amount_minor=amount, currency=params.currency)
    return Result(DONE, Move(granted, (note,), claims=claims), {"amount": params.amount}, deed)


def _claim(work: Work[CompensateParams]) -> Claims:
    """The customer's claims, with this one."""
    claims = work.sources.claims(work.case.ticket.customer_id, KIND)
    return claims.but(claims=(*claims.claims, Claim(ticket_id=work.case.ticket.id, at=work.at))[-KEPT_CLAIMS - 1 :])


def _lately(claims: Claims, work: Work[CompensateParams]) -> list[Claim]:
    since = work.at - timedelta(days=work.params.days)
    return [claim for claim in claims.claims if claim.at > since]


COMPENSATE = ActionType(
    name="compensate",
    zh="补偿(不超出预算与次数)",
    en="Grant the customer an amount, within a budget and a number of claims",
    params=CompensateParams,
    outcomes=(
        Outcome(DONE, "已补偿", "it is granted"),
        Outcome(OVER_BUDGET, "超出预算", "the ticket's budget does not hold it: nothing is granted"),
        Outcome(TOO_OFTEN, "索赔过多", "the customer has claimed too often lately: nothing is granted"),
    ),
    run=compensate,
)
