"""What a quote stands on, read: the book and the sheets it needs, campaigns in force there, places where prices hang on
them, and how far limits are used up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from functions.pricing.books.book_kind import BOOKS
from functions.pricing.books.books import Book, PriceTable, mentions_areas
from functions.pricing.coupons.coupons import Coupon
from functions.pricing.desk import Desk
from functions.pricing.offers.rehearsal import PastQuote
from functions.pricing.places.places import NO_PLACES, Places, Spot, spot_of
from functions.pricing.places.places_kind import KEY, NO_REGION, PLACES
from functions.pricing.promotions.promotions import MIRRORED, NOTHING_MIRRORED, Mirrored, Promotion, campaign_from
from functions.pricing.quotes.quotes import Ground, require_place
from functions.pricing.strategies.campaign_kind import CAMPAIGNS
from functions.pricing.strategies.cart import PriceOffer, Usage
from functions.pricing.strategies.plan import NO_PLAN, Plan
from hub.contracts.base import GeoPoint
from hub.contracts.pricing import QuoteRequest
from hub.documents.readings import Reading
from hub.documents.scopes import Scope
from hub.kernel.datum import Point
from hub.kernel.errors import Invalid, Problem
from hub.kernel.places import is_known_region

STANDARD = "standard"
OFFER_KINDS = ("moat", "clearance")


def ground_of(desk: Desk, request: QuoteRequest, now: datetime) -> Ground:
    """Everything that a quote for this request stands on, as it is known at `known_at`. Raises Invalid for an unknown
    book, service, store or coupon."""
    require_place(request)
    known_at = known_moment(request, now)
    spot = spot_in(desk, request.store, request.region, request.point)
    reading = read_book(desk, request.book, request.at, request.known_at)
    book = reading.value
    tables = _tables(desk, book, [item.service for item in request.items], request)
    plan = plan_in(desk, spot, request.at, request.known_at, mirrored_for(desk, request, now))
    return Ground(
        book=book,
        version=reading.version,
        spot=spot,
        tables=tables,
        places=_places(desk, book, tables, plan, request),
        plan=plan,
        usage=_usage(desk, plan, request.customer_id, spot.store, known_at),
        offers=offers_in(desk, plan, spot.store, tables, request.at or now, known_at),
        coupons=tuple(desk.redemptions.held_coupons(_coupons(desk, request, known_at), known_at)),
        zone=desk.zone,
    )


def ground_for(desk: Desk, store: str, quotes: Iterable[PastQuote], now: datetime) -> Ground:
    """What past quotes of a store would stand on today: its offers, no limits, no coupons."""
    reading, spot = read_book(desk, STANDARD), spot_of(desk.stores.get(store))
    services = {item.service for quote in quotes for item in quote.request.items}
    tables = {key: table_in(desk, reading.value, key) for key in sorted(services & reading.value.services.keys())}
    plan = plan_in(desk, spot)
    hangs = mentions_areas(reading.value, tables.values()) or plan.mentions_areas
    return Ground(
        book=reading.value,
        version=reading.version,
        spot=spot,
        tables=tables,
        places=places_in(desk) if hangs else NO_PLACES,
        plan=plan,
        offers=offers_in(desk, plan, store, tables, now),
        zone=desk.zone,
    )


def known_moment(request: QuoteRequest, now: datetime) -> datetime | None:
    """The moment in the past as of which a request is to be answered, None for now."""
    moment = request.known_at or request.at
    return moment if moment is not None and moment < now else None


def spot_in(desk: Desk, store_id: str, region: str, point: GeoPoint | None) -> Spot:
    """Where that is. Raises Invalid for a store or a region that there is none of."""
    if region and not is_known_region(region):
        raise Invalid("region", problems=[Problem("/region", NO_REGION)])
    where = Point(point.latitude, point.longitude, point.datum) if point else None
    if not store_id:
        return Spot(region or "base", point=where)
    store = desk.stores.find(store_id)
    if store is None:
        raise Invalid("store", problems=[Problem("/store", "must be a store that there is")])
    return spot_of(store)


def read_book(desk: Desk, key: str, at: datetime | None = None, known_at: datetime | None = None) -> Reading[Book]:
    """The version of a book that holds then. Raises Invalid."""
    reading = desk.documents.find(BOOKS, key, at=at, known_at=known_at)
    if reading is None:
        raise Invalid("book", problems=[Problem("/book", "no such price book, or none is in force then")])
    return reading


def mirrored_for(desk: Desk, request: QuoteRequest, now: datetime) -> Mirrored:
    """The promotions of the marketplace that a quote's channel is, and those whose coupon the buyer holds; of the past
    as the hub knew them."""
    if not request.channel:
        return NOTHING_MIRRORED
    known_at, at = known_moment(request, now), request.at or now
    if known_at is None:
        promotions = desk.promotions.of_platform(request.channel, at)
    else:
        promotions = desk.promotions.of_platform_then(request.channel, at, known_at)
    held = {each.id for each in promotions if each.coupon_id and _holds(desk, each, request.customer_id, known_at)}
    return Mirrored(tuple(promotions), frozenset(held))


def _holds(desk: Desk, promotion: Promotion, customer: str, known_at: datetime | None) -> bool:
    """Whether a customer holds a promotion's coupon, or was known to."""
    if not customer:
        return False
    if known_at is not None:
        return desk.promotions.coupon_then(promotion.id, customer, known_at) == "held"
    row = desk.promotions.progress(promotion.id, customer)
    return row is not None and row.coupon == "held"


def plan_in(
    desk: Desk,
    spot: Spot,
    at: datetime | None = None,
    known_at: datetime | None = None,
    mirrored: Mirrored = NOTHING_MIRRORED,
) -> Plan:
    """Every strategy in force there, with the region's and the store's own overlays, and promotions of marketplaces."""
    scope = Scope(spot.region, spot.store)
    readings = desk.documents.all(CAMPAIGNS, scope, at=at, known_at=known_at)
    if not (readings or mirrored.promotions):
        return NO_PLAN
    pins = tuple((key, reading.pins) for key, reading in sorted(readings.items()))

    def make() -> tuple[Plan, int]:
        campaigns = {key: reading.value for key, reading in readings.items()}
        return Plan.of(campaigns | {MIRRORED: campaign_from(mirrored.promotions, mirrored.held)}), 1

    return desk.plans.get((pins, mirrored), make)


def table_in(desk: Desk, book: Book, key: str) -> PriceTable:
    """The prices of a service of a book."""
    service = book.services[key]
    return service.table or desk.sheets.table(service.sheet, book.currency)


def places_in(desk: Desk, at: datetime | None = None, known_at: datetime | None = None) -> Places:
    """The tenant's own places."""
    return desk.documents.current(PLACES, KEY, at=at, known_at=known_at).value


def offers_in(
    desk: Desk, plan: Plan, store_id: str, services: Iterable[str], at: datetime, known_at: datetime | None = None
) -> Mapping[tuple[str, str], PriceOffer]:
    """The offers that hold in a store, or held as it was known then; none are read where no strategy lets any hold."""
    kinds = sorted({strategy.kind for strategy in plan.strategies if strategy.kind in OFFER_KINDS})
    if not (store_id and kinds):
        return {}
    if known_at is None:
        return desk.offers.holding(store_id, services, kinds, at)
    return desk.offers.held(store_id, services, kinds, at, known_at)


def _tables(desk: Desk, book: Book, services: Iterable[str], request: QuoteRequest) -> dict[str, PriceTable]:
    problems: list[Problem] = []
    tables: dict[str, PriceTable] = {}
    for number, key in enumerate(services):
        try:
            book.service(key, "/service" if request.service else f"/lines/{number}/service")
            tables[key] = table_in(desk, book, key)
        except Invalid as error:
            problems += error.problems
    if problems:
        raise Invalid("service", problems=problems)
    return tables


def _places(desk: Desk, book: Book, tables: Mapping[str, PriceTable], plan: Plan, request: QuoteRequest) -> Places:
    """The tenant's own places, if anything here hangs on them."""
    if mentions_areas(book, tables.values()) or plan.mentions_areas:
        return places_in(desk, request.at, request.known_at)
    return NO_PLACES


def _usage(desk: Desk, plan: Plan, customer: str, store: str, known_at: datetime | None) -> dict[str, Usage]:
    return {key: desk.redemptions.usage(key, customer, store, known_at) for key in plan.limited}


def _coupons(desk: Desk, request: QuoteRequest, known_at: datetime | None) -> list[Coupon]:
    """Those that the request brings, all of them issued by then."""
    codes = list(dict.fromkeys(request.coupons))
    coupons = [c for c in desk.coupons.find(codes) if known_at is None or c.issued_at <= known_at] if codes else []
    known = {coupon.code for coupon in coupons}
    problems = [Problem(f"/coupons/{nth}", "must be a coupon that there is")
                for nth, code in enumerate(request.coupons) if code not in known]  # fmt: skip
    if problems:
        raise Invalid("coupons", problems=problems)
    return coupons
