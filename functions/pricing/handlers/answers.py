"""Answering the market (应对): a competitor's price, or a pulse, becomes an offer where a strategy in force says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from functions.pricing.books.books import Case, mentions_areas, price_minor_at
from functions.pricing.books.guards import KEY
from functions.pricing.books.guards_kind import GUARDS
from functions.pricing.desk import Desk
from functions.pricing.handlers.grounds import ground_for, places_in, plan_in, read_book, table_in
from functions.pricing.offers.offers import (
    Offer,
    Rival,
    clearance_price,
    is_own,
    moat_price,
    near,
    within_percent,
)
from functions.pricing.offers.rehearsal import rehearse
from functions.pricing.offers.views import change_percent, show_offer
from functions.pricing.places.places import NO_PLACES, Store, chain_of, spot_of
from functions.pricing.quotes.quotes import moment_of
from functions.pricing.strategies.kinds.clearance import ClearanceTerms
from functions.pricing.strategies.kinds.moat import MoatTerms
from functions.pricing.strategies.strategies import Strategy
from hub.contracts import events
from hub.contracts.pricing_offers import MarketPulse, OfferResult, RehearsalView
from hub.kernel.dataclass import dataclass
from hub.kernel.datum import Point
from hub.kernel.errors import Conflict, Forbidden
from hub.kernel.ids import SYSTEM, derived_id
from hub.kernel.money import Money

STANDARD = "standard"
STORES_LIMIT = 50
"""So many stores answer one competitor; the nearest first."""
WIDEST_M = 50_000
REHEARSED_DAYS = 7
"""On the quotes of so many days an offer is rehearsed before it holds."""


@dataclass(frozen=True, slots=True)
class Ours:
    """What we ask for a service in a store, its floor there, and the currency. lowest_minor: below which no offer
    goes, by the floor, the margin, or the step that it would be."""

    price_minor: int
    floor_minor: int
    lowest_minor: int
    currency: str


def answer_rival(desk: Desk, rival: Rival, now: datetime) -> list[OfferResult]:
    """What each of our stores near a competitor does about its price. Own stores never trigger each other: neither what
    is told of one, nor its own offers, are a competitor's price."""
    stores, currency = desk.stores.every_store(), read_book(desk, STANDARD).value.currency
    results = []
    for store, distance in near(rival, stores, WIDEST_M)[:STORES_LIMIT]:
        strategy = _strategy(desk, store, "moat", rival.service, now)
        if strategy is None or distance > strategy.terms.radius_m:
            continue
        terms: MoatTerms = strategy.terms
        reason = "own_store" if is_own(rival, stores, terms) else ""
        why = f"{rival.id} {Money(rival.price_minor, currency)} {round(distance)} m"
        result = (
            OfferResult(store=store.id, reason=reason) if reason else _defend(desk, store, rival, strategy, why, now)
        )
        results.append(result.model_copy(update={"distance_m": round(distance)}))
    return results


def hear_rival(desk: Desk, event: events.CompetitorPriced) -> None:
    """What the open webhook says of a competitor: answered as by HTTP. A price in another currency, or of what the book
    does not have, is nobody's; what a platform tells again, or late, answers nothing anew."""
    book, point = read_book(desk, STANDARD).value, event.position
    if event.currency != book.currency or event.service not in book.services:
        return
    where = Point(point.latitude, point.longitude, point.datum)
    answer_rival(desk, Rival(event.competitor_id, event.brand, event.service, event.amount_minor, where), event.at)


def answer_pulse(desk: Desk, pulse: MarketPulse, store: Store, now: datetime) -> OfferResult | None:
    """What a store does about what stays too long; None where no strategy asks."""
    strategy = _strategy(desk, store, "clearance", pulse.service, now)
    if strategy is None:
        return None
    terms: ClearanceTerms = strategy.terms
    slow = pulse.turnover_days > terms.limit_days
    limit = terms.repurchase_limit_days
    rare = limit is not None and (pulse.repurchase_days or 0) > limit
    if not (slow or rare):
        return OfferResult(store=store.id, reason="within_limit")
    ours = _ours(desk, store, pulse.service, now)
    if ours is None:
        return OfferResult(store=store.id, reason="no_price")
    price = clearance_price(ours.price_minor, ours.lowest_minor, terms)
    if price is None:
        return OfferResult(store=store.id, reason="at_floor")
    why = (
        f"turnover {pulse.turnover_days} d > {terms.limit_days} d" if slow else f"repurchase {pulse.repurchase_days} d"
    )
    offer = _offer(strategy, store, pulse.service, ours, price_minor=price, why=why, now=now)
    offer = replace(offer, units=pulse.units)
    auto = within_percent(ours.price_minor, price, terms.auto_percent)
    return _make(desk, offer, auto=auto, now=now)


def _defend(desk: Desk, store: Store, rival: Rival, strategy: Strategy, why: str, now: datetime) -> OfferResult:
    terms: MoatTerms = strategy.terms
    ours = _ours(desk, store, rival.service, now)
    if ours is None:
        return OfferResult(store=store.id, reason="no_price")
    price = moat_price(rival, ours.price_minor, ours.lowest_minor, terms, ours.currency)
    if price is None:
        return OfferResult(store=store.id, reason="not_below_ours")
    offer = _offer(strategy, store, rival.service, ours, price_minor=price, why=why, now=now)
    auto = terms.apply == "auto" and within_percent(ours.price_minor, price, terms.max_cut_percent)
    return _make(desk, offer, auto=auto, now=now)


def _make(desk: Desk, offer: Offer, *, auto: bool, now: datetime) -> OfferResult:
    """Keep an offer, unless one of its kind holds there, waits for a word, or cools down."""
    newest = desk.offers.newest(offer.store, offer.service, offer.kind)
    if newest is not None and newest.id == offer.id:
        return OfferResult(store=offer.store, offer=show_offer(newest, now))
    if newest is not None and _is_quiet(newest, now):
        waits = newest.lapses_at is not None and now < newest.lapses_at
        return OfferResult(store=offer.store, reason="undecided" if waits else "cooling_down")
    tried = replace(offer, rehearsal=rehearsal_of(desk, offer, now)) if offer.kind == "clearance" else offer
    made = tried.held_from(now, SYSTEM) if auto else tried
    if not desk.offers.make(made, newest):
        return OfferResult(store=offer.store, reason="cooling_down")
    return OfferResult(store=offer.store, offer=show_offer(made, now))


def _is_quiet(newest: Offer, now: datetime) -> bool:
    return newest.quiet_until is not None and now < newest.quiet_until


def _strategy(desk: Desk, store: Store, kind: str, service: str, now: datetime) -> Strategy | None:
    """The strategy of a kind that is in force in a store for a service: of several the first."""
    plan, moment = plan_in(desk, spot_of(store)), moment_of(now, desk.zone)
    for strategy in plan.strategies:
        fits = strategy.kind == kind and (not strategy.services or service in strategy.services)
        fits = fits and (not strategy.places or not strategy.places.isdisjoint(_places(desk, store)))
        if fits and (strategy.span is None or strategy.span.holds_on(moment.at, moment.day)):
            return strategy
    return None


def _places(desk: Desk, store: Store) -> set[str]:
    tiers = read_book(desk, STANDARD).value.tiers
    return {place for place, _ in chain_of(spot_of(store), places_in(desk), tiers)}


def _ours(desk: Desk, store: Store, service: str, now: datetime) -> Ours | None:
    """What a service costs in a store; None where it is not sold."""
    book = read_book(desk, STANDARD).value
    if service not in book.services:
        return None
    table, moment = table_in(desk, book, service), moment_of(now, desk.zone)
    places = places_in(desk) if mentions_areas(book, [table]) else NO_PLACES
    chain = chain_of(spot_of(store), places, book.tiers)
    case = Case(weekday=moment.weekday, minute=moment.minute)
    price = price_minor_at(book, book.services[service], table, chain, case)
    if price is None:
        return None
    guards, floor = desk.documents.current(GUARDS, KEY).value, table.floor(chain)
    lowest = max(floor, guards.floor(service, chain), guards.lowest_step(price))
    return Ours(price, floor, lowest, book.currency)


def _offer(
    ground: Strategy, store: Store, service: str, ours: Ours, *, price_minor: int, why: str, now: datetime
) -> Offer:
    """What a strategy proposes, for as long as its terms say."""
    return Offer(
        id=derived_id("ofr", now, ground.key, store.id, service, why),
        kind="moat" if ground.kind == "moat" else "clearance",
        strategy=ground.key,
        store=store.id,
        region=store.region,
        service=service,
        currency=ours.currency,
        was_minor=ours.price_minor,
        price_minor=price_minor,
        floor_minor=ours.floor_minor,
        made_at=now,
        hours=ground.terms.hours,
        cooldown_hours=getattr(ground.terms, "cooldown_hours", 0),
        state="proposed",
        why=why,
    )


def decide(desk: Desk, offer: Offer, decision: str, by: str, now: datetime) -> Offer:
    """Let a proposed offer hold from now on, rehearsed as it is now, or not at all. Raises Conflict when it was
    decided, or has lapsed."""
    if offer.lapses_at is not None and now >= offer.lapses_at:
        raise Conflict("nobody decided in time", state="over")
    if decision != "approve":
        return desk.offers.decide(replace(offer, state="refused", decided_by=by))
    tried = replace(offer, rehearsal=rehearsal_of(desk, offer, now))
    return desk.offers.decide(tried.held_from(now, by))


def require_approvable(desk: Desk, offer: Offer) -> None:
    """Raises Forbidden for an offer that changes a price by more than the approval limit."""
    change, limit = (
        change_percent(offer.was_minor, offer.price_minor),
        desk.documents.current(GUARDS, KEY).value.approval,
    )
    if abs(change) > limit:
        raise Forbidden("above the approval limit: an administrator has to", change=f"{change:f}%", limit=f"{limit:f}%")


def rehearsal_of(desk: Desk, offer: Offer, now: datetime, days: int = REHEARSED_DAYS) -> RehearsalView:
    """What the store's quotes of the last days would have come to with an offer."""
    past = desk.quotes.before(offer.store, now, days)
    quotes = [quote for quote in past if quote.request.book == STANDARD]
    return rehearse(offer, quotes, ground_for(desk, offer.store, quotes, now))
