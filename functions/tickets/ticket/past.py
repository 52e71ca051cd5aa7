"""A ticket as it was (历史版本): with its entry of the trail, each change leaves what it made different as it was.

Only what the ticket shows of itself is kept; where it stands in its flow is told by its visits. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from functions.tickets.ticket.ticket import Case, Ticket
from functions.tickets.ticket.trail import Entry

KEPT = (
    *("type", "priority", "title_zh", "title_en", "state", "outcome", "customer_id", "entries", "topic", "region"),
    *("store_id", "placed_by", "home_region", "home_store", "team", "assignee", "parent_id", "tags", "flow_key"),
    *("flow_version", "run", "dispatched_at", "accepted_at", "acknowledged_at", "closed_at", "last_message_at"),
    *("waits_for", "order_id", "order_no", "amount_minor", "amount_currency", "currency", "labour_minor"),
    *("parts_minor", "travel_minor", "fields", "fields_sealed", "form", "form_pin", "submission_id", "clock_since"),
)
"""What of a ticket can be told of an earlier version."""


def before(old: Ticket, new: Ticket) -> Mapping[str, Any]:
    """What a change makes different, as it is before: {field: value}, as DynamoDB holds them."""
    changed = {name for name in KEPT if getattr(old, name) != getattr(new, name)}
    return old.model_dump(mode="json", include=changed) if changed else {}


def as_of(case: Case, entries: Iterable[Entry], version: int) -> Ticket | None:
    """The ticket as it was in an earlier version; None where the entries do not reach back so far.

    entries: the latest of its trail, the newest first.
    """
    values, reached = case.ticket.body(), case.version
    for entry in entries:
        if not entry.version or entry.version <= version:
            break
        values |= entry.was
        reached = entry.version
    else:
        return None
    return Ticket.model_validate(values) if version < reached and entry.version else None
