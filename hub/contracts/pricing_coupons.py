"""Coupons (优惠券) as bodies say them: issued, scanned for on the spot, redeemed once."""

from typing import Literal

from pydantic import Field

from hub.contracts.base import Contract, Day, GeoPoint, Moment, Slug, StoreId
from hub.contracts.http import PageQuery
from hub.contracts.pricing import CouponCode, CustomerId, OrderId
from hub.contracts.pricing_places import AnyRegion, AnySlug, AnyStore


class IssueCoupons(Contract):
    """A coupon of a campaign's strategy to each of these customers. channel: where they got it."""

    campaign: Slug
    strategy: Slug
    customers: tuple[CustomerId, ...] = Field(min_length=1, max_length=50)
    channel: AnySlug = ""


class ScanCoupon(Contract):
    """Somebody scanned a code on the spot (扫码领券): in a store, or at a point."""

    campaign: Slug
    strategy: Slug
    customer_id: CustomerId
    store: AnyStore = ""
    region: AnyRegion = ""
    point: GeoPoint | None = None


class RedeemCoupon(Contract):
    """In which store, for which order."""

    store: StoreId
    order_id: OrderId


class CouponView(Contract):
    """A coupon. place: where alone it holds, "" everywhere; valid_until is not in it any more."""

    code: CouponCode
    rule: str
    customer_id: str
    channel: str
    place: str
    state: Literal["issued", "used"]
    issued_at: Moment
    valid_until: Moment
    used_at: Moment | None = None
    store: str = ""
    order_id: str = ""


class CouponsView(Contract):
    """Several coupons."""

    data: tuple[CouponView, ...]


class CouponQuery(PageQuery):
    """Whose coupons."""

    customer: CustomerId


class RedemptionQuery(PageQuery):
    """On which day, of the tenant's zone; today unless stated."""

    day: Day | None = None
