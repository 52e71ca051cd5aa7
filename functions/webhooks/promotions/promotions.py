"""Promotions (促销): what a shop wants on its platform, how far it got, and what HTTP says of both. Pure."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Literal

from hub.contracts.webhooks_live import NewPromotion, PromotionView
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem
from hub.kernel.money import Money

State = Literal["queued", "sending", "sent", "failed"]


@dataclass(frozen=True, slots=True)
class Promotion:
    """A promotion as a shop wants it: from `threshold_minor` on (0: always), `reduction_minor` less (满减).

    goods: the platform's article ids; empty: the whole shop. Times are real time.
    """

    id: str
    title: str
    threshold_minor: int
    reduction_minor: int
    currency: str
    starts_at: datetime
    ends_at: datetime
    goods: tuple[str, ...] = ()
    quantity: int = 1000
    per_buyer: int = 1


@dataclass(frozen=True, slots=True)
class Stored:
    """A promotion and how far it got. sending: it is on its way, or was when its process died. Times are real time."""

    promotion: Promotion
    state: State
    reason: str
    queued_at: datetime
    sent_at: datetime | None
    platform_id: str
    version: int


def promotions_of(news: tuple[NewPromotion, ...]) -> tuple[Promotion, ...]:
    """From the HTTP body. Raises Invalid naming each amount that is wrong."""
    problems = [problem for index, new in enumerate(news) for problem in _amount_problems(new, index)]
    if problems:
        raise Invalid("promotions", problems=problems)
    return tuple(map(_promotion_of, news))


def digest_of(promotion: Promotion) -> str:
    """The wording of a promotion: another one is a change."""
    return hashlib.sha256(repr(promotion).encode()).hexdigest()


def view_of(stored: Stored) -> PromotionView:
    """As the HTTP answers show it."""
    promotion = stored.promotion
    return PromotionView(
        id=promotion.id,
        title=promotion.title,
        threshold=str(Money(promotion.threshold_minor, promotion.currency)),
        reduction=str(Money(promotion.reduction_minor, promotion.currency)),
        currency=promotion.currency,
        starts_at=promotion.starts_at,
        ends_at=promotion.ends_at,
        goods=promotion.goods,
        quantity=promotion.quantity,
        per_buyer=promotion.per_buyer,
        state=stored.state,
        reason=stored.reason,
        platform_id=stored.platform_id,
        queued_at=stored.queued_at,
        sent_at=stored.sent_at,
        version=stored.version,
    )


def _promotion_of(new: NewPromotion) -> Promotion:
    return Promotion(
        id=new.id,
        title=new.title,
        threshold_minor=Money.parse(new.threshold, new.currency).amount_minor,
        reduction_minor=Money.parse(new.reduction, new.currency).amount_minor,
        currency=new.currency,
        starts_at=new.starts_at,
        ends_at=new.ends_at,
        goods=new.goods,
        quantity=new.quantity,
        per_buyer=new.per_buyer,
    )


def _amount_problems(new: NewPromotion, index: int) -> list[Problem]:
    """What no single field's rule says: the currency's decimals, and that nobody is paid for buying."""
    problems: list[Problem] = []
    amounts: list[int] = []
    for name in ("threshold", "reduction"):
        try:
            amounts.append(Money.parse(getattr(new, name), new.currency).amount_minor)
        except Invalid as error:
            problems += [Problem(f"/promotions/{index}/{name}", problem.rule) for problem in error.problems]
    if not problems and 0 < amounts[0] < amounts[1]:
        problems.append(Problem(f"/promotions/{index}/reduction", "must not be more than threshold"))
    return problems
