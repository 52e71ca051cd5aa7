"""Promotions of marketplaces: how far customers are with them, and reminders to those who have not used theirs."""

from __future__ import annotations

from functions.pricing.desk import Desk
from functions.pricing.promotions.promotions import reminder, show_promotion, to_nudge
from functions.pricing.room import MANAGERS, room
from hub.contracts.pricing_promotions import MirroredPromotionsView, MirroredPromotionView, MirroredQuery, NudgeView
from hub.edge.requests import Request
from hub.kernel.errors import Conflict

NUDGES_LIMIT = 500
"""So many are reminded by one call."""


@room.http("GET", "/pricing/promotions", summary="平台促销 · Promotions of a marketplace", query=MirroredQuery,
           answer=MirroredPromotionsView, roles=MANAGERS, scope="whole")  # fmt: skip
def list_promotions(desk: Desk, request: Request) -> MirroredPromotionsView:
    """Those that have not ended, as their marketplace said last, with their figures."""
    promotions = desk.promotions.of_platform(request.query.platform, request.now)
    shown = (show_promotion(each, desk.promotions.everyone(each.id)) for each in promotions)
    return MirroredPromotionsView(data=tuple(shown))


@room.http("GET", "/pricing/promotions/{promotion_id}", summary="平台促销 · A promotion and its redemption",
           answer=MirroredPromotionView, roles=MANAGERS, scope="whole")  # fmt: skip
def show_one(desk: Desk, request: Request) -> MirroredPromotionView:
    """Also one that has ended."""
    promotion = desk.promotions.get(request.path["promotion_id"])
    return show_promotion(promotion, desk.promotions.everyone(promotion.id))


@room.http("POST", "/pricing/promotions/{promotion_id}/nudge", summary="促销提醒 · Remind who has not used it",
           answer=NudgeView, roles=MANAGERS, scope="tenant", dry_run=True)  # fmt: skip
def nudge(desk: Desk, request: Request) -> NudgeView:
    """Everybody whose cart has reached it with the coupon unused hears `promotion.reached`, once ever, however often
    this is asked; what they are told is a notice rule's. 409 for one that does not hold now."""
    promotion = desk.promotions.get(request.path["promotion_id"])
    if not promotion.holds(request.now):
        raise Conflict("the promotion does not hold now", ends_at=promotion.ends_at.isoformat())
    waiting = to_nudge(desk.promotions.everyone(promotion.id), promotion)
    rows, left = waiting[:NUDGES_LIMIT], len(waiting[NUDGES_LIMIT:])
    if not request.dry_run:
        desk.emit(*(reminder(row, promotion, desk.tenant, request.now) for row in rows))
        for row in rows:
            desk.promotions.note_nudge(promotion.id, row, request.now)
    return NudgeView(promotion_id=promotion.id, nudged=len(rows), left=left)
