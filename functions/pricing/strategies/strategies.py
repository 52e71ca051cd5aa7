"""Strategies at work (生效策略): what a campaign's document says, ready to be applied to a cart. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pydantic import ValidationError

from functions.pricing.books.books import in_hours, minute_of
from functions.pricing.strategies import units
from functions.pricing.strategies.cart import Act, Cart, Usage
from functions.pricing.strategies.catalogue import BY_NAME, RANK
from functions.pricing.strategies.cuts import minor
from functions.pricing.strategies.kind import STAGES
from hub.contracts.pricing_campaigns import CampaignDocument, Period, Stacking, StrategyDocument, UseLimits
from hub.documents.overlay import pointer
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Invalid, Problem
from hub.kernel.regions import is_region

UNUSED = Usage()


@dataclass(frozen=True, slots=True)
class Limits:
    """How often, and for how much in minor units, at most."""

    uses: int | None = None
    per_customer: int | None = None
    per_store: int | None = None
    budget_minor: int | None = None

    def has_room(self, spent_minor: int) -> bool:
        """Whether the budget holds so much."""
        return self.budget_minor is None or spent_minor <= self.budget_minor

    def why_not(self, cart: Cart, usage: Usage) -> str:
        """Why it is used up, "" where it isn't."""
        if self.uses is not None and usage.uses >= self.uses:
            return units.USED_UP
        if self.per_customer is not None and not cart.customer:
            return units.WHO_IS_IT
        if self.per_customer is not None and usage.by_customer >= self.per_customer:
            return units.USED_UP_BY_CUSTOMER
        if self.per_store is not None and not cart.store:
            return units.WHICH_STORE
        if self.per_store is not None and usage.in_store >= self.per_store:
            return units.USED_UP_IN_STORE
        return ""


@dataclass(frozen=True, slots=True)
class Span:
    """When it holds: by days, the last one whole, or by moments, the end not in it."""

    first_day: date | None = None
    last_day: date | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def has_moments(self) -> bool:
        """Whether it begins or ends within a day."""
        return self.starts_at is not None or self.ends_at is not None

    def holds_on_day(self, day: date) -> bool:
        """Whether a local day lies in it, as far as it goes by days."""
        return (self.first_day is None or day >= self.first_day) and (self.last_day is None or day <= self.last_day)

    def holds_on(self, at: datetime, day: date) -> bool:
        """Whether a moment, with its local day, lies in it."""
        begun = self.starts_at is None or at >= self.starts_at
        return begun and (self.ends_at is None or at < self.ends_at) and self.holds_on_day(day)


@dataclass(frozen=True, slots=True)
class Strategy:
    """One strategy. key: `campaign/id`; stage: its place in STAGES; order: by which it comes in turn. What is empty
    holds for all."""

    key: str
    kind: str
    title_zh: str
    title_en: str
    stage: int
    order: tuple[int, int]
    group: str
    stacking: Stacking
    act: Act
    terms: Any
    currency: str
    span: Span | None = None
    services: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    levels: frozenset[str] = frozenset()
    weekdays: frozenset[int] = frozenset()
    hours: tuple[int, int] | None = None
    limits: Limits | None = None
    funding: tuple[tuple[str, int], ...] = ()
    shared: Limits | None = None
    """Those of its campaign, which all of it takes from."""
    is_moving: bool = False
    """Whether there is anything to ask at each sale anew: a moment, or a limit."""

    @property
    def hangs_on_areas(self) -> bool:
        """Whether it names a business district or a store group: for itself, by place in its terms, or in coupons."""
        named = {*self.places, *getattr(self.terms, "by", ()), *getattr(self.terms, "areas", ())}
        return any(place.startswith(("area:", "group:")) for place in named)

    @property
    def campaign(self) -> str:
        """The key of its campaign."""
        return self.key.partition("/")[0]

    def why_not(self, cart: Cart) -> str:
        """Why it does not hold for whom and where a cart is, on its day, at its hour; "" where it may."""
        if self.channels and cart.channel not in self.channels:
            return units.OTHER_CHANNEL
        if self.levels and cart.level not in self.levels:
            return units.OTHER_LEVEL
        if self.places and self.places.isdisjoint(cart.places):
            return units.ELSEWHERE
        if (
            (self.weekdays and cart.weekday not in self.weekdays)
            or (self.hours is not None and not in_hours(cart.minute, self.hours))
            or (self.span is not None and not self.span.holds_on_day(cart.day))
        ):
            return units.OTHER_TIME
        if self.currency != cart.currency:
            return units.OTHER_CURRENCY
        if self.services and self.services.isdisjoint(line.service for line in cart.lines):
            return units.OTHER_SERVICE
        return ""

    def why_not_now(self, cart: Cart) -> str:
        """Why it does not hold at this very moment, or is used up; "" where it isn't."""
        if self.span is not None and not self.span.holds_on(cart.at, cart.day):
            return units.OTHER_TIME
        reason = self.limits.why_not(cart, cart.usage.get(self.key, UNUSED)) if self.limits else ""
        if reason or self.shared is None:
            return reason
        return self.shared.why_not(cart, cart.usage.get(self.campaign, UNUSED))

    def has_budget(self, cart: Cart, given_minor: int) -> bool:
        """Whether its budget, and its campaign's, hold so much more."""
        own, shared = self.limits, self.shared
        if own is not None and not own.has_room(cart.usage.get(self.key, UNUSED).spent_minor + given_minor):
            return False
        spent = cart.usage.get(self.campaign, UNUSED).spent_minor + cart.spent_minor.get(self.campaign, 0)
        return shared is None or shared.has_room(spent + max(0, given_minor))


@dataclass(frozen=True, slots=True)
class Campaign:
    """Strategies that come and go together, and what limits all of them."""

    strategies: tuple[Strategy, ...]
    limits: Limits | None = None


def campaign_of(document: CampaignDocument) -> Campaign:
    """What a document says. Raises Invalid with each term that is wrong and each id that stands twice."""
    problems: list[Problem] = []
    ids = [strategy.id for strategy in document.strategies]
    strategies = []
    for nth, strategy in enumerate(document.strategies):
        where = f"/strategies/{nth}"
        if ids.count(strategy.id) > 1:
            problems.append(Problem(f"{where}/id", "must stand once"))
        if strategy.funding and not any(strategy.funding.values()):
            problems.append(Problem(f"{where}/funding", "must have a weight above 0"))
        for number, place in enumerate(strategy.places):
            if ":" not in place and not is_region(place):
                problems.append(Problem(f"{where}/places/{number}", "must be a region's code that there is"))
        if (compiled := _compiled(strategy, document, where, problems)) is not None:
            strategies.append(compiled)
    shared = _limits(document.limits, document.currency, "", problems)
    if problems:
        raise Invalid("campaign", problems=problems)
    return Campaign(tuple(strategies) if document.active else (), shared)


def _compiled(
    strategy: StrategyDocument, document: CampaignDocument, where: str, problems: list[Problem]
) -> Strategy | None:
    kind, currency, span = BY_NAME[strategy.kind], document.currency, _span(document.period)
    try:
        terms = kind.terms.model_validate(strategy.terms)
        act = kind.plan(terms, currency)
    except ValidationError as error:
        items = error.errors(include_url=False, include_context=False, include_input=False)
        problems += [Problem(f"{where}/terms{pointer([*map(str, item['loc'])])}", _rule(item)) for item in items]
        return None
    except ValueError as error:
        problems.append(Problem(f"{where}/terms", str(error)))
        return None
    limits = _limits(strategy.limits, currency, where, problems)
    return Strategy(
        key=strategy.id,
        kind=strategy.kind,
        title_zh=strategy.name.zh,
        title_en=strategy.name.en,
        stage=STAGES.index(kind.stage),
        order=(-strategy.priority, RANK[strategy.kind]),
        group=strategy.group,
        stacking=strategy.stacking,
        act=act,
        terms=terms,
        currency=currency,
        span=span,
        services=frozenset(strategy.services),
        places=frozenset(strategy.places),
        channels=frozenset(strategy.channels),
        levels=frozenset(strategy.levels),
        weekdays=frozenset(strategy.weekdays),
        hours=(minute_of(strategy.hours.begins), minute_of(strategy.hours.ends)) if strategy.hours else None,
        limits=limits,
        funding=tuple(sorted(strategy.funding.items())),
        is_moving=limits is not None or (span is not None and span.has_moments),
    )


def _rule(item: Mapping[str, Any]) -> str:
    known = {"missing": "is required", "extra_forbidden": "is not a known field"}
    return known.get(item["type"], str(item["msg"]).removeprefix("Value error, "))


def _limits(limits: UseLimits | None, currency: str, where: str, problems: list[Problem]) -> Limits | None:
    if limits is None:
        return None
    try:
        budget = None if limits.budget is None else minor(limits.budget, currency)
    except ValueError as error:
        problems.append(Problem(f"{where}/limits/budget", str(error)))
        return None
    return Limits(limits.uses, limits.per_customer, limits.per_store, budget)


def _span(period: Period | None) -> Span | None:
    if period is None:
        return None
    return Span(period.first_day, period.last_day, period.starts_at, period.ends_at)
