"""What is said of an order and an after-sale once they are read: paid, changed, finished, and what went back.

webhooks says all of these.
"""

from typing import Literal

from pydantic import Field

from hub.contracts.base import Moment, RegionCode
from hub.contracts.classes import Identity, Said
from hub.contracts.envelope import Attribution, Event, PlatformEvent
from hub.contracts.orders import AfterSaleState, AfterSaleType, MoneyState, OrderLine, OrderState, OrderTerms


class OrderDepositPaid(Event):
    """A part of an order is paid, and the rest is still to pay (预售定金): said once per order. → customers."""

    type: Literal["order.deposit_paid"] = "order.deposit_paid"
    connection_id: str
    channel: str
    shop_id: str
    order_id: str
    order_no: str
    buyer_id: Identity = ""
    amount_minor: int = Field(description="what was paid so far")
    total_minor: int = Field(description="what the whole order costs, as far as the platform says by now")
    currency: str
    attribution: Attribution = Field(default_factory=dict)
    region: RegionCode = "base"
    store_id: str = ""


class OrderPaid(OrderTerms, Event):
    """An order is paid: said once per order, whoever noticed first. → customers."""

    type: Literal["order.paid"] = "order.paid"
    connection_id: str
    channel: str
    shop_id: str
    order_id: str
    order_no: str
    buyer_id: Identity = Field(default="", description="the buyer as the platform names them, '' when masked")
    amount_minor: int
    currency: str
    attribution: Attribution = Field(default_factory=dict)
    content_ref: str = Field(default="", description="where the buyer's note lies in the content store, '' without one")
    region: RegionCode = "base"
    store_id: str = Field(default="", description="whose the order is, '' where its connection says no store")


class OrderChanged(PlatformEvent):
    """An order moved to another state, by the later of all truths. → customers."""

    type: Literal["order.changed"] = "order.changed"
    shop_id: str
    order_id: str
    order_no: str
    state: OrderState
    was: OrderState | Literal[""] = Field(default="", description="'' when the order is new to us")
    buyer_id: Identity = ""
    attribution: Attribution = Field(default_factory=dict)


class OrderFinished(OrderTerms, PlatformEvent):
    """An order came to its good end (交易完成), which it may be settled by: said once per order. → customers,
    settlement."""

    type: Literal["order.finished"] = "order.finished"
    shop_id: str
    order_id: str
    order_no: str
    buyer_id: Identity = ""
    amount_minor: int
    currency: str
    attribution: Attribution = Field(default_factory=dict)


class AfterSaleChanged(PlatformEvent):
    """An after-sale moved: its own state and the money's are two things. → customers."""

    type: Literal["after_sale.changed"] = "after_sale.changed"
    shop_id: str
    after_sale_id: str
    after_sale_no: str
    order_no: str
    kind: AfterSaleType
    state: AfterSaleState
    was: AfterSaleState | Literal[""] = ""
    money: MoneyState
    requested_minor: int = 0
    refunded_minor: int = 0
    currency: str = "CNY"
    tracking_no: str = Field(default="", description="the parcel that comes back, '' while there is none")
    deadline_at: Moment | None = Field(default=None, description="until when the seller must act, says the platform")
    reason: Said = Field(default="", description="why, as the platform names it: a code, or words out of its list")
    lines: tuple[OrderLine, ...] = Field(default=(), description="what it is about, () where that is not told")
    buyer_id: Identity = ""


class RefundPaid(PlatformEvent):
    """Money went back to the buyer: said once for each time that it did. → customers, settlement."""

    type: Literal["refund.paid"] = "refund.paid"
    shop_id: str
    after_sale_id: str
    after_sale_no: str
    order_id: str
    order_no: str
    kind: AfterSaleType
    amount_minor: int = Field(description="what was paid back this time")
    refunded_minor: int = Field(description="what this after-sale has paid back in all")
    currency: str
    reason: Said = ""
    lines: tuple[OrderLine, ...] = ()
    buyer_id: Identity = ""
