"""Supplies (库存与到料): what an ERP or WMS says of an article, kept beside the tickets that wait for it; and what a
correction of an order's state means for the ticket that was decided on the old one.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from functions.tickets.desk import Desk
from functions.tickets.tables import RACES_LIMIT
from functions.tickets.ticket.ticket import Case, Move, Note, Stored
from hub.contracts import events
from hub.contracts.base import Moment
from hub.contracts.ticket_orders import SupplyView
from hub.kernel.errors import Conflict, NotFound, Retry
from hub.kernel.ids import SYSTEM, is_id

SITES_LIMIT = 50


class Supply(Stored):
    """An article at one site, as it was told last. version: when (milliseconds), so that the later truth stays."""

    item_no: str
    site: str = ""
    quantity: int | None = None
    expected_at: Moment | None = None
    at: Moment
    version: int


def take_supply(desk: Desk, event: events.SupplyChanged) -> None:
    """Keep what is known of an article at a site, unless something later is."""
    told_at = event.source_at or event.at
    supply = Supply(
        item_no=event.item_no,
        site=event.site,
        quantity=event.quantity,
        expected_at=event.expected_at,
        at=told_at,
        version=int(told_at.timestamp() * 1000),
    )
    desk.items.keep_newest(f"supply#{event.item_no}", f"site#{event.site}", supply, supply.version)


def supplies_of(desk: Desk, items: Iterable[str]) -> tuple[SupplyView, ...]:
    """What is known of these articles, site by site; nothing for those that nobody told of."""
    records = (record for item in items for record in desk.items.all_of(f"supply#{item}", "site#", SITES_LIMIT))
    known = (record.read(Supply) for record in records)
    return tuple(SupplyView(**supply.model_dump(exclude={"version"})) for supply in known)


def take_correction(desk: Desk, event: events.DecisionCorrected) -> None:
    """Tell the ticket that was decided on a state which has turned out to be another: whoever works on it sees it in
    the trail. A decision that is no ticket of ours is not ours to correct."""
    if not is_id(event.decision, "tkt") or desk.threads.message_ticket(event.id):
        return
    detail = {"order": event.order_id, "assumed": event.assumed, "state": event.state}
    seen = desk.threads.note_message(event.id, event.decision)

    def decide(case: Case) -> Move:
        return Move(case.ticket, (Note("decision corrected", SYSTEM, detail),))

    for _ in range(RACES_LIMIT):
        with suppress(NotFound):
            try:
                desk.tickets.change(event.decision, desk.now(), decide, extra=(seen,))
            except (Conflict, Retry):
                if not desk.threads.message_ticket(event.id):
                    continue
        return
    raise Retry("too many changes of one ticket at once", ticket=event.decision)
