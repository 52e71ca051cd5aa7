"""Promotions of marketplaces (平台促销), mirrored: 满199减50 at JD, as JD says it, and how far customers are with one.
Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Literal

from functions.pricing.strategies.cart import Cart, Line
from functions.pricing.strategies.strategies import Campaign, campaign_of
from functions.pricing.strategies.units import NO_COUPON
from hub.contracts import events
from hub.contracts.base import Label
from hub.contracts.pricing_campaigns import CampaignDocument, Period, StrategyDocument
from hub.contracts.pricing_promotions import MirroredPromotionView
from hub.kernel.dataclass import dataclass
from hub.kernel.ids import derived_id, hashed_id
from hub.kernel.money import Money

MIRRORED = "mirrored"
"""The campaign under whose name quotes know them."""
LOST = ("expired", "invalidated", "deleted", "given")
"""What a coupon's holder cannot use any more."""


@dataclass(frozen=True, slots=True)
class Promotion:
    """id: ours; platform: the channel of quotes in which it counts; shop: whose it is, on which account of ours.
    told_at: of when its marketplace says this; heard_at: when the hub heard it."""

    id: str
    platform: str
    account: str
    shop: str
    promotion_id: str
    title: str
    coupon_id: str
    threshold_minor: int
    reduction_minor: int
    currency: str
    starts_at: datetime
    ends_at: datetime
    told_at: datetime
    heard_at: datetime

    def holds(self, at: datetime) -> bool:
        """Whether it holds at a moment; its end is not in it."""
        return self.starts_at <= at < self.ends_at


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a customer is with a promotion. cart_minor: what lies in the cart; reached: whether it ever was enough;
    coupon: whether they hold the one that it takes; nudged_at: when they were reminded, which is done once."""

    customer: str
    identity: str
    cart_minor: int = 0
    reached: bool = False
    coupon: Literal["", "held", "used"] = ""
    cart_at: datetime | None = None
    coupon_at: datetime | None = None
    nudged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What a quote knows of a marketplace: its promotions, and those whose coupon the buyer holds."""

    promotions: tuple[Promotion, ...] = ()
    held: frozenset[str] = frozenset()


NOTHING_MIRRORED = Mirrored()


def promotion_of(event: events.PromotionChanged) -> Promotion:
    """What a marketplace says of one."""
    return Promotion(
        id=hashed_id("prm", event.channel, event.account, event.shop_id, event.promotion_id),
        platform=event.platform,
        account=event.account,
        shop=event.shop_id,
        promotion_id=event.promotion_id,
        title=event.title,
        coupon_id=event.coupon_id,
        threshold_minor=event.threshold_minor,
        reduction_minor=event.reduction_minor,
        currency=event.currency,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        told_at=event.source_at or event.at,
        heard_at=event.at,
    )


def advance(progress: Progress, promotion: Promotion, event: events.ShopperMoved) -> Progress:
    """The same after a cart or a coupon has changed; of two tellings the later holds, and used stays used."""
    told_at = event.source_at or event.at
    if event.kind == "cart":
        if event.currency != promotion.currency or (progress.cart_at and told_at < progress.cart_at):
            return progress
        reached = progress.reached or event.amount_minor >= promotion.threshold_minor
        return replace(progress, cart_minor=event.amount_minor, reached=reached, cart_at=told_at)
    if event.coupon_id != promotion.coupon_id or progress.coupon == "used":
        return progress
    if event.change == "used":
        return replace(progress, coupon="used", coupon_at=told_at)
    if progress.coupon_at and told_at < progress.coupon_at:
        return progress
    return replace(progress, coupon="" if event.change in LOST else "held", coupon_at=told_at)


def in_segment(progress: Progress, promotion: Promotion) -> bool:
    """Whether the cart has reached the promotion and its coupon lies unused; where it takes none, whether it has."""
    enough = progress.cart_minor >= promotion.threshold_minor
    return enough and progress.coupon == ("held" if promotion.coupon_id else "")


def to_nudge(rows: Iterable[Progress], promotion: Promotion) -> list[Progress]:
    """Those of the segment whom nobody has told."""
    return [row for row in rows if row.nudged_at is None and in_segment(row, promotion)]


def reminder(row: Progress, promotion: Promotion, tenant: str, now: datetime) -> events.PromotionReached:
    """What the bus hears of one customer: with the same id however often it is said."""
    return events.PromotionReached(
        id=derived_id("evt", promotion.starts_at, "promotion.reached", promotion.id, row.customer),
        tenant=tenant,
        at=now,
        promotion_id=promotion.id,
        title=promotion.title,
        platform=promotion.platform,
        customer_id=row.customer,
        identity_id=row.identity,
        amount_minor=row.cart_minor,
        currency=promotion.currency,
        ends_at=promotion.ends_at,
    )


def campaign_from(promotions: Iterable[Promotion], held: Container[str]) -> Campaign:
    """Promotions as strategies, each in its own channel. held: those whose coupon the buyer holds; one that takes a
    coupon which they don't says so."""
    strategies = []
    for promotion in promotions:
        (strategy,) = campaign_of(_document(promotion)).strategies
        lacks = promotion.coupon_id and promotion.id not in held
        strategies.append(replace(strategy, act=_no_coupon) if lacks else strategy)
    return Campaign(tuple(strategies))


def show_promotion(promotion: Promotion, rows: Sequence[Progress]) -> MirroredPromotionView:
    """One promotion with its figures: of those who ever reached it, how many have used it (核销率)."""
    eligible = [row for row in rows if row.reached or row.coupon == "used"]
    redeemed = sum(row.coupon == "used" for row in eligible)
    rate = Decimal(100 * redeemed) / len(eligible) if eligible else Decimal(0)
    amounts = [
        str(Money(minor, promotion.currency)) for minor in (promotion.threshold_minor, promotion.reduction_minor)
    ]
    return MirroredPromotionView(
        id=promotion.id,
        platform=promotion.platform,
        shop_id=promotion.shop,
        promotion_id=promotion.promotion_id,
        title=promotion.title,
        threshold=amounts[0],
        reduction=amounts[1],
        currency=promotion.currency,
        starts_at=promotion.starts_at,
        ends_at=promotion.ends_at,
        eligible=len(eligible),
        redeemed=redeemed,
        redemption_percent=f"{rate.quantize(Decimal('0.1')):f}",
        in_segment=sum(in_segment(row, promotion) for row in rows),
        nudged=sum(row.nudged_at is not None for row in rows),
    )


def _document(promotion: Promotion) -> CampaignDocument:
    at, off = (str(Money(m, promotion.currency)) for m in (promotion.threshold_minor, promotion.reduction_minor))
    title = promotion.title or f"满{at}减{off}"
    strategy = StrategyDocument(
        id=promotion.id.lower(),
        kind="threshold_step",
        name=Label(zh=title, en=f"{off} off {at}"),
        channels=(promotion.platform,),
        terms={"base": "after_items", "steps": [{"at": at, "off": off}]},
    )
    period = Period(starts_at=promotion.starts_at, ends_at=promotion.ends_at)
    name = Label(zh="平台促销", en="Promotions of marketplaces")
    return CampaignDocument(name=name, currency=promotion.currency, period=period, strategies=(strategy,))


def _no_coupon(_cart: Cart, _lines: list[Line]) -> str:
    return NO_COUPON
