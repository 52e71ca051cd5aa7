"""What happens on the market (市场): what competitors ask, what marketplaces promote, what lies in people's carts."""

from typing import Literal

from pydantic import Field

from hub.contracts.base import GeoPoint, Moment, Slug
from hub.contracts.classes import Identity
from hub.contracts.envelope import Event, PlatformEvent


class CompetitorPriced(PlatformEvent):
    """A competitor asks so much for a service, there (竞品价格). → pricing."""

    type: Literal["competitor.priced"] = "competitor.priced"
    competitor_id: str
    brand: str = ""
    service: Slug
    amount_minor: int
    currency: str = "CNY"
    position: GeoPoint


class PromotionChanged(PlatformEvent):
    """A marketplace's promotion as it stands (平台促销): from so much on, so much less. → pricing."""

    type: Literal["promotion.changed"] = "promotion.changed"
    platform: Slug = Field(description="the marketplace, as quotes name their channel")
    shop_id: str
    promotion_id: str
    title: str = ""
    coupon_id: str = Field(default="", description="the coupon that it takes, as coupon.changed names it; '' for none")
    threshold_minor: int
    reduction_minor: int
    currency: str = "CNY"
    starts_at: Moment
    ends_at: Moment


class CartChanged(PlatformEvent):
    """What lies in somebody's cart comes to so much now (购物车). → customers."""

    type: Literal["cart.changed"] = "cart.changed"
    shop_id: str
    person_id: Identity
    amount_minor: int
    currency: str = "CNY"


class ShopperMoved(PlatformEvent):
    """A cart or a coupon of somebody changed, with the customer behind it. customers → pricing, where promotions count
    who has reached them."""

    type: Literal["shopper.moved"] = "shopper.moved"
    kind: Literal["cart", "coupon"]
    shop_id: str
    customer_id: str
    identity_id: str
    amount_minor: int = Field(default=0, description="of the cart")
    currency: str = "CNY"
    coupon_id: str = ""
    change: str = Field(default="", description="what happened to the coupon, as coupon.changed says it")


class PromotionReached(Event):
    """Somebody's cart has reached a promotion whose coupon they have not used (促销提醒); once a promotion and
    customer. pricing → notifications."""

    type: Literal["promotion.reached"] = "promotion.reached"
    promotion_id: str
    title: str = ""
    platform: Slug
    customer_id: str
    identity_id: str
    amount_minor: int = Field(description="of the cart")
    currency: str
    ends_at: Moment
