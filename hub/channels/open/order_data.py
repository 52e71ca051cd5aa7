"""The data of an order and an after-sale in an integrator's words, and what they are in ours. Pure."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from hub.channels.open.fields import (
    Amount,
    Currency,
    Id,
    Long,
    OptionalId,
    OptionalParcelNo,
    OptionalPersonKey,
    ParcelNo,
    Places,
    Short,
    minor_units,
)
from hub.contracts.base import Contract, Moment
from hub.contracts.orders import Discount, Funder, MoneyState, OrderLine, OrderTerms

KnownOrderState = Literal[
    "pending_payment",
    "on_hold",
    "paid",
    "partially_shipped",
    "shipped",
    "delivered",
    "completed",
    "cancelled",
    "refunded",
]
KnownAfterSaleState = Literal[
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
]
KnownAfterSaleType = Literal[
    "refund_only", "return_refund", "exchange", "resend", "repair", "price_protection", "cancel_before_ship"
]
"""The contract's own words, without `unknown` and `none`: a sender knows what it tells."""


class LineData(Contract):
    """One line of an order or after-sale; fields that the hub doesn't know are taken, and not looked at."""

    model_config = ConfigDict(extra="ignore")

    item_no: Short = Field(default="", description="the article")
    sku: Short = Field(default="", description="its variant, your own code")
    category: Short = ""
    quantity: Annotated[int, Field(strict=True, ge=0, le=10**9)] = 1
    amount: Amount = Field(default="0", description="what the buyer pays for the whole line")
    kind: Literal["goods", "service"] = "goods"


class DiscountData(Contract):
    """A discount on the order, and who pays for it (出资方)."""

    amount: Amount
    funder: Funder = "unknown"


class OrderData(Contract):
    """The whole order as it stands at `occurred_at`: of two tellings the later one holds."""

    order_no: Id
    shop_id: OptionalId = ""
    state: KnownOrderState
    amount: Amount = Field(description="what the buyer pays, in major units")
    deposit: Amount = Field(default="0", description="what was paid so far of an order whose rest is still to pay")
    currency: Currency = "CNY"
    buyer_id: OptionalPersonKey = ""
    paid_at: Moment | None = None
    note: Long = Field(default="", description="what the buyer wrote")
    tracking_nos: tuple[ParcelNo, ...] = Field(default=(), max_length=50)
    attribution: Places = Field(default={})
    lines: list[LineData] = Field(default=[], max_length=500)
    discounts: list[DiscountData] = Field(default=[], max_length=50)
    platform_fee: Amount | None = Field(default=None, description="what the platform keeps of it")
    shipping: Amount | None = Field(default=None, description="freight that the buyer pays")
    region_code: Annotated[str, Field(pattern=r"^([0-9]{6})?$", examples=["310101"])] = Field(
        default="", description="GB/T 2260 of the place that it goes to"
    )
    quote_id: OptionalId = Field(default="", description="the hub's quote that it was sold by")

    @model_validator(mode="after")
    def _amounts_fit(self) -> Self:
        minor_units(self.amount, self.currency)
        amounts = [self.deposit, self.platform_fee or "0", self.shipping or "0"]
        amounts += [line.amount for line in self.lines] + [discount.amount for discount in self.discounts]
        for amount in amounts:
            minor_units(amount, self.currency)
        return self

    @property
    def amount_minor(self) -> int:
        return minor_units(self.amount, self.currency)

    @property
    def deposit_minor(self) -> int:
        return minor_units(self.deposit, self.currency)

    @property
    def terms(self) -> OrderTerms:
        fee, shipping = self.platform_fee, self.shipping
        return OrderTerms(
            lines=_lines(self.lines, self.currency),
            discounts=tuple(
                Discount(amount_minor=minor_units(each.amount, self.currency), funder=each.funder)
                for each in self.discounts
            ),
            platform_fee_minor=None if fee is None else minor_units(fee, self.currency),
            shipping_minor=None if shipping is None else minor_units(shipping, self.currency),
            region_code=self.region_code,
            quote_id=self.quote_id,
        )


class AfterSaleData(Contract):
    """The whole after-sale (售后单) as it stands at `occurred_at`."""

    after_sale_no: Id
    order_no: Id
    shop_id: OptionalId = ""
    kind: KnownAfterSaleType
    state: KnownAfterSaleState
    money: MoneyState = "none"
    requested: Amount = "0"
    refunded: Amount = Field(default="0", description="what has been paid back")
    currency: Currency = "CNY"
    buyer_id: OptionalPersonKey = ""
    tracking_no: OptionalParcelNo = Field(default="", description="the parcel that comes back")
    deadline_at: Moment | None = None
    reason: Short = Field(default="", description="why, in your own code or words out of your list")
    lines: list[LineData] = Field(default=[], max_length=500)

    @model_validator(mode="after")
    def _amounts_fit(self) -> Self:
        for amount in (self.requested, self.refunded, *(each.amount for each in self.lines)):
            minor_units(amount, self.currency)
        return self

    @property
    def order_lines(self) -> tuple[OrderLine, ...]:
        return _lines(self.lines, self.currency)

    @property
    def requested_minor(self) -> int:
        return minor_units(self.requested, self.currency)

    @property
    def refunded_minor(self) -> int:
        return minor_units(self.refunded, self.currency)


def _lines(lines: list[LineData], currency: str) -> tuple[OrderLine, ...]:
    return tuple(
        OrderLine(**line.model_dump(exclude={"amount"}), amount_minor=minor_units(line.amount, currency))
        for line in lines
    )
