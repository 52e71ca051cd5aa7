"""Loads (在手工单): how many open tickets each person has, when they got the last one, and where they were. Pure."""

from __future__ import annotations

from datetime import datetime

from functions.tickets.ticket.ticket import Ticket
from hub.kernel.dataclass import dataclass
from hub.kernel.datum import Point


@dataclass(frozen=True)
class Fix:
    """Where a phone said that its owner was, and when it measured that."""

    point: Point
    at: datetime


@dataclass(frozen=True)
class Load:
    """What somebody has to do. given_at: when they got the last ticket, None where nobody noted it."""

    open_tickets: int = 0
    given_at: datetime | None = None
    fix: Fix | None = None


IDLE = Load()


def load_changes(old: Ticket, new: Ticket) -> dict[str, int]:
    """By how much each person's number of open tickets changes."""
    before = old.assignee if old.is_open else ""
    after = new.assignee if new.is_open else ""
    if before == after:
        return {}
    return {person: step for person, step in ((before, -1), (after, 1)) if person}
