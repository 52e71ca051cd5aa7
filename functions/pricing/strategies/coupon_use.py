"""Coupons in a cart (用券): which one of those that the buyer brings holds here and now, and what it gives. Pure."""

from __future__ import annotations

from functions.pricing.strategies.cart import Act, Cart, Effect, HeldCoupon, Line
from functions.pricing.strategies.cuts import OffTerms, cut_of, effect_of, minor, total
from functions.pricing.strategies.units import (
    BELOW_THRESHOLD,
    COUPON_ELSEWHERE,
    COUPON_EXPIRED,
    COUPON_OF_ANOTHER,
    COUPON_USED,
    NO_COUPON,
)


def use_coupon(terms: OffTerms, currency: str, min_amount: str, base: str) -> Act:
    """What a strategy does whose coupons are brought: one of them counts, the first that holds."""
    cut, threshold = cut_of(terms, currency), minor(min_amount, currency)
    fixed = None if terms.amount is None else minor(terms.amount, currency)

    def act(cart: Cart, lines: list[Line]) -> Effect | str:
        reason = NO_COUPON
        for coupon in cart.coupons:
            if coupon.strategy == cart.acting:
                reason = why_not(coupon, cart)
                if not reason:
                    return _effect(coupon, lines)
        return reason

    def _effect(coupon: HeldCoupon, lines: list[Line]) -> Effect | str:
        if _base(lines, base) < threshold:
            return BELOW_THRESHOLD
        amount = total(lines)
        return effect_of(amount - cut(amount) if fixed is None else fixed, lines, coupon.code)

    return act


def why_not(coupon: HeldCoupon, cart: Cart) -> str:
    """Why a coupon does not hold, "" where it does."""
    if coupon.used:
        return COUPON_USED
    if cart.at < coupon.valid_from or (coupon.valid_until is not None and cart.at >= coupon.valid_until):
        return COUPON_EXPIRED
    if coupon.place and coupon.place not in cart.places:
        return COUPON_ELSEWHERE
    if coupon.customer and coupon.customer != cart.customer:
        return COUPON_OF_ANOTHER
    return ""


def _base(lines: list[Line], base: str) -> int:
    if base == "list":
        return sum(line.list_minor * line.quantity for line in lines)
    return sum(line.items_minor for line in lines) if base == "after_items" else total(lines)
