"""What the room's handlers work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from datetime import datetime
from zoneinfo import ZoneInfo

from functions.pricing.books.book_kind import BOOKS
from functions.pricing.books.guards import KEY
from functions.pricing.books.guards_kind import GUARDS
from functions.pricing.books.legacy_table import OldBooks
from functions.pricing.books.sheets_table import Sheets
from functions.pricing.context import Context
from functions.pricing.coupons.coupons_table import Coupons
from functions.pricing.offers.offers_table import Offers
from functions.pricing.places.places_kind import KEY as PLACES_KEY
from functions.pricing.places.places_kind import PLACES
from functions.pricing.places.stores_table import Stores
from functions.pricing.promotions.promotions_table import Promotions
from functions.pricing.publications.publications_table import Publications
from functions.pricing.pulse.pulse_table import Pulses
from functions.pricing.quotes.quotes_table import Quotes
from functions.pricing.quotes.redemptions_table import Redemptions
from functions.pricing.tables import MODELS
from hub.documents.cache import Cache
from hub.documents.documents import Documents
from hub.edge.host import Host
from hub.kernel.dataclass import dataclass
from hub.store.model import bind
from hub.store.table import Table

PLANS_KEPT = 500
"""So many combinations of campaigns are kept ready in a process."""


@dataclass
class Desk:
    """zone: the tenant's, of days and hours. emit: puts contract events on the bus. wall_now: real time, by which the
    table forgets quotes. plans: campaigns in force somewhere, ready to be applied."""

    tenant: str
    zone: ZoneInfo
    documents: Documents
    stores: Stores
    sheets: Sheets
    quotes: Quotes
    coupons: Coupons
    redemptions: Redemptions
    offers: Offers
    publications: Publications
    promotions: Promotions
    pulses: Pulses
    emit: Callable[..., None]
    wall_now: Callable[[], datetime]
    plans: Cache = field(default_factory=lambda: Cache(PLANS_KEPT))


def build_desk(host: Host) -> Desk:
    """The room's desk on this host."""
    settings = host.settings
    tenant, table = settings.tenant, Table(settings.table, host.client("dynamodb"))
    bind(settings.table, *MODELS)
    stores, sheets, coupons = Stores(table, tenant), Sheets(table, tenant), Coupons(table, tenant)
    context = Context(stores, sheets, OldBooks(table, tenant))
    documents = Documents(table, tenant, host.now, context, stores.region_of)
    context.books = lambda: {key: reading.value for key, reading in documents.all(BOOKS).items()}
    context.guards = lambda: documents.current(GUARDS, KEY).value
    context.places = lambda: documents.current(PLACES, PLACES_KEY).value
    context.areas = lambda: _areas(documents)
    zone = ZoneInfo(settings.timezone)
    return Desk(
        tenant=tenant,
        zone=zone,
        documents=documents,
        stores=stores,
        sheets=sheets,
        quotes=Quotes(table, tenant),
        coupons=coupons,
        redemptions=Redemptions(table, tenant, coupons),
        offers=Offers(table, tenant),
        publications=Publications(table, tenant),
        promotions=Promotions(table, tenant),
        pulses=Pulses(table, tenant, zone),
        emit=host.emit,
        wall_now=host.clock.wall_now,
    )


def _areas(documents: Documents) -> frozenset[str]:
    """Every business district and store group that holds now or from a later day on, as prices name it."""
    readings = [documents.current(PLACES, PLACES_KEY)]
    pointer = documents.pointer(PLACES, PLACES_KEY)
    numbers = {switch.number for switch in pointer.plan if switch.number is not None} if pointer else set()
    readings += [documents.version(PLACES, PLACES_KEY, number) for number in sorted(numbers)]
    return frozenset(place for reading in readings for place in reading.value.by_place)
