"""Customers (客户): one person across channels. What happens to them comes by events.

The routes stand in api/, what the bus tells in handlers/; here is what calls what.
"""

from __future__ import annotations

from collections.abc import Iterable

from functions.customers.api import customers
from functions.customers.desk import Desk
from functions.customers.handlers.ahead import read_ahead
from functions.customers.handlers.forms import take_form
from functions.customers.handlers.meeting import (
    change_contact,
    is_known,
    learn_consent,
    meet,
    meet_sender,
    occasion,
    record,
    record_members,
    record_ticket,
    resolve_message,
    serve_ticket,
)
from functions.customers.handlers.reaching import consent_fact, order_resolved, reachable
from functions.customers.handlers.spending import count_payment, leveled, seen_now
from functions.customers.levels.levels import PATH as LEVELS_PATH
from functions.customers.occasions import needs_service
from functions.customers.people.identities import Who
from functions.customers.room import IMPORTS, room
from functions.customers.shoppers import shopper_moved
from functions.customers.timeline import KEPT_OF
from hub.contracts import events
from hub.contracts.events import Event
from hub.edge.batch import serve_batch
from hub.edge.bus import Change
from hub.jobs.routes import follow_job, serve_jobs

__all__ = ["customers", "forward", "room"]
forward = room.forward


def _serve_levels() -> None:
    """Levels are read of whoever has spent something and published now and then: no start pays for documents."""
    from functions.customers.levels.kind import LEVELS
    from hub.documents.operations import Operations

    Operations(room, LEVELS, lambda desk: desk.documents()).declare()


serve_jobs(room, IMPORTS)
serve_batch(room, "/customers/batch")
room.later(LEVELS_PATH, _serve_levels)


@room.changes
def on_change(desk: Desk, change: Change) -> None:
    """A job goes on, slice by slice; nothing else of the room follows its stream."""
    follow_job(room, IMPORTS, change)


@room.events("message.received", "ticket.changed", "cart.changed", *KEPT_OF, ahead=read_ahead)
def on_event(desk: Desk, event: Event) -> Iterable[Event]:
    """What names nobody is nobody's. Answers what follows from it whenever it comes."""
    who: Who | None = None
    follow_ups: list[Event] = []
    match event:
        case events.MessageReceived():
            who = meet_sender(desk, event.sender_id, event)
            follow_ups.append(resolve_message(desk, event, who))
        case events.ContactChanged():
            change_contact(desk, event)
        case (
            events.OrderPaid()
            | events.OrderDepositPaid()
            | events.OrderFinished()
            | events.OrderChanged()
            | events.AfterSaleChanged()
            | events.RefundPaid()
        ) if event.buyer_id:
            who = meet(desk, event.buyer_id, event)
            if isinstance(event, events.OrderPaid | events.RefundPaid):
                count_payment(desk, who.record_id, event)
            else:
                record(desk, who.record_id, event)
        case events.ReviewPosted() | events.LogisticsChanged() if event.person_id:
            record(desk, meet(desk, event.person_id, event).record_id, event)
        case events.LeadCaptured() if event.person_id:
            who = meet_sender(desk, event.person_id, event)
            record(desk, who.record_id, event)
        case (
            events.TouchpointCaptured() | events.ConsentChanged() | events.MemberChanged() | events.CouponChanged()
        ) if event.person_id:
            who = meet(desk, event.person_id, event)
            record(desk, who.record_id, event)
        case events.CartChanged():
            who = meet(desk, event.person_id, event)
        case events.GroupChanged():
            record_members(desk, event)
        case events.TicketOpened() | events.TicketClosed() if event.customer_id:
            record_ticket(desk, event)
        case events.TicketChanged() if event.customer_id and {"region", "store_id"} & set(event.changed):
            serve_ticket(desk, event.customer_id, event)
        case events.FormSubmitted() if event.content_ref or event.customer_id:
            desk.emit(*take_form(desk, event))
        case events.GlassBroken() if is_known(desk, event.thing):
            record(desk, event.thing, event)
    match event:
        case events.AfterSaleChanged() | events.ReviewPosted() | events.LeadCaptured():
            follow_ups.append(occasion(desk, event))
        case events.OrderPaid() if needs_service(event):
            follow_ups.append(occasion(desk, event))
    if who is not None:
        _tell_of(desk, who, event)
    if who is not None and isinstance(event, events.CartChanged | events.CouponChanged):
        follow_ups.append(shopper_moved(event, who))
    return follow_ups


def _tell_of(desk: Desk, who: Who, event: Event) -> None:
    """Whoever sends notices hears how somebody is reached when that has changed, and whose money came or went."""
    fact = consent_fact(event) if isinstance(event, events.ConsentChanged) else None
    if fact is not None:
        assert isinstance(event, events.ConsentChanged)  # noqa: S101 - for the type checker, as above
        learn_consent(desk, who.record_id, fact, event)
    if who.changed or fact is not None:
        desk.emit(*reachable(desk, who.record_id, desk.now()))
    if who.changed or isinstance(event, events.OrderPaid | events.RefundPaid | events.OrderFinished):
        seen = seen_now(desk, who.customer_id)
        desk.emit(*leveled(desk, seen, less=isinstance(event, events.RefundPaid)))
        if isinstance(event, events.OrderPaid | events.RefundPaid | events.OrderFinished):
            desk.emit(order_resolved(event, who, seen.profiles))
