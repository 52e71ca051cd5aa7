"""post_to_settlement (计入结算): a cost of the ticket that is settled when it is closed."""

from typing import Annotated

from pydantic import Field

from functions.tickets.actions.action import ActionType, Outcome, Result, Work
from functions.tickets.ticket.ticket import Move, Note
from hub.contracts.base import Amount, Contract
from hub.kernel.ids import SYSTEM
from hub.kernel.money import Money

DONE = "done"
NothingOrMore = Annotated[Amount, Field(pattern=r"^[0-9]")]


class PostParams(Contract):
    """How much of what, in the ticket's currency."""

    labour: NothingOrMore = Field(default="0.00", description="工时费 · labour")
    parts: NothingOrMore = Field(default="0.00", description="配件 · parts")
    travel: NothingOrMore = Field(default="0.00", description="路费 · travel")


def post_to_settlement(work: Work[PostParams]) -> Result:
    """On top of what people report; `ticket.closed` carries the sums, which settlement posts."""
    ticket, params = work.case.ticket, work.params
    labour, parts, travel = (
        Money.parse(text, ticket.currency).amount_minor for text in (params.labour, params.parts, params.travel)
    )
    after = ticket.but(
        labour_minor=ticket.labour_minor + labour,
        parts_minor=ticket.parts_minor + parts,
        travel_minor=ticket.travel_minor + travel,
    )
    named = {"labour_amount": params.labour, "parts_amount": params.parts, "travel_amount": params.travel}
    detail = {name: text for name, text in named.items() if Money.parse(text, ticket.currency).amount_minor}
    return Result(DONE, Move(after, (Note("posted", SYSTEM, detail),) if detail else ()))


POST_TO_SETTLEMENT = ActionType(
    name="post_to_settlement",
    zh="计入结算的费用",
    en="Add a cost that is settled when the ticket is closed",
    params=PostParams,
    outcomes=(Outcome(DONE, "已计入", "it is on the ticket"),),
    run=post_to_settlement,
)
