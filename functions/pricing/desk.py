"""What the room's handlers work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from functions.pricing.books_table import Books
from functions.pricing.quotes_table import Quotes
from functions.pricing.tables import MODELS
from hub.edge.host import Host
from hub.store.model import bind


@dataclass
class Desk:
    """wall_now: real time, by which the table forgets quotes."""

    books: Books
    quotes: Quotes
    wall_now: Callable[[], datetime]


def build_desk(host: Host) -> Desk:
    """The room's desk on this host."""
    tenant = host.settings.tenant
    bind(host.settings.table, *MODELS)
    return Desk(Books(tenant), Quotes(tenant), host.clock.wall_now)
