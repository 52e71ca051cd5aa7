"""What the room's handlers work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from functions.pricing.books.legacy_table import OldBooks
from functions.pricing.context import Context
from functions.pricing.places.stores_table import Stores
from functions.pricing.quotes.quotes_table import Quotes
from functions.pricing.tables import MODELS
from hub.documents.documents import Documents
from hub.edge.host import Host
from hub.store.model import bind
from hub.store.table import Table


@dataclass
class Desk:
    """zone: the tenant's, of days and hours. wall_now: real time, by which the table forgets quotes."""

    zone: ZoneInfo
    documents: Documents
    stores: Stores
    quotes: Quotes
    wall_now: Callable[[], datetime]


def build_desk(host: Host) -> Desk:
    """The room's desk on this host."""
    settings = host.settings
    tenant, table = settings.tenant, Table(settings.table, host.client("dynamodb"))
    bind(settings.table, *MODELS)
    stores = Stores(table, tenant)
    context = Context(stores, OldBooks(table, tenant))
    return Desk(
        zone=ZoneInfo(settings.timezone),
        documents=Documents(table, tenant, host.now, context, stores.region_of),
        stores=stores,
        quotes=Quotes(tenant),
        wall_now=host.clock.wall_now,
    )
