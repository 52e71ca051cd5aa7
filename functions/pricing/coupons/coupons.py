"""Coupons (优惠券): each a thing that is used once, bound to a strategy, a time, and where it says so a place. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from functions.pricing.places.places import Chain
from functions.pricing.strategies.cart import HeldCoupon
from functions.pricing.strategies.strategies import Strategy
from hub.contracts.pricing_coupons import CouponView
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Conflict, Invalid, Problem

KINDS = ("coupon", "decoy_coupon")


@dataclass(frozen=True, slots=True)
class Coupon:
    """strategy: `campaign/id`. place: where alone it holds. used_at, store, order_id: once it is used."""

    code: str
    strategy: str
    customer: str
    issued_at: datetime
    valid_until: datetime
    place: str = ""
    channel: str = ""
    state: str = "issued"
    used_at: datetime | None = None
    store: str = ""
    order_id: str = ""


def issue_coupon(
    strategy: Strategy, code: str, customer: str, channel: str, now: datetime, zone: ZoneInfo, place: str = ""
) -> Coupon:
    """A new one: good until the end of its last day. Raises Invalid for a strategy that has no coupons."""
    if strategy.kind not in KINDS:
        rule = "must be a strategy that has coupons: coupon or decoy_coupon"
        raise Invalid("strategy", problems=[Problem("/strategy", rule)])
    last = now.astimezone(zone).date() + timedelta(days=strategy.terms.valid_days)
    return Coupon(code, strategy.key, customer, now, datetime.combine(last, time(), zone), place, channel)


def scanned_place(strategy: Strategy, chain: Chain) -> str:
    """The area of a decoy's that a scan lies in: the most specific one. Raises Conflict elsewhere."""
    areas = frozenset(getattr(strategy.terms, "areas", ()))
    place = next((place for place, _ in chain if place in areas), None)
    if place is None:
        raise Conflict("the code is not for this place", areas=", ".join(sorted(areas)))
    return place


def require_usable(coupon: Coupon, chain: Chain, now: datetime, order_id: str) -> None:
    """Raises Conflict, with the reason, for one that is used by another order, over, or bound to another place."""
    if coupon.state == "used" and coupon.order_id != order_id:
        raise Conflict("the coupon is used", reason="coupon_used", order_id=coupon.order_id)
    if now >= coupon.valid_until:
        raise Conflict("the coupon is over", reason="coupon_expired", valid_until=coupon.valid_until.isoformat())
    if coupon.place and coupon.place not in {place for place, _ in chain}:
        here = next(iter(chain), ("", ""))[0]
        raise Conflict("the coupon holds in another area", reason="coupon_elsewhere", area=coupon.place, here=here)


def held(coupon: Coupon) -> HeldCoupon:
    """As a buyer brings it."""
    return HeldCoupon(
        code=coupon.code,
        strategy=coupon.strategy,
        place=coupon.place,
        customer=coupon.customer,
        valid_from=coupon.issued_at,
        valid_until=coupon.valid_until,
        used=coupon.state == "used",
    )


def show_coupon(coupon: Coupon) -> CouponView:
    """As HTTP shows it."""
    return CouponView(
        code=coupon.code,
        rule=coupon.strategy,
        customer_id=coupon.customer,
        channel=coupon.channel,
        place=coupon.place,
        state="used" if coupon.state == "used" else "issued",
        issued_at=coupon.issued_at,
        valid_until=coupon.valid_until,
        used_at=coupon.used_at,
        store=coupon.store,
        order_id=coupon.order_id,
    )
