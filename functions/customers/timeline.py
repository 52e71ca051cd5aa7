"""What happened to a customer (时间线): each event becomes one entry, once, and orders and tickets are read off it."""

from __future__ import annotations

from collections.abc import Iterable

from hub.contracts.customers import OrderEntry, TicketEntry, TimelineEntry
from hub.contracts.events import ContactChanged, OrderPaid, TicketClosed, TicketOpened
from hub.kernel.clock import rfc3339
from hub.kernel.money import Money

Recorded = OrderPaid | TicketOpened | TicketClosed | ContactChanged


def entry_of(event: Recorded) -> TimelineEntry:
    """The entry that records an event; its identity is the event's id."""
    subject, details = _subject(event), _details(event)
    return TimelineEntry(event_id=event.id, kind=event.type, at=event.at, subject_id=subject, details=details)


def sort_key(entry: TimelineEntry) -> str:
    """Text order is time order; the same event always has the same key."""
    return f"{rfc3339(entry.at)}#{entry.event_id}"


def orders_of(entries: Iterable[TimelineEntry]) -> tuple[OrderEntry, ...]:
    """The orders among `entries` (newest first), each once, with amounts in major units."""
    found: dict[str, OrderEntry] = {}
    for entry in entries:
        if entry.kind == "order.paid":
            found.setdefault(entry.subject_id, _order(entry))
    return tuple(found.values())


def tickets_of(entries: Iterable[TimelineEntry]) -> tuple[TicketEntry, ...]:
    """The tickets among `entries` (newest first), each once. The newest entry says whether it is open: a ticket
    may be opened, closed and opened again."""
    found: dict[str, TicketEntry] = {}
    for entry in entries:
        if entry.kind in ("ticket.opened", "ticket.closed"):
            found[entry.subject_id] = _ticket(found.get(entry.subject_id), entry)
    return tuple(found.values())


def _subject(event: Recorded) -> str:
    if isinstance(event, OrderPaid):
        return event.order_id
    if isinstance(event, ContactChanged):
        return event.member_id
    return event.ticket_id


def _details(event: Recorded) -> dict[str, str]:
    match event:
        case OrderPaid():
            amount = str(Money(event.amount_minor, event.currency))
            names = {"order_no": event.order_no, "channel": event.channel, "shop_id": event.shop_id}
            return names | {"amount": amount, "currency": event.currency}
        case TicketOpened():
            return {"ticket_type": event.ticket_type, "priority": event.priority}
        case TicketClosed():
            return {"ticket_type": event.ticket_type, "outcome": event.outcome, "run": str(event.run)}
        case ContactChanged():
            return {"change": event.change, "attribution": event.state}


def _order(entry: TimelineEntry) -> OrderEntry:
    return OrderEntry(order_id=entry.subject_id, paid_at=entry.at, **entry.details)


def _ticket(newer: TicketEntry | None, entry: TimelineEntry) -> TicketEntry:
    opened = entry.at if entry.kind == "ticket.opened" else None
    closed = entry.at if entry.kind == "ticket.closed" else None
    if newer is None:
        return TicketEntry(
            ticket_id=entry.subject_id,
            ticket_type=entry.details["ticket_type"],
            state="open" if opened else "closed",
            opened_at=opened,
            closed_at=closed,
        )
    return newer.model_copy(update={"opened_at": newer.opened_at or opened, "closed_at": newer.closed_at or closed})
