"""Promotions of marketplaces, mirrored (平台促销): what they are, and how far customers are with them."""

from hub.contracts.base import Contract, Moment, Slug
from hub.contracts.pricing_books import Price


class MirroredPromotionView(Contract):
    """A promotion as its marketplace says it: from `threshold` on, `reduction` less. eligible: who ever reached it;
    redeemed: of those, who used it; in_segment: whose cart has reached it with the coupon unused; nudged: who was
    reminded."""

    id: str
    platform: Slug
    shop_id: str
    promotion_id: str
    title: str
    threshold: Price
    reduction: Price
    currency: str
    starts_at: Moment
    ends_at: Moment
    eligible: int
    redeemed: int
    redemption_percent: str
    in_segment: int
    nudged: int


class MirroredQuery(Contract):
    """Of which marketplace."""

    platform: Slug


class MirroredPromotionsView(Contract):
    """Those of a marketplace that have not ended."""

    data: tuple[MirroredPromotionView, ...]


class NudgeView(Contract):
    """Who is reminded now, or with `dry_run` would be. left: how many are still to be: ask again."""

    promotion_id: str
    nudged: int
    left: int
