"""HTTP bodies of orders read while somebody waits, and of promotions that go out at a platform's pace."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from hub.contracts.base import Amount, Contract, Moment
from hub.contracts.http import PageQuery
from hub.contracts.webhooks_orders import OrderView

PROMOTIONS_LIMIT = 200
"""So many promotions are taken in one call."""


class OrderReadQuery(Contract):
    """live: ask the platform now, and wait for it for three seconds at most."""

    live: bool = False


class Freshness(Contract):
    """How fresh an order is. stale: the platform was asked and did not answer, so this is what it said last."""

    stale: bool
    age_seconds: int | None = Field(description="since the platform said so; null where nobody knows")
    source: Literal["platform", "cache"]


class LiveOrderView(OrderView):
    """An order, and how fresh that is."""

    freshness: Freshness


class CheckOrder(Contract):
    """A decision about to be taken on an order's state. decision: the caller's name for it, e.g. a ticket's id."""

    decision: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,127}$", examples=["tkt_01JD:refund"])]


PromotionState = Literal["queued", "sending", "sent", "failed"]
Goods = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


def _not_negative(amount: str) -> str:
    if amount.startswith("-"):
        raise ValueError("must not be negative")
    return amount


def _positive(amount: str) -> str:
    if amount.startswith("-") or not amount.strip("0."):
        raise ValueError("must be more than 0")
    return amount


NotNegative = Annotated[Amount, AfterValidator(_not_negative)]
Positive = Annotated[Amount, AfterValidator(_positive)]


class NewPromotion(Contract):
    """A promotion (促销) of one connection: 满199减50 is threshold 199.00 and reduction 50.00. Times are real time.

    goods: the platform's article ids; empty: the whole shop. What a platform has no promotion for fails, and says why.
    """

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$", examples=["double12-199-50"])]
    title: Annotated[str, Field(min_length=1, max_length=60, examples=["满199减50"])]
    threshold: NotNegative = "0"
    reduction: Positive
    currency: Literal["CNY", "HKD", "USD", "EUR", "JPY"] = "CNY"
    starts_at: Moment
    ends_at: Moment
    goods: Annotated[tuple[Goods, ...], Field(max_length=100)] = ()
    quantity: int = Field(
        default=1000, ge=1, le=10_000_000, description="how many coupons there are, where it makes some"
    )
    per_buyer: int = Field(default=1, ge=1, le=100, description="how many of them one buyer may have")

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at must be later than starts_at")
        return self


def _some_and_each_once(promotions: tuple[NewPromotion, ...]) -> tuple[NewPromotion, ...]:
    if not promotions or len({promotion.id for promotion in promotions}) != len(promotions):
        raise ValueError("must be at least one promotion, each with an id of its own")
    return promotions


class NewPromotions(Contract):
    """Promotions to put on a platform. Each is sent once; one that is queued still may be posted again with changes."""

    connection_id: Annotated[str, Field(min_length=1, max_length=64)]
    promotions: Annotated[
        tuple[NewPromotion, ...], Field(max_length=PROMOTIONS_LIMIT), AfterValidator(_some_and_each_once)
    ]


class PromotionView(NewPromotion):
    """A promotion and how far it got. sent_at: when the platform took it; platform_id: what it calls it.

    reason: why it failed. `outcome-unknown`: the platform did not say whether it took it; look there before you post it
    again, or there may be two.
    """

    state: PromotionState
    reason: str = ""
    platform_id: str = ""
    queued_at: Moment
    sent_at: Moment | None = None
    version: int


class PromotionsView(Contract):
    """The promotions of one call, in its order."""

    data: tuple[PromotionView, ...]


class PromotionQuery(PageQuery):
    """One connection's promotions, by their ids."""

    connection_id: Annotated[str, Field(min_length=1, max_length=64)]
