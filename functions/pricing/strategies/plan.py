"""The plan (策略组合): every strategy in force somewhere, by stage and group, and the short list of those that may hold
for carts of one sort, so that a cart meets only what can matter. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import date, timedelta

from functions.pricing.strategies.cart import Cart, Gift
from functions.pricing.strategies.kind import STAGES
from functions.pricing.strategies.strategies import Campaign, Strategy
from hub.contracts.pricing_campaigns import Stacking
from hub.kernel.dataclass import dataclass

SHORTLISTS_KEPT = 5000
"""So many are kept ready of one plan."""
STRICTNESS: tuple[Stacking, ...] = ("stack", "best", "exclusive")


@dataclass(slots=True)
class Trace:
    """What came of one strategy. reason: why nothing, "" where it counts. given_minor: what it took off, and how that
    is spread over the lines (negative: what it put on); lapsed_minor: what it could not give."""

    strategy: Strategy
    reason: str = ""
    given_minor: int = 0
    lines_minor: Mapping[int, int] = field(default_factory=dict)
    lapsed_minor: int = 0
    gifts: tuple[Gift, ...] = ()
    coupon: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Strategies of one group in the order in which they come, and how they stack."""

    stacking: Stacking
    strategies: tuple[Strategy, ...]


@dataclass(frozen=True, slots=True)
class Shortlist:
    """Of a plan, what may hold for carts of one sort; out: what can't, and why."""

    stages: tuple[tuple[Group, ...], ...]
    out: tuple[Trace, ...]


@dataclass(frozen=True, slots=True)
class Edges:
    """What tells carts apart for the strategies of a plan: the places, services, channels and levels that any of them
    names, and the minutes and days at which one begins or ends."""

    places: frozenset[str]
    services: frozenset[str]
    channels: frozenset[str]
    levels: frozenset[str]
    minutes: tuple[int, ...]
    days: tuple[date, ...]

    @classmethod
    def of(cls, strategies: Sequence[Strategy]) -> Edges:
        spans = [strategy.span for strategy in strategies if strategy.span]
        days = {day for span in spans for day in (span.first_day, _after(span.last_day)) if day}
        return cls(
            frozenset(place for strategy in strategies for place in strategy.places),
            frozenset(service for strategy in strategies for service in strategy.services),
            frozenset(channel for strategy in strategies for channel in strategy.channels),
            frozenset(level for strategy in strategies for level in strategy.levels),
            tuple(sorted({minute for strategy in strategies for minute in strategy.hours or ()})),
            tuple(sorted(days)),
        )

    def sort_of(self, cart: Cart) -> Hashable:
        """Carts of which this is the same have the same shortlist."""
        if len(cart.lines) == 1:
            service = cart.lines[0].service
            services: Hashable = service if service in self.services else ""
        else:
            services = self.services.intersection(line.service for line in cart.lines)
        return (
            services,
            self.places.intersection([place for place, _ in cart.chain]),
            cart.channel if cart.channel in self.channels else "",
            cart.level if cart.level in self.levels else "",
            cart.weekday,
            bisect_right(self.minutes, cart.minute),
            bisect_right(self.days, cart.day),
            cart.currency,
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """Every strategy in force, by stage and group. The order in which documents write them plays no part."""

    stages: tuple[tuple[Group, ...], ...]
    by_key: Mapping[str, Strategy]
    edges: Edges
    shortlists: dict[Hashable, Shortlist] = field(default_factory=dict, compare=False, repr=False)

    def shortlist(self, cart: Cart) -> Shortlist:
        """What may hold for a cart; found once for all carts of its sort."""
        sort = self.edges.sort_of(cart)
        shortlist = self.shortlists.get(sort)
        if shortlist is None:
            if len(self.shortlists) >= SHORTLISTS_KEPT:
                self.shortlists.clear()
            self.shortlists[sort] = shortlist = self._shortlist(cart)
        return shortlist

    def _shortlist(self, cart: Cart) -> Shortlist:
        reasons = {strategy.key: strategy.why_not(cart) for strategy in self.strategies}
        stages = tuple(tuple(_left(groups, reasons)) for groups in self.stages)
        out = tuple(Trace(strategy, reasons[strategy.key]) for strategy in self.strategies if reasons[strategy.key])
        return Shortlist(stages, out)

    @classmethod
    def of(cls, campaigns: Mapping[str, Campaign]) -> Plan:
        strategies = [
            replace(
                strategy,
                key=f"{key}/{strategy.key}",
                shared=campaign.limits,
                is_moving=strategy.is_moving or campaign.limits is not None,
            )
            for key, campaign in campaigns.items()
            for strategy in campaign.strategies
        ]
        ordered = sorted(strategies, key=lambda strategy: (*strategy.order, strategy.key))
        stages = tuple(
            tuple(_groups([strategy for strategy in ordered if strategy.stage == stage]))
            for stage in range(len(STAGES))
        )
        return cls(stages, {strategy.key: strategy for strategy in ordered}, Edges.of(ordered))

    @property
    def mentions_areas(self) -> bool:
        """Whether any strategy hangs on a business district or a store group."""
        return any(strategy.hangs_on_areas for strategy in self.strategies)

    @property
    def limited(self) -> list[str]:
        """The keys of the strategies, and of the campaigns, that have limits."""
        strategies = [strategy.key for strategy in self.strategies if strategy.limits is not None]
        return [*strategies, *dict.fromkeys(each.campaign for each in self.strategies if each.shared is not None)]

    @property
    def strategies(self) -> Iterable[Strategy]:
        """All of them."""
        return self.by_key.values()


def _groups(ordered: list[Strategy]) -> Iterable[Group]:
    """The strategies of a stage by group, in the order of the first of each."""
    members: dict[str, list[Strategy]] = {}
    for strategy in ordered:
        members.setdefault(strategy.group or f"/{strategy.key}", []).append(strategy)
    for own in members.values():
        yield Group(max((strategy.stacking for strategy in own), key=STRICTNESS.index), tuple(own))


def _left(groups: Iterable[Group], reasons: Mapping[str, str]) -> Iterable[Group]:
    for group in groups:
        if left := tuple(strategy for strategy in group.strategies if not reasons[strategy.key]):
            yield Group(group.stacking, left)


def _after(day: date | None) -> date | None:
    return day + timedelta(days=1) if day and day < date.max else None


NO_PLAN = Plan.of({})
