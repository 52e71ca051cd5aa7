"""What a store sells and for how much (门店价目), all at once; and the catalogue of strategies."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

from functions.pricing.api.coupons import asked_store
from functions.pricing.books.books import Case, mentions_areas, price_minor_at
from functions.pricing.desk import Desk
from functions.pricing.handlers.grounds import offers_in, places_in, plan_in, read_book, table_in
from functions.pricing.places.places import NO_PLACES, Store, chain_of, spot_of
from functions.pricing.quotes.quotes import Ground, moment_of
from functions.pricing.room import room
from functions.pricing.strategies.cart import Cart, Line
from functions.pricing.strategies.catalogue import KINDS
from functions.pricing.strategies.engine import apply_plan
from functions.pricing.strategies.plan import Plan
from hub.contracts.base import Words
from hub.contracts.http import Page
from hub.contracts.pricing import CataloguePrice, CatalogueQuery, CatalogueView
from hub.contracts.pricing_campaigns import StrategyKindView
from hub.edge.answers import Raw, page
from hub.edge.requests import Request
from hub.kernel.money import Money


@room.http("GET", "/pricing/strategies", summary="策略目录 · The kinds of strategies", answer=Page[StrategyKindView],
           scope="tenant")  # fmt: skip
def list_strategies(desk: Desk, request: Request) -> Page[StrategyKindView]:
    """Each with the stage at which it comes, the terms that it takes, and an example."""
    return page(
        StrategyKindView(
            kind=kind.name,
            title=Words(zh=kind.title_zh, en=kind.title_en),
            stage=kind.stage,
            terms=kind.terms.model_json_schema(),
            example=dict(kind.example),
        )
        for kind in KINDS
    )


@room.http("GET", "/pricing/stores/{store_id}/catalogue", summary="门店价目 · What a store sells, and for how much",
           query=CatalogueQuery, answer=CatalogueView, scope="store", subject=asked_store)  # fmt: skip
def show_catalogue(desk: Desk, request: Request) -> CatalogueView | Raw:
    """Every service of the book as one piece costs now, with the strategies on items; `If-None-Match` with the ETag of
    before is answered 304 while nothing is another."""
    store: Store = request.subject
    query: CatalogueQuery = request.query
    reading, plan = read_book(desk, query.book), _on_items(plan_in(desk, spot_of(store)))
    tables = {key: table_in(desk, reading.value, key) for key in reading.value.services}
    hangs = mentions_areas(reading.value, tables.values()) or plan.mentions_areas
    ground = Ground(
        book=reading.value,
        version=reading.version,
        spot=spot_of(store),
        tables=tables,
        places=places_in(desk) if hangs else NO_PLACES,
        plan=plan,
        offers=offers_in(desk, plan, store.id, tables, request.now),
        zone=desk.zone,
    )
    prices = tuple(_prices(ground, query, request))
    view = CatalogueView(
        store=store.id,
        currency=ground.book.currency,
        book=query.book,
        book_version=ground.version,
        data=prices,
        version=_etag(prices, ground.version),
    )
    if request.headers.get("if-none-match", "") == f'"{view.version}"':
        return Raw(304, b"", headers={"ETag": f'"{view.version}"'})
    return view


def _prices(ground: Ground, query: CatalogueQuery, request: Request) -> Iterator[CataloguePrice]:
    chain, moment = chain_of(ground.spot, ground.places, ground.book.tiers), moment_of(request.now, ground.zone)
    case = Case(1, query.channel, query.level, moment.weekday, moment.minute)
    for key, service in sorted(ground.book.services.items()):
        price = price_minor_at(ground.book, service, ground.tables[key], chain, case)
        if price is None:
            continue
        line = Line(0, key, 1, price, price, price, ground.tables[key].floor(chain), price)
        cart = Cart([line], chain, moment.at, moment.day, moment.weekday, moment.minute, ground.book.currency)
        cart.store, cart.channel, cart.level, cart.offers = ground.spot.store, query.channel, query.level, ground.offers
        if query.channel in ground.book.guide_channels and service.guide_minor is not None:
            line.list_minor = line.unit_minor = line.amount_minor = service.guide_minor
        else:
            apply_plan(ground.plan, cart)
        amounts = [str(Money(minor, ground.book.currency)) for minor in (price, line.unit_minor, line.amount_minor)]
        name = Words(zh=service.name_zh, en=service.name_en)
        yield CataloguePrice(service=key, name=name, list_price=amounts[0], price=amounts[1], sale=amounts[2])


def _on_items(plan: Plan) -> Plan:
    """What holds for one piece whoever buys it: no limits, no order, no coupons."""
    stages = tuple(
        tuple(group for group in groups if not any(strategy.limits or strategy.shared for strategy in group.strategies))
        for groups in plan.stages[:2]
    )
    kept = {strategy.key: strategy for groups in stages for group in groups for strategy in group.strategies}
    return replace(plan, stages=(*stages, (), ()), by_key=kept, shortlists={})


def _etag(prices: tuple[CataloguePrice, ...], version: int) -> str:
    text = "".join(price.model_dump_json() for price in prices)
    return f"{version}-{hashlib.sha256(text.encode()).hexdigest()[:32]}"
