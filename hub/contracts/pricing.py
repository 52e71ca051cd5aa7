"""HTTP bodies of quotes: what somebody would pay, why, and until when; and what became of it."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from hub.contracts.base import Contract, Day, GeoPoint, Moment, Slug, Total, Words
from hub.contracts.classes import Classified
from hub.contracts.pricing_books import Price
from hub.contracts.pricing_places import AnyRegion, AnySlug, AnyStore

LINES_LIMIT = 200
COUPONS_LIMIT = 20
Level = Literal["store", "group", "area", "district", "city", "tier", "province", "base"]
CouponCode = Annotated[str, Field(pattern=r"^cpn_[0-9A-HJKMNP-TV-Z]{26}$")]
CustomerId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$")]
AnyCustomer = Annotated[str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9_.:-]{0,127})?$")]
OrderId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$")]


class QuoteLineRequest(Contract):
    """So many of a service."""

    service: Slug
    quantity: int = Field(default=1, ge=1, le=10_000)


class QuoteRequest(Contract):
    """One service, or `lines` of a cart. Where: a region, a store, or a point and its region.

    at: the moment of the service, now unless stated; it picks the book's version and the campaigns. known_at: as they
    were known then, `at` unless stated: a version that was taken back later still counts, a limit or a coupon that was
    used up later is free. is_new, birthday, customer_level: what strategies ask about the buyer. coupons: the codes
    that the buyer brings.
    """

    service: Slug | None = None
    quantity: int = Field(default=1, ge=1, le=10_000)
    lines: tuple[QuoteLineRequest, ...] = Field(default=(), max_length=LINES_LIMIT)
    region: AnyRegion = ""
    store: AnyStore = ""
    point: GeoPoint | None = None
    book: Slug = "standard"
    channel: AnySlug = ""
    customer_id: AnyCustomer = ""
    customer_level: AnySlug = ""
    is_new: bool = False
    birthday: Annotated[Day | None, Classified("identity")] = None
    coupons: tuple[CouponCode, ...] = Field(default=(), max_length=COUPONS_LIMIT)
    at: Moment | None = None
    known_at: Moment | None = None

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if (self.service is None) == (not self.lines):
            raise ValueError("must name a service, or lines")
        return self

    @property
    def items(self) -> tuple[QuoteLineRequest, ...]:
        """What is asked for, line by line."""
        if self.service is None:
            return self.lines
        return (QuoteLineRequest(service=self.service, quantity=self.quantity),)


class PathStep(Contract):
    """One place looked at on the way outward; the first one with a price is used. why_…: in words."""

    region: str
    level: Level
    price: Price | None
    used: bool
    why: Words


class FactorView(Contract):
    """What the book's price was multiplied by, what was added, or what it was set to, and what it came to."""

    id: str
    input: str
    name: Words
    mode: Literal["times", "plus", "set"]
    place: str
    value: str
    price: str


class RuleShare(Contract):
    """What a rule took off one line."""

    line: int
    discount: Total


class FundingShare(Contract):
    """What one party bears of a discount."""

    party: str
    amount: Annotated[Total, Classified("cost")]


class PriceRuleView(Contract):
    """A strategy, and what came of it. discount: what it took off (negative: put on), which its `lines` and its
    `funding` sum to; lapsed: what it could not give."""

    rule: str
    kind: str
    name: Words
    stage: Literal["price", "item", "order", "coupon"]
    applied: bool
    why: Words
    discount: Total = "0.00"
    lapsed: Total = "0.00"
    lines: tuple[RuleShare, ...] = ()
    funding: tuple[FundingShare, ...] = ()
    coupon: str = ""


class GiftView(Contract):
    """What comes along for nothing."""

    service: str
    quantity: int
    rule: str


class QuoteLineView(Contract):
    """One line. list_price: of the book, for one; price: with the strategies that make prices; discount: off all
    pieces, so total = price × quantity − discount. at_floor: the book and its factors say less than the floor, so
    list_price is the floor."""

    line: int
    service: str
    service_name: Words
    quantity: int
    list_price: Price
    price: Price
    discount: Total
    total: Total
    path: tuple[PathStep, ...]
    factors: tuple[FactorView, ...] = ()
    at_floor: bool = False


class QuoteView(Contract):
    """What was asked for with its reasons, honoured until `valid_until` whatever books and campaigns do. `price` is for
    one. service, service_name, price, quantity, path: of a quote of one line.

    state `rehearsal`: asked for another moment than that of the request, or as it was known at another: shown, never
    honoured."""

    id: str
    service: str | None = None
    service_name: Words | None = None
    region: str
    store: str = ""
    channel: str = ""
    customer_id: str = ""
    price: Price | None = None
    quantity: int | None = None
    total: Total
    discount: Total = "0.00"
    currency: str
    book: Slug
    book_version: int
    path: tuple[PathStep, ...] = ()
    lines: tuple[QuoteLineView, ...] = ()
    rules: tuple[PriceRuleView, ...] = ()
    gifts: tuple[GiftView, ...] = ()
    at: Moment
    created_at: Moment
    valid_until: Moment
    state: Literal["valid", "expired", "rehearsal"]


class RedeemQuote(Contract):
    """The order that takes the quote."""

    order_id: OrderId


class RedemptionView(Contract):
    """What became of a quote: `redeemed` by one order, or `released` when its payment failed."""

    quote_id: str
    order_id: str
    state: Literal["redeemed", "released"]
    total: Total
    currency: str
    redeemed_at: Moment
    coupons: tuple[str, ...] = ()


class CatalogueQuery(Contract):
    """Which book, in which channel, for which customer level."""

    book: Slug = "standard"
    channel: AnySlug = ""
    level: AnySlug = ""


class CataloguePrice(Contract):
    """What one piece costs in a store now. sale: with the strategies on items that need nothing else."""

    service: str
    name: Words
    list_price: Price
    price: Price
    sale: Price


class CatalogueView(Contract):
    """What a store sells, and for how much. version: the same as long as nothing of it is another (ETag)."""

    store: str
    currency: str
    book: str
    book_version: int
    data: tuple[CataloguePrice, ...]
    version: str
