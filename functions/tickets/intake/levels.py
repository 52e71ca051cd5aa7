"""Customer levels (客户等级) as this room knows them, copied from customers: what makes a new ticket urgent, and what
whoever works on an older one sees of its customer now."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from functions.tickets.intake.intake import Classification
from functions.tickets.tables import Items
from functions.tickets.ticket.ticket import Case, Note, Stored
from hub.contracts.base import Priority
from hub.contracts.events import CustomerLeveled
from hub.kernel.ids import SYSTEM

PRIORITIES = get_args(Priority)
"""From the least to the most urgent."""


class CustomerLevel(Stored):
    """What a customer is to us. priority: their new tickets have this at least. version: of two words the later one is
    larger."""

    level: str = ""
    priority: Priority | None = None
    version: int = 0


NO_LEVEL = CustomerLevel()


def keep_level(items: Items, event: CustomerLeveled) -> None:
    """Keep what somebody is to us, by every id that tickets may know them by, unless something newer is known."""
    level = CustomerLevel(level=event.level, priority=event.level_priority, version=event.version)
    for record_id in event.record_ids:
        items.keep_newest(f"customer#{record_id}", "level", level, level.version)


def find_level(items: Items, customer_id: str) -> CustomerLevel:
    """What a customer is to us now, as far as anybody told."""
    record = items.find(f"customer#{customer_id}", "level") if customer_id else None
    return record.read(CustomerLevel) if record else NO_LEVEL


def raised(priority: Priority, level: CustomerLevel) -> Priority:
    """A ticket's priority once it is known whose it is: never less than before."""
    return max(priority, level.priority or priority, key=PRIORITIES.index)


def classify_for(classification: Classification, level: CustomerLevel) -> Classification:
    """The ticket that somebody of this level opens."""
    return replace(classification, priority=raised(classification.priority, level))


def level_notes(case: Case, level: CustomerLevel) -> tuple[Note, ...]:
    """What the trail says where it turns out later whose ticket it is."""
    priority = raised(case.ticket.priority, level)
    more = {"priority": priority} if priority != case.ticket.priority else {}
    return (Note("level", SYSTEM, {"level": level.level, **more}),) if level.level else ()
