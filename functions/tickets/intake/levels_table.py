"""Customer levels (客户等级), copied from customers: with what a ticket begins that no event told of them, and what
whoever works on an older one sees of its customer now."""

from __future__ import annotations

from functions.tickets.intake.levels import NO_LEVEL, CustomerLevel
from functions.tickets.tables import Items
from hub.contracts import events


def keep_level(items: Items, event: events.CustomerLeveled) -> None:
    """Keep what somebody is to us, by every id that tickets may know them by, unless something newer is known."""
    level = CustomerLevel(level=event.level, priority=event.level_priority, version=event.version)
    for record_id in event.record_ids:
        items.keep_newest(f"customer#{record_id}", "level", level, level.version)


def find_level(items: Items, customer_id: str) -> CustomerLevel:
    """What a customer is to us now, as far as anybody told."""
    record = items.find(f"customer#{customer_id}", "level") if customer_id else None
    return record.read(CustomerLevel) if record else NO_LEVEL
