"""Loads (在手工单数): how many open tickets each person has. Pure."""

from __future__ import annotations

from functions.tickets.ticket.ticket import Ticket


def load_changes(old: Ticket, new: Ticket) -> dict[str, int]:
    """By how much each person's number of open tickets changes."""
    before = old.assignee if old.is_open else ""
    after = new.assignee if new.is_open else ""
    if before == after:
        return {}
    return {person: step for person, step in ((before, -1), (after, 1)) if person}
