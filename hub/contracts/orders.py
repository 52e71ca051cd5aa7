"""What was bought, and on what terms: what settlement and work need of an order, in words of all platforms."""

from typing import Annotated, Literal

from pydantic import Field

from hub.contracts.base import Contract
from hub.contracts.classes import Classified

LINES_LIMIT = 500
OrderState = Literal[
    "pending_payment",
    "on_hold",
    "paid",
    "partially_shipped",
    "shipped",
    "delivered",
    "completed",
    "cancelled",
    "refunded",
    "unknown",
]
AfterSaleState = Literal[
    "none",
    "requested",
    "seller_refused",
    "platform_review",
    "awaiting_return",
    "awaiting_seller_receipt",
    "awaiting_reship",
    "reshipped",
    "refunding",
    "refunded",
    "resolved",
    "closed",
    "unknown",
]
AfterSaleType = Literal[
    "refund_only",
    "return_refund",
    "exchange",
    "resend",
    "repair",
    "price_protection",
    "cancel_before_ship",
    "unknown",
]
MoneyState = Literal["none", "pending", "succeeded", "failed", "clawed_back"]
Funder = Literal["shop", "platform", "influencer", "unknown"]


class OrderLine(Contract):
    """One line (订单行) of an order or after-sale."""

    item_no: str = Field(default="", description="the article as the platform names it")
    sku: str = Field(default="", description="its variant, the shop's own code where there is one")
    category: str = Field(default="", description="the article's category as the platform names it")
    quantity: int = 1
    amount_minor: int = Field(default=0, description="what the buyer pays for the whole line, as far as it is told")
    kind: Literal["goods", "service"] = "goods"


class Discount(Contract):
    """A discount (优惠) on an order, and who pays for it (出资方)."""

    amount_minor: int
    funder: Funder = "unknown"


class OrderTerms(Contract):
    """What a platform tells of an order beside its state; what it doesn't tell is empty, or None."""

    lines: tuple[OrderLine, ...] = ()
    discounts: tuple[Discount, ...] = ()
    platform_fee_minor: Annotated[int | None, Classified("cost")] = Field(
        default=None, description="what the platform keeps (平台扣点)"
    )
    shipping_minor: int | None = Field(default=None, description="freight that the buyer pays")
    region_code: str = Field(default="", description="GB/T 2260 of the place that it goes to, '' where not told")
    quote_id: str = Field(default="", description="the quote that it was sold by, '' where there is none")
    unread: str = Field(default="", description="the field that could not be read, for which the terms are empty")
