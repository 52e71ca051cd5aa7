"""Campaigns as documents: a region's or a store's overlay changes what differs there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

from functions.pricing.books.books import Book
from functions.pricing.books.guards import Guards
from functions.pricing.books.reach import Reached, other_chains, reached
from functions.pricing.context import Context
from functions.pricing.places.places import Chain
from functions.pricing.strategies.catalogue import BY_NAME
from functions.pricing.strategies.kind import no_lowest
from functions.pricing.strategies.strategies import Campaign, Strategy, campaign_of
from hub.contracts.pricing_campaigns import CampaignDocument, StrategyDocument
from hub.documents.kinds import Finding, Kind, Proposal
from hub.kernel.dataclass import dataclass
from hub.kernel.money import Money

PRICES_LIMIT = 300_000
"""So many prices a campaign is held against at its draft; every line is held at its floor when it is quoted."""
BY_PLACE = ("region_tier", "logistic_surcharge")
"""Kinds whose terms say something else `by` place."""


@dataclass(frozen=True, slots=True)
class Sold:
    """A service of a book, and the guard rails that hold for it."""

    book: Book
    service: str
    guards: Guards


def lint_campaign(proposal: Proposal[Campaign], context: Context) -> Iterable[Finding]:
    """Errors: a strategy by itself could sell below a floor (亏本), or the guard rails' margin, each with the place
    where it goes lowest; the factors of a place count. What several do together is held at the floor when it is quoted.
    And a place that there is not. A warning where there are more prices than are looked at."""
    places = [pair for nth, strategy in enumerate(proposal.content.strategies) for pair in _named(strategy, nth)]
    missing = context.missing(place for _, place in places)
    yield from (Finding(pointer, missing[place]) for pointer, place in places if place in missing)
    for nth, each in enumerate(proposal.content.strategies):
        counts = each.terms["items"] if each.kind == "bundle" else {}
        none = (service for service, count in counts.items() if count < 1)
        yield from (
            Finding(f"/strategies/{nth}/terms/items/{service}", "must be one piece or more") for service in none
        )
    compiled = {strategy.key: strategy for strategy in proposal.value.strategies}
    known = [(nth, compiled[each.id]) for nth, each in enumerate(proposal.content.strategies) if each.id in compiled]
    yield from _losses([pair for pair in known if BY_NAME[pair[1].kind].lowest is not no_lowest], context)


def _named(strategy: StrategyDocument, nth: int) -> Iterator[tuple[str, str]]:
    """The places that a strategy names, for itself and in its terms, behind where they stand."""
    where, terms = f"/strategies/{nth}", strategy.terms
    yield from ((f"{where}/places/{number}", place) for number, place in enumerate(strategy.places))
    yield from ((f"{where}/terms/areas/{number}", place) for number, place in enumerate(terms.get("areas", ())))
    if strategy.kind in BY_PLACE:
        yield from ((f"{where}/terms/by/{place}", place) for place in terms["by"])


def _losses(strategies: Sequence[tuple[int, Strategy]], context: Context) -> Iterator[Finding]:
    """Of each strategy, by its number, every service that it could sell at a loss."""
    guards, left, chains = context.guards(), PRICES_LIMIT, dict[str, Sequence[Chain]]()
    places = {place for _, each in strategies for place in (*each.places, *_by_place(each))}
    for book_key, book, service, table in context.every_table() if strategies else ():
        own = [pair for pair in strategies if _is_about(pair[1], book, service)]
        costs = guards.costs_minor.get(service, {})
        if not own or not (table.floors_minor or costs):
            continue
        if left <= 0:
            yield Finding("/strategies", f"has more prices than are looked at: {service} was not", "warning")
            return
        if book_key not in chains:
            chains[book_key] = other_chains(book, context)
        prices = list(islice(reached(book, service, table, chains[book_key], {*costs, *places}), left))
        left -= len(prices)
        for nth, strategy in own:
            if rule := _loss(strategy, Sold(book, service, guards), prices):
                yield Finding(f"/strategies/{nth}/terms", rule)


def _by_place(strategy: Strategy) -> Iterable[str]:
    """The places that its terms name."""
    return strategy.terms.by if strategy.kind in BY_PLACE else ()


def _is_about(strategy: Strategy, book: Book, service: str) -> bool:
    return book.currency == strategy.currency and (not strategy.services or service in strategy.services)


def _loss(strategy: Strategy, sold: Sold, prices: Iterable[Reached]) -> str:
    """Where a strategy goes lowest under a floor, else the lowest margin that is too low, "" where there is neither."""
    kind, currency, service = BY_NAME[strategy.kind], sold.book.currency, sold.service
    below, thin = list[tuple[int, str, int, int]](), list[tuple[Decimal, str]]()
    for each in prices:
        terms = _terms_in(strategy, each.chain)
        if terms is None or not _meets(strategy, each):
            continue
        price = max(each.price_minor, each.floor_minor)
        lowest = kind.lowest(terms, service, price, currency)
        if lowest is None or lowest >= price:
            continue
        if lowest < each.floor_minor:
            below.append((lowest - each.floor_minor, each.place, lowest, each.floor_minor))
        elif (
            margin := sold.guards.margin(service, each.chain, lowest)
        ) is not None and margin < sold.guards.min_margin:
            thin.append((margin, each.place))
    if below:
        _, place, lowest, floor = min(below)
        return (
            f"could sell {service} in {place} for {Money(lowest, currency)}, below its floor {Money(floor, currency)}"
        )
    if thin:
        margin, place = min(thin)
        return f"could sell {service} in {place} with a margin of {margin:f}%, below {sold.guards.min_margin:f}%"
    return ""


def _terms_in(strategy: Strategy, chain: Chain) -> Any:
    """A strategy's terms as they hold in a chain: of those by place the nearest; None where there are none."""
    if strategy.kind not in BY_PLACE:
        return strategy.terms
    by = strategy.terms.by
    nearest = next((place for place, _ in chain if place in by), None)
    return None if nearest is None else strategy.terms.model_copy(update={"by": {nearest: by[nearest]}})


def _meets(strategy: Strategy, price: Reached) -> bool:
    """Whether it may hold for whoever pays this price."""
    row = price.row
    if strategy.places and strategy.places.isdisjoint(place for place, _ in price.chain):
        return False
    if strategy.channels and row.channel and row.channel not in strategy.channels:
        return False
    if strategy.weekdays and row.weekdays and strategy.weekdays.isdisjoint(row.weekdays):
        return False
    return not (strategy.levels and row.level and row.level not in strategy.levels)


CAMPAIGNS = Kind[Campaign](
    name="campaign",
    path="/pricing/campaigns",
    title="营销活动 · Campaign",
    schema=CampaignDocument,
    read=campaign_of,
    lint=lint_campaign,
    overlays=True,
    effective=True,
    editors=("finance", "store_manager"),
)
