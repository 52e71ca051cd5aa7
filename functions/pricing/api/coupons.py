"""Coupons (优惠券): issued, scanned for on the spot, redeemed once; what a store redeemed on a day."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from functions.pricing.coupons.coupons import (
    Coupon,
    issue_coupon,
    require_usable,
    scanned_place,
    show_coupon,
)
from functions.pricing.desk import Desk
from functions.pricing.handlers.grounds import places_in, plan_in, read_book, spot_in
from functions.pricing.places.places import Chain, Spot, Store, chain_of, spot_of
from functions.pricing.room import room
from functions.pricing.strategies.strategies import Strategy
from hub.contracts.http import Page
from hub.contracts.pricing_coupons import (
    CouponQuery,
    CouponsView,
    CouponView,
    IssueCoupons,
    RedeemCoupon,
    RedemptionQuery,
    ScanCoupon,
)
from hub.edge import cursors
from hub.edge.access import Place, Subject
from hub.edge.answers import page
from hub.edge.requests import Request
from hub.kernel.errors import Invalid, Problem
from hub.kernel.ids import derived_id

STANDARD = "standard"
SELLERS = ("store_manager", "agent", "supervisor", "finance", "integrator")


@room.http("POST", "/pricing/coupons", summary="发券 · Issue coupons", body=IssueCoupons, answer=CouponsView,
           status=201, roles=("finance", "integrator"), scope="tenant", dry_run="rehearsed")  # fmt: skip
def issue(desk: Desk, request: Request) -> CouponsView:
    """One for each customer, from now to the end of the last day that the strategy says. A repeat of the request with
    its Idempotency-Key answers the same coupons."""
    body: IssueCoupons = request.body
    now = request.made_at or request.now
    strategy = _strategy(desk, body.campaign, body.strategy, Spot("base"))
    base = request.new_id("cpn")
    coupons = [
        issue_coupon(strategy, derived_id("cpn", now, base, customer), customer, body.channel, now, desk.zone)
        for customer in dict.fromkeys(body.customers)
    ]
    return CouponsView(data=tuple(map(show_coupon, desk.coupons.issue(coupons))))


@room.http("GET", "/pricing/coupons", summary="客户卡包 · A customer's coupons", query=CouponQuery,
           answer=Page[CouponView], roles=SELLERS, scope="tenant")  # fmt: skip
def list_coupons(desk: Desk, request: Request) -> Page[CouponView]:
    """In every channel the same: the newest first, up to two seconds behind."""
    query: CouponQuery = request.query
    coupons, position = desk.coupons.of_customer(query.customer, query.limit, cursors.decode(query.cursor))
    return page(map(show_coupon, coupons), position)


def scanned_at(desk: Desk, request: Request) -> Place:
    """Where somebody scans."""
    spot = spot_in(desk, request.body.store, request.body.region, None)
    return Place(spot.region, spot.store)


@room.http("POST", "/pricing/scans", summary="扫码领券 · A coupon for a scan on the spot", body=ScanCoupon,
           answer=CouponView, status=201, scope="region", subject=scanned_at, dry_run="rehearsed")  # fmt: skip
def scan(desk: Desk, request: Request) -> CouponView:
    """It holds in the area that the scan lies in, and nowhere else; 409 outside every area of the strategy. The same
    customer's scan of the same day is answered with the same coupon."""
    body: ScanCoupon = request.body
    spot = spot_in(desk, body.store, body.region, body.point)
    strategy, chain = _strategy(desk, body.campaign, body.strategy, spot), _chain(desk, spot)
    place = scanned_place(strategy, chain)
    day = datetime.combine(request.now.astimezone(desk.zone).date(), time(), desk.zone)
    code = derived_id("cpn", day, strategy.key, place, body.customer_id)
    coupon = issue_coupon(strategy, code, body.customer_id, "scan", request.now, desk.zone, place)
    return show_coupon(desk.coupons.issue([coupon])[0])


def redeemed_coupon(desk: Desk, request: Request) -> Subject:
    """The coupon of the path, in the store that redeems it."""
    coupon = desk.coupons.get(request.path["code"])
    store = desk.stores.find(request.body.store)
    if store is None:
        raise Invalid("store", problems=[Problem("/store", "must be a store that there is")])
    return Subject((coupon, store), (Place(store.region, store.id),))


@room.http("POST", "/pricing/coupons/{code}/redeem", summary="核销优惠券 · Redeem a coupon", body=RedeemCoupon,
           answer=CouponView, roles=SELLERS, scope="store", subject=redeemed_coupon, dry_run="rehearsed")  # fmt: skip
def redeem_coupon(desk: Desk, request: Request) -> CouponView:
    """By one order, once: 409 with the reason for any other, for one that is over, and outside its area."""
    coupon, store = _redeemed(request)
    order_id = request.body.order_id
    require_usable(coupon, _chain(desk, spot_of(store)), request.now, order_id)
    return show_coupon(desk.coupons.use(coupon, order_id, store.id, store.region, request.now))


def asked_store(desk: Desk, request: Request) -> Subject:
    """The store of the path."""
    store = desk.stores.get(request.path["store_id"])
    return Subject(store, (Place(store.region, store.id),))


@room.http("GET", "/pricing/stores/{store_id}/redemptions", summary="门店核销记录 · What a store redeemed",
           query=RedemptionQuery, answer=Page[CouponView], scope="store", subject=asked_store)  # fmt: skip
def list_redemptions(desk: Desk, request: Request) -> Page[CouponView]:
    """Of a day in the tenant's zone, the newest first; up to two seconds behind."""
    query: RedemptionQuery = request.query
    store: Store = request.subject
    day = query.day or request.now.astimezone(desk.zone).date()
    since = datetime.combine(day, time(), desk.zone)
    until = since + timedelta(days=1)
    coupons, position = desk.coupons.used_in(store.id, since, until, query.limit, cursors.decode(query.cursor))
    return page(map(show_coupon, coupons), position)


def _redeemed(request: Request) -> tuple[Coupon, Store]:
    coupon, store = request.subject
    return coupon, store


def _strategy(desk: Desk, campaign: str, strategy: str, spot: Spot) -> Strategy:
    """A strategy in force there. Raises Invalid."""
    key = f"{campaign}/{strategy}"
    strategy_here = plan_in(desk, spot).by_key.get(key)
    if strategy_here is None:
        raise Invalid("strategy", problems=[Problem("/strategy", "must be a strategy of a campaign that is in force")])
    return strategy_here


def _chain(desk: Desk, spot: Spot) -> Chain:
    return chain_of(spot, places_in(desk), read_book(desk, STANDARD).value.tiers)
