"""Tickets of before get the entries of lists that there were not when they were last written, a page a sweep."""

from __future__ import annotations

from datetime import datetime

from functions.tickets.desk import Desk
from hub.contracts.tickets import TicketQuery
from hub.store.lists import Within

PAGE = 100


def relist_page(desk: Desk, now: datetime) -> bool:
    """The next hundred, the newest first; whether there are more. Raises Retry."""
    extent = desk.tickets.extent()
    if extent.is_keyed or not extent.month:
        return False
    query, all_of_it = TicketQuery(limit=PAGE), Within(region="base")
    cases, position = desk.lists.page(query, all_of_it, lambda _: True, now, extent.position or None)
    for case in cases:
        desk.tickets.relist(case.ticket.id, now)
    desk.tickets.relisted(position and {name: str(text) for name, text in position.items()})
    return position is not None
