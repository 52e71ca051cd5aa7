"""Telling the stores (下发): when a document's pointer has moved, each store's guides hear of it, once."""

from __future__ import annotations

from functions.pricing.books.book_kind import BOOKS
from functions.pricing.desk import Desk
from functions.pricing.publications.publications import event_of, notices_for
from functions.pricing.strategies.campaign_kind import CAMPAIGNS
from hub.documents.items import line_of_pointer
from hub.documents.kinds import Kind
from hub.edge.bus import Change

KINDS: dict[str, Kind[object]] = {kind.name: kind for kind in (BOOKS, CAMPAIGNS)}  # type: ignore[misc]
"""Of these kinds guides are notice."""


def tell_stores(desk: Desk, change: Change) -> None:
    """One event a store with its guides, of the document as it stands now; the same change again tells nobody twice, as
    its events have the same ids."""
    line = line_of_pointer(change.pk, change.sk)
    if line is None or line.kind not in KINDS:
        return
    pointer = desk.documents.pointer(KINDS[line.kind], line.key, desk.documents.scope(line.scope))
    if pointer is None:
        return
    rows = notices_for(line, pointer, desk.stores.every_store())
    for notice in rows:
        desk.publications.keep(notice)
    desk.emit(*(event_of(notice, desk.tenant, pointer.moved_at) for notice in rows))
