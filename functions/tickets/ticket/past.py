"""A ticket as it was (历史版本): with its entry of the trail, each change leaves what it made different as it was.

Only what the ticket shows of itself is kept; where it stands in its flow is told by its visits, how its time runs by
its clocks. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from functions.tickets.ticket.ticket import Case, Ticket
from functions.tickets.ticket.trail import Entry
from hub.kernel.ids import digest

OWN = (
    *("id", "identity_id", "channel", "skill", "subject_sealed", "opened_at", "assignment", "announced"),
    *("notice", "notice_to", "notice_visit", "noticed_at", "declined", "stranded", "stranded_at"),
    *("stranded_with", "first_run", "run_at", "resume_at", "resume_after", "ladder", "ladder_pin"),
    *("generation", "clocks", "pins", "policy", "asked_at"),
    *("replied_at", "link", "parent_visit", "linked", "blocked_by", "stands", "rule_id", "replay"),
    *("compensated_minor", "way", "layers", "changed_at", "due_at", "listing", "trail_seq"),
    "trail_hash",
)
"""What of a ticket never changes, or is only the room's own."""
KEPT = tuple(name for name in Ticket.model_fields if name not in OWN)
"""What of a ticket can be told of an earlier version."""


def before(old: Ticket, new: Ticket) -> Mapping[str, Any]:
    """What a change makes different, as it is before: {field: value}, as DynamoDB holds them."""
    changed = {name for name in KEPT if getattr(old, name) != getattr(new, name)}
    return old.model_dump(mode="json", include=changed) if changed else {}


def state_hash(ticket: Ticket) -> str:
    """sha256 of all that can be told of it. What is as it is by default is not in it, so that a field which comes later
    leaves it as it is; a field that is here never gets another name or default."""
    values = ticket.model_dump(mode="json", include=set(KEPT), exclude_defaults=True)
    return digest("ticket", json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))).hex()


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
