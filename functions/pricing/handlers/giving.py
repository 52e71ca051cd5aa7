"""Coupons that flows give (发券): each wish issues one, however often it is said, and is answered."""

from __future__ import annotations

from functions.pricing.coupons.coupons import Coupon, issue_coupon
from functions.pricing.desk import Desk
from functions.pricing.handlers.grounds import plan_in, spot_in
from hub.contracts import events
from hub.kernel.errors import Invalid
from hub.kernel.ids import derived_id, hashed_id

CHANNEL, DONE, REFUSED = "flow", "done", "refused"


def give_coupon(desk: Desk, event: events.CouponWanted) -> None:
    """A coupon of the strategy, where the ticket's work is; refused where none is in force there."""
    try:
        coupon = _coupon(desk, event)
    except Invalid as error:
        desk.emit(_answer(event, REFUSED, {"reason": error.detail}))
        return
    (issued,) = desk.coupons.issue([coupon])
    desk.emit(_answer(event, DONE, {"coupon": issued.code}))


def _coupon(desk: Desk, event: events.CouponWanted) -> Coupon:
    spot = spot_in(desk, event.store_id, event.region, None)
    strategy = plan_in(desk, spot).by_key.get(f"{event.campaign}/{event.strategy}")
    if strategy is None:
        raise Invalid("no such strategy is in force there")
    code = derived_id("cpn", event.at, event.visit_id, event.customer_id)
    return issue_coupon(strategy, code, event.customer_id, CHANNEL, event.at, desk.zone)


def _answer(event: events.CouponWanted, outcome: str, report: dict[str, str]) -> events.FlowAnswered:
    return events.FlowAnswered(
        id=hashed_id("evt", "flow.answered", event.visit_id, outcome),
        tenant=event.tenant,
        at=event.at,
        ticket_id=event.ticket_id,
        visit_id=event.visit_id,
        outcome=outcome,
        report=report,
    )
