"""What happened to a customer (时间线): each event becomes one entry, once, and orders and tickets are read off it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hub.contracts import events
from hub.contracts.customers import OrderEntry, TicketEntry, TimelineEntry
from hub.contracts.events import Event
from hub.kernel.clock import rfc3339
from hub.kernel.money import Money

KEPT_OF: dict[str, tuple[str, tuple[str, ...]]] = {
    "after_sale.changed": ("after_sale_id", ("after_sale_no", "order_no", "channel", "kind", "state", "money")),
    "consent.changed": ("scope", ("channel", "change")),
    "contact.changed": ("member_id", ("change", "state")),
    "coupon.changed": ("coupon_id", ("channel", "change", "code")),
    "form.submitted": ("form", ("submission_id", "form_version", "ticket_id")),
    "glass.broken": ("person_id", ("glass_id", "ends_at")),
    "group.changed": ("group_id", ("channel", "change")),
    "lead.captured": ("lead_no", ("channel", "content_ref")),
    "logistics.changed": ("tracking_no", ("channel", "order_no", "carrier", "state")),
    "member.changed": ("account", ("channel", "change", "level", "points")),
    "order.changed": ("order_id", ("order_no", "channel", "shop_id", "state", "was")),
    "order.deposit_paid": ("order_id", ("order_no", "channel", "shop_id", "currency")),
    "order.finished": ("order_id", ("order_no", "channel", "shop_id", "currency")),
    "order.paid": ("order_id", ("order_no", "channel", "shop_id", "currency")),
    "refund.paid": ("after_sale_id", ("after_sale_no", "order_no", "channel", "kind", "currency")),
    "review.posted": ("review_no", ("channel", "order_no", "item_no", "rating", "content_ref")),
    "ticket.closed": ("ticket_id", ("ticket_type", "outcome", "run")),
    "ticket.opened": ("ticket_id", ("ticket_type", "priority")),
    "touchpoint.captured": ("object_id", ("channel", "kind")),
}
"""What the timeline keeps of an event: the field that names its subject, and those that say what happened."""


ROOM_OF = {"ticket": "tickets", "form": "tickets", "glass": "directory"}
"""The rooms that tell of what no channel does. Contacts are WeCom's alone."""


def entry_of(event: Event, identity_id: str = "") -> TimelineEntry:
    """The entry that records an event; its identity is the event's id. identity_id: of the name that it came by."""
    payload = event.model_dump(mode="json")
    subject, names = KEPT_OF[payload["type"]]
    details = {name: str(payload[name]) for name in names if payload[name] not in (None, "")}
    details |= {f"from_{name}": value for name, value in payload.get("attribution", {}).items()}
    if isinstance(event, events.OrderPaid | events.OrderDepositPaid | events.OrderFinished | events.RefundPaid):
        details["amount"] = str(Money(event.amount_minor, event.currency))
    return TimelineEntry(
        event_id=event.id,
        kind=payload["type"],
        at=event.at,
        subject_id=str(payload[subject]),
        details=details,
        identity_id=identity_id,
        source=source_of(payload["type"], details),
    )


def source_of(kind: str, details: Mapping[str, str]) -> str:
    """Who told it: the channel, else the room of our own."""
    return details.get("channel") or ROOM_OF.get(kind.partition(".")[0], "wecom")


def sort_key(entry: TimelineEntry) -> str:
    """Text order is time order; the same event always has the same key."""
    return f"{rfc3339(entry.at)}#{entry.event_id}"


def orders_of(entries: Iterable[TimelineEntry]) -> tuple[OrderEntry, ...]:
    """The orders among `entries` (newest first), each once, with amounts in major units."""
    orders: dict[str, OrderEntry] = {}
    for entry in entries:
        if entry.kind == "order.paid":
            orders.setdefault(entry.subject_id, _order(entry))
    return tuple(orders.values())


def tickets_of(entries: Iterable[TimelineEntry]) -> tuple[TicketEntry, ...]:
    """The tickets among `entries` (newest first), each once. The newest entry says whether it is open: a ticket
    may be opened, closed and opened again."""
    tickets: dict[str, TicketEntry] = {}
    for entry in entries:
        if entry.kind in ("ticket.opened", "ticket.closed"):
            tickets[entry.subject_id] = _ticket(tickets.get(entry.subject_id), entry)
    return tuple(tickets.values())


def _order(entry: TimelineEntry) -> OrderEntry:
    details = {name: entry.details[name] for name in ("order_no", "channel", "shop_id", "amount", "currency")}
    return OrderEntry(order_id=entry.subject_id, paid_at=entry.at, source=details["channel"], **details)


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
            source=ROOM_OF["ticket"],
        )
    return newer.model_copy(update={"opened_at": newer.opened_at or opened, "closed_at": newer.closed_at or closed})
