"""Campaigns as documents: a region's or a store's overlay changes what differs there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from functions.pricing.books.books import Book, Case, PriceTable
from functions.pricing.context import Context
from functions.pricing.places.places import regions_of
from functions.pricing.strategies.catalogue import BY_NAME
from functions.pricing.strategies.strategies import Campaign, Strategy, campaign_of
from hub.contracts.pricing_campaigns import CampaignDocument, StrategyDocument
from hub.documents.kinds import Finding, Kind, Proposal
from hub.kernel.money import Money

BY_PLACE = ("region_tier", "logistic_surcharge")
"""Kinds whose terms say something else `by` place."""


def lint_campaign(proposal: Proposal[Campaign], context: Context) -> Iterable[Finding]:
    """Errors: a strategy by itself could sell below a floor (亏本), each with the place where it goes lowest. What
    several do together is held at the floor when it is quoted. And a place that there is not."""
    places = [pair for nth, strategy in enumerate(proposal.content.strategies) for pair in _named(strategy, nth)]
    missing = context.missing(place for _, place in places)
    yield from (Finding(pointer, missing[place]) for pointer, place in places if place in missing)
    for nth, document in enumerate(proposal.content.strategies):
        strategy = next((known for known in proposal.value.strategies if known.key == document.id), None)
        if strategy is not None:
            for rule in _losses(strategy, context):
                yield Finding(f"/strategies/{nth}/terms", rule)


def _named(strategy: StrategyDocument, nth: int) -> Iterator[tuple[str, str]]:
    """The places that a strategy names, for itself and in its terms, behind where they stand."""
    where, terms = f"/strategies/{nth}", strategy.terms
    yield from ((f"{where}/places/{number}", place) for number, place in enumerate(strategy.places))
    yield from ((f"{where}/terms/areas/{number}", place) for number, place in enumerate(terms.get("areas", ())))
    if strategy.kind in BY_PLACE:
        yield from ((f"{where}/terms/by/{place}", place) for place in terms["by"])


def _losses(strategy: Strategy, context: Context) -> Iterator[str]:
    kind = BY_NAME[strategy.kind]
    for book, service, table in context.every_table():
        if book.currency != strategy.currency or (strategy.services and service not in strategy.services):
            continue
        losses = []
        for place, price, floor in _floored_prices(strategy, book, table):
            lowest = kind.lowest(strategy.terms, service, price, book.currency)
            if lowest is not None and lowest < floor:
                losses.append((lowest - floor, place, lowest, floor))
        if losses:
            _, place, lowest, floor = min(losses)
            prices = f"{Money(lowest, book.currency)}, below its floor {Money(floor, book.currency)}"
            yield f"could sell {service} in {place} for {prices}"


def _floored_prices(strategy: Strategy, book: Book, table: PriceTable) -> Iterator[tuple[str, int, int]]:
    """Each place that the strategy is about where there is a price and a floor: the price and the floor there."""
    places = strategy.places or frozenset({*table.by_place, *table.floors_minor})
    for place in sorted(places):
        chain = ((place, "area"), *regions_of("base" if ":" in place else place, book.tiers))
        floor, row = table.floor(chain), table.nearest(chain, Case())
        if row is not None and floor:
            yield place, row.price_minor, floor


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
