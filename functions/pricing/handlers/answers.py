"""Answering the market (应对): a competitor's price, or a pulse, becomes an offer where a strategy in force says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from functions.pricing.books.books import Case, mentions_areas, price_minor_at
from functions.pricing.desk import Desk
from functions.pricing.handlers.grounds import places_in, plan_in, read_book, table_in
from functions.pricing.offers.offers import (
    Offer,
    Rival,
    clearance_price,
    is_own,
    moat_price,
    near,
    within_percent,
)
from functions.pricing.offers.views import show_offer
from functions.pricing.places.places import NO_PLACES, Store, chain_of, spot_of
from functions.pricing.quotes.quotes import moment_of
from functions.pricing.strategies.kinds.clearance import ClearanceTerms
from functions.pricing.strategies.kinds.moat import MoatTerms
from functions.pricing.strategies.strategies import Strategy
from hub.contracts.pricing_offers import MarketPulse, OfferResult
from hub.kernel.ids import SYSTEM, derived_id
from hub.kernel.money import Money

STANDARD = "standard"
STORES_LIMIT = 50
"""So many stores answer one competitor; the nearest first."""
WIDEST_M = 50_000


def answer_rival(desk: Desk, rival: Rival, now: datetime) -> list[OfferResult]:
    """What each of our stores near a competitor does about its price. Own stores never trigger each other: neither what
    is told of one, nor its own offers, are a competitor's price."""
    stores = desk.stores.every_store()
    results = []
    for store, distance in near(rival, stores, WIDEST_M)[:STORES_LIMIT]:
        strategy = _strategy(desk, store, "moat", rival.service, now)
        if strategy is None or distance > strategy.terms.radius_m:
            continue
        terms: MoatTerms = strategy.terms
        reason = "own_store" if is_own(rival, stores, terms) else ""
        why = f"{rival.id} {Money(rival.price_minor)} {round(distance)} m"
        result = (
            OfferResult(store=store.id, reason=reason) if reason else _defend(desk, store, rival, strategy, why, now)
        )
        results.append(result.model_copy(update={"distance_m": round(distance)}))
    return results


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
    prices = _prices(desk, store, pulse.service, now)
    if prices is None:
        return OfferResult(store=store.id, reason="no_price")
    ours, floor, currency = prices
    price = clearance_price(ours, floor, terms)
    if price is None:
        return OfferResult(store=store.id, reason="at_floor")
    why = (
        f"turnover {pulse.turnover_days} d > {terms.limit_days} d" if slow else f"repurchase {pulse.repurchase_days} d"
    )
    offer = _offer(strategy, store, pulse.service, currency, ours, price, floor, now, why, terms.hours, 0)
    auto = within_percent(ours, price, terms.auto_percent)
    return _make(desk, offer, auto=auto, now=now)


def _defend(desk: Desk, store: Store, rival: Rival, strategy: Strategy, why: str, now: datetime) -> OfferResult:
    terms: MoatTerms = strategy.terms
    prices = _prices(desk, store, rival.service, now)
    if prices is None:
        return OfferResult(store=store.id, reason="no_price")
    ours, floor, currency = prices
    price = moat_price(rival, ours, floor, terms, currency)
    if price is None:
        return OfferResult(store=store.id, reason="not_below_ours")
    offer = _offer(
        strategy, store, rival.service, currency, ours, price, floor, now, why, terms.hours, terms.cooldown_hours
    )
    auto = terms.apply == "auto" and within_percent(ours, price, terms.max_cut_percent)
    return _make(desk, offer, auto=auto, now=now)


def _make(desk: Desk, offer: Offer, *, auto: bool, now: datetime) -> OfferResult:
    """Keep an offer, unless one of its kind holds there, waits for a word, or cools down."""
    newest = desk.offers.newest(offer.store, offer.service, offer.kind)
    if newest is not None and newest.id == offer.id:
        return OfferResult(store=offer.store, offer=show_offer(newest, now))
    if newest is not None and _is_quiet(newest, now):
        return OfferResult(store=offer.store, reason="cooling_down")
    made = offer.held_from(now, SYSTEM) if auto else offer
    if not desk.offers.make(made, newest):
        return OfferResult(store=offer.store, reason="cooling_down")
    return OfferResult(store=offer.store, offer=show_offer(made, now))


def _is_quiet(newest: Offer, now: datetime) -> bool:
    if newest.state == "proposed":
        return True
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


def _prices(desk: Desk, store: Store, service: str, now: datetime) -> tuple[int, int, str] | None:
    """What a service costs in a store, its floor there, and the currency; None where it is not sold."""
    book = read_book(desk, STANDARD).value
    if service not in book.services:
        return None
    table, moment = table_in(desk, book, service), moment_of(now, desk.zone)
    places = places_in(desk) if mentions_areas(book, [table]) else NO_PLACES
    chain = chain_of(spot_of(store), places, book.tiers)
    case = Case(weekday=moment.weekday, minute=moment.minute)
    price = price_minor_at(book, book.services[service], table, chain, case)
    return None if price is None else (price, table.floor(chain), book.currency)


def _offer(
    strategy: Strategy,
    store: Store,
    service: str,
    currency: str,
    was: int,
    price: int,
    floor: int,
    now: datetime,
    why: str,
    hours: int,
    cooldown_hours: int,
) -> Offer:
    offer_id = derived_id("ofr", now, strategy.key, store.id, service, why)
    return Offer(
        id=offer_id,
        kind="moat" if strategy.kind == "moat" else "clearance",
        strategy=strategy.key,
        store=store.id,
        region=store.region,
        service=service,
        currency=currency,
        was_minor=was,
        price_minor=price,
        floor_minor=floor,
        made_at=now,
        hours=hours,
        cooldown_hours=cooldown_hours,
        state="proposed",
        why=why,
    )


def decide(desk: Desk, offer: Offer, decision: str, by: str, now: datetime) -> Offer:
    """Let a proposed offer hold from now on, or not at all. Raises Conflict when it was decided."""
    decided = offer.held_from(now, by) if decision == "approve" else replace(offer, state="refused", decided_by=by)
    return desk.offers.decide(decided)
