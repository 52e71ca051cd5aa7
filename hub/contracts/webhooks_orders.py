"""HTTP bodies of orders and after-sales."""

from typing import Annotated, Literal

from pydantic import Field

from hub.contracts.base import Amount, Contract, Day, Moment, RegionFilter
from hub.contracts.classes import Classified, Identity, Located
from hub.contracts.envelope import Attribution
from hub.contracts.http import PageQuery
from hub.contracts.orders import AfterSaleState, AfterSaleType, MoneyState, OrderState


class OrderQuery(PageQuery):
    """What was first noted on a day, in the tenant's zone; without one, everything of the last two years."""

    day: Day | None = None
    connection_id: Annotated[str, Field(max_length=64)] = Field(
        default="", description="of one connection, oldest first: for who reaches the whole tenant; wants `day`"
    )
    region: RegionFilter = Field(default="", description="only what lies in this region")
    store: str = Field(default="", max_length=128, description="only what is of this store")
    sort: Literal["-noted_at"] | None = Field(
        default=None, description="what we knew last first: the only order there is, but of one connection"
    )


class ToldLine(Contract):
    """One line of an order that is told of."""

    item_no: str = Field(default="", max_length=128, description="the article")
    sku: str = Field(default="", max_length=128, description="its variant, your own code")
    category: str = Field(default="", max_length=128)
    quantity: Annotated[int, Field(ge=0, le=10**9)] = 1
    amount: Amount = Field(default="0.00", description="what the buyer pays for the whole line")
    kind: Literal["goods", "service"] = "goods"


class ToldOrder(Contract):
    """An order as a file or a hand tells of it, as it stood at `occurred_at`: of two tellings the later one holds."""

    order_no: Annotated[str, Field(min_length=1, max_length=64)]
    state: OrderState
    amount: Amount = Field(description="what the buyer pays")
    occurred_at: Moment
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "CNY"
    shop_id: Annotated[str, Field(max_length=64)] = ""
    buyer_id: Identity = ""
    paid_at: Moment | None = None
    note: Annotated[str, Field(max_length=2000), Classified("words")] = ""
    lines: Annotated[tuple[ToldLine, ...], Field(max_length=500)] = Field(
        default=(), description="what was sold; not from files, where an order is one row"
    )


class ToldView(Contract):
    """That an order was taken in; it shows once its message is published, within seconds."""

    message_id: str
    is_new: bool = Field(description="false: just this was told before")


class OrderView(Contract):
    """An order (订单) in our words. What the buyer wrote is not shown here."""

    id: Annotated[str, Located("thing")]
    region: Annotated[str, Located("region")]
    store_id: Annotated[str, Located("store")]
    connection_id: str
    channel: str
    shop_id: str
    order_no: str
    state: OrderState
    buyer_id: Identity
    amount: Amount
    currency: str
    paid_at: Moment | None = None
    deposit: Amount = Field(default="0", description="what was paid first, of an order that is paid in parts")
    tracking_nos: tuple[str, ...] = ()
    attribution: Attribution = Field(default_factory=dict)
    source_at: Moment | None = Field(default=None, description="the platform's time of this state; None while unknown")
    noted_at: Moment = Field(description="when we first knew of the order (business time)")
    recovered: bool = Field(default=False, description="no push told of it: a pull found it")


class ReviewView(Contract):
    """A review (评价): what a buyer said of what they bought."""

    id: Annotated[str, Located("thing")]
    region: Annotated[str, Located("region")]
    store_id: Annotated[str, Located("store")]
    connection_id: str
    channel: str
    shop_id: str
    review_no: str = Field(description="the platform's number of it")
    order_no: str
    item_no: str
    rating: int | None = Field(default=None, description="1 to 5 stars; null where the platform says none")
    text: Annotated[str, Classified("words")] = Field(default="", description="'' once 90 days are over")
    noted_at: Moment = Field(description="when the hub heard of it (business time)")


class AfterSaleView(Contract):
    """An after-sale (售后单) in our words: its own state and the money's are two things."""

    id: Annotated[str, Located("thing")]
    region: Annotated[str, Located("region")]
    store_id: Annotated[str, Located("store")]
    connection_id: str
    channel: str
    shop_id: str
    after_sale_no: str
    order_no: str
    kind: AfterSaleType
    state: AfterSaleState
    money: MoneyState
    requested: Amount
    refunded: Amount
    currency: str
    tracking_no: str = ""
    deadline_at: Moment | None = None
    source_at: Moment | None = None
    noted_at: Moment
