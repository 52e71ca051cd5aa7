"""Customer levels (客户等级) as this room knows them: what makes a new ticket urgent. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from functions.tickets.intake.intake import Classification
from functions.tickets.ticket.ticket import Case, Note, Stored
from hub.contracts.base import Priority
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


def raised(priority: Priority, level: CustomerLevel) -> Priority:
    """A ticket's priority once it is known whose it is: never less than before."""
    return max(priority, level.priority or priority, key=PRIORITIES.index)


def classify_for(classification: Classification, level: CustomerLevel) -> Classification:
    """The ticket that somebody of this level opens."""
    return replace(classification, priority=raised(classification.priority, level))


def tagged(tags: tuple[str, ...], level: CustomerLevel) -> tuple[str, ...]:
    """A ticket's tags with the level among them: queues give the tag `vip` its head start."""
    return tuple(dict.fromkeys((*tags, *filter(None, (level.level,)))))


def level_notes(case: Case, level: CustomerLevel) -> tuple[Note, ...]:
    """What the trail says where it turns out later whose ticket it is."""
    priority = raised(case.ticket.priority, level)
    more = {"priority": priority} if priority != case.ticket.priority else {}
    return (Note("level", SYSTEM, {"level": level.level, **more}),) if level.level else ()
