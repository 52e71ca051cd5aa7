"""Campaigns (活动) as documents: which strategies hold, for what, where, when and for whom, and who pays for them."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from hub.contracts.base import Contract, Day, Label, Moment, Slug, Words
from hub.contracts.pricing_books import Currency, Hours, Price, PricePlace, Weekday
from hub.contracts.pricing_places import AnySlug

StrategyKindName = Literal[
    "base_table", "region_tier", "channel", "level_price", "time_slot", "weekday", "season_book", "quantity_break",
    "logistic_surcharge", "moat", "clearance", "member_percent", "member_price", "limited_time", "limited_quantity",
    "every_n", "second_half", "bundle", "gift", "threshold_step", "new_customer", "birthday", "coupon", "decoy_coupon",
]  # fmt: skip
Percent = Annotated[str, Field(pattern=r"^(100(\.0{1,2})?|[0-9]{1,2}(\.[0-9]{1,2})?)$", examples=["10"])]
"""Off the price: "10" is ten of a hundred less (九折)."""
Stacking = Literal["stack", "best", "exclusive"]
STRATEGIES_LIMIT = 50


class Period(Contract):
    """By days, of which the last one counts whole (12-01 to 12-03), or by moments, of which the end does not. Either
    way nothing has to run at the border."""

    first_day: Day | None = None
    last_day: Day | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.first_day or self.last_day) and (self.starts_at or self.ends_at):
            raise ValueError("must be by days or by moments, not both")
        if self.first_day and self.last_day and self.last_day < self.first_day:
            raise ValueError("last_day must not be before first_day")
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValueError("ends_at must be after starts_at")
        return self


class UseLimits(Contract):
    """How often, and for how much in all, a strategy or a whole campaign may be used: over all, by one customer, in one
    store. Held when quotes are redeemed, to the last cent, however many come at once."""

    uses: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    per_customer: Annotated[int, Field(ge=1, le=10_000)] | None = None
    per_store: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    budget: Price | None = None


class StrategyDocument(Contract):
    """One strategy (定价策略) at work. What it doesn't name, it holds for all of.

    group, stacking: of the strategies of one group that fit, all count one after the other (`stack`), the one that
    gives most (`best`), or the first (`exclusive`); where they differ the strictest does. Without a group a strategy
    stands alone. priority: the higher first, among equals by id.
    funding: who bears its discount, by weight: the shares go out with the quote. terms: what its kind asks for
    (GET /pricing/strategies).
    """

    id: Slug
    kind: StrategyKindName
    name: Label
    services: tuple[Slug, ...] = Field(default=(), max_length=200)
    places: tuple[PricePlace, ...] = Field(default=(), max_length=2000)
    channels: tuple[Slug, ...] = Field(default=(), max_length=50)
    levels: tuple[Slug, ...] = Field(default=(), max_length=50)
    weekdays: tuple[Weekday, ...] = Field(default=(), max_length=7)
    hours: Hours | None = None
    priority: int = Field(default=0, ge=0, le=1000)
    group: AnySlug = ""
    stacking: Stacking = "stack"
    limits: UseLimits | None = None
    funding: dict[Slug, Annotated[int, Field(ge=0, le=10_000)]] = Field(default_factory=dict, max_length=10)
    terms: dict[str, Any] = Field(default_factory=dict)


class CampaignDocument(Contract):
    """A campaign (活动): strategies that come and go together. A region or a store may change parts of it. limits: how
    often, and for how much, all of them together; an order that takes several is one use of it."""

    name: Label
    currency: Currency = "CNY"
    active: bool = True
    period: Period | None = None
    limits: UseLimits | None = None
    strategies: tuple[StrategyDocument, ...] = Field(min_length=1, max_length=STRATEGIES_LIMIT)


class StrategyKindView(Contract):
    """A kind of strategy: when it comes in turn, what terms it takes, and an example."""

    kind: str
    title: Words
    stage: Literal["price", "item", "order", "coupon"]
    terms: dict[str, Any] = Field(description="JSON Schema of its terms")
    example: dict[str, Any]
