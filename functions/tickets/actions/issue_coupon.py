"""issue_coupon (发券): give the ticket's customer a coupon of a campaign that is in force."""

from datetime import timedelta

from pydantic import Field

from functions.tickets.actions.action import ActionType, Outcome, Result, Work
from functions.tickets.ticket.ticket import Deed, Move, Note
from hub.contracts.base import Contract, Slug
from hub.kernel.ids import SYSTEM

DONE, REFUSED, UNANSWERED = "done", "refused", "unanswered"
PATIENCE = timedelta(hours=1)


class IssueCouponParams(Contract):
    """Which."""

    campaign: Slug = Field(description="活动 · the campaign")
    strategy: Slug = Field(description="策略 · its strategy, one that has coupons")


def issue_coupon(work: Work[IssueCouponParams]) -> Result:
    """Pricing issues it, once a visit, and answers with its code; without a customer there is nobody to give it to."""
    ticket, params = work.case.ticket, work.params
    if not ticket.customer_id:
        return Result(REFUSED, Move(ticket))
    note = Note("gives a coupon", SYSTEM, {"action": params.strategy, "to": params.campaign})
    deed = Deed(kind="coupon", name=params.strategy, target=params.campaign)
    return Result("", Move(ticket, (note,)), {}, deed, work.at + PATIENCE)


ISSUE_COUPON = ActionType(
    name="issue_coupon",
    zh="发优惠券",
    en="Give the customer a coupon",
    params=IssueCouponParams,
    outcomes=(
        Outcome(DONE, "已发券", "it is in the customer's wallet"),
        Outcome(REFUSED, "未发券", "no such strategy is in force, or nobody is the customer"),
        Outcome(UNANSWERED, "未答复", "pricing did not answer within an hour"),
    ),
    run=issue_coupon,
    late=UNANSWERED,
)
