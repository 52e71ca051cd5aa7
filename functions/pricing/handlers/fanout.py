"""Telling the stores (下发): when a document's pointer has moved, each store's guides hear of it, once."""

from __future__ import annotations

from functions.pricing.desk import Desk
from functions.pricing.publications.publications import KINDS, event_of, told_of
from hub.documents.items import line_of_pointer, read_pointer
from hub.edge.bus import Change


def tell_stores(desk: Desk, change: Change) -> None:
    """One event a store with its guides; the same change again tells nobody twice, as its events have the same ids."""
    line = line_of_pointer(change.pk, change.sk)
    if line is None or line.kind not in KINDS or change.new is None:
        return
    pointer = read_pointer(change.new)
    rows = told_of(line, pointer, desk.stores.every_store())
    for told in rows:
        desk.publications.keep(told)
    desk.emit(*(event_of(told, desk.tenant, pointer.moved_at) for told in rows))
