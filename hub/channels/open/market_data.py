"""What an integrator may tell us of the market: competitors' prices, promotions of marketplaces, carts."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, model_validator

from hub.channels.open.fields import Amount, Currency, Id, OptionalId, PersonKey, Short, minor_units
from hub.contracts.base import Contract, GeoPoint, Moment, Slug


class CompetitorData(Contract):
    """A competitor's price of a service of yours (竞品价格), and where."""

    competitor_id: Id
    brand: Short = ""
    service: Slug = Field(description="yours, as your price book names it")
    price: Amount
    currency: Currency = "CNY"
    position: GeoPoint

    @model_validator(mode="after")
    def _amount_fits(self) -> Self:
        minor_units(self.price, self.currency)
        return self

    @property
    def facts(self) -> dict[str, Any]:
        """As the event says them."""
        return self.model_dump(exclude={"price"}) | {"amount_minor": minor_units(self.price, self.currency)}


class PromotionData(Contract):
    """A marketplace's promotion as it stands (平台促销, 满减): from `threshold` on, `reduction` less; one that has
    ended has its `ends_at` in the past."""

    promotion_id: Id
    platform: Slug = Field(description="the marketplace, e.g. jd: the channel of quotes that it counts in")
    shop_id: OptionalId = ""
    title: Short = ""
    coupon_id: OptionalId = Field(default="", description="the coupon that it takes, as coupon.updated names it")
    threshold: Amount
    reduction: Amount
    currency: Currency = "CNY"
    starts_at: Moment
    ends_at: Moment

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at must be after starts_at")
        if minor_units(self.reduction, self.currency) > minor_units(self.threshold, self.currency):
            raise ValueError("reduction must not be more than threshold")
        return self

    @property
    def facts(self) -> dict[str, Any]:
        """As the event says them."""
        amounts = {f"{name}_minor": minor_units(getattr(self, name), self.currency) for name in AMOUNTS}
        return self.model_dump(exclude=set(AMOUNTS)) | amounts


class CartData(Contract):
    """What lies in somebody's cart comes to so much now (购物车); 0 for an empty one."""

    person_id: PersonKey
    shop_id: OptionalId = ""
    amount: Amount
    currency: Currency = "CNY"

    @model_validator(mode="after")
    def _amount_fits(self) -> Self:
        minor_units(self.amount, self.currency)
        return self

    @property
    def facts(self) -> dict[str, Any]:
        """As the event says them."""
        return self.model_dump(exclude={"amount"}) | {"amount_minor": minor_units(self.amount, self.currency)}


AMOUNTS = ("threshold", "reduction")
