"""What the room's handlers work with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from functions.pricing.legacy_table import OldBooks
from functions.pricing.quotes_table import Quotes
from functions.pricing.tables import MODELS
from hub.documents.documents import Documents
from hub.edge.host import Host
from hub.kernel.frozen import dataclass
from hub.store.model import bind
from hub.store.table import Table


@dataclass
class Desk:
    """wall_now: real time, by which the table forgets quotes."""

    documents: Documents
    quotes: Quotes
    wall_now: Callable[[], datetime]


def build_desk(host: Host) -> Desk:
    """The room's desk on this host."""
    tenant, table = host.settings.tenant, Table(host.settings.table, host.client("dynamodb"))
    bind(host.settings.table, *MODELS)
    documents = Documents(table, tenant, host.now, OldBooks(table, tenant))
    return Desk(documents, Quotes(tenant), host.clock.wall_now)
