"""Counters: what the front door refused or knew is added, days that are over are folded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from functions.webhooks.desk import Desk
from functions.webhooks.inbox.counts import day_key, next_day
from functions.webhooks.room import room
from hub.kernel.clock import parse_rfc3339

FOLDED_AFTER = timedelta(days=2)
"""A day is counted on while its messages settle: what comes later than that makes a small row, folded in its turn."""


@room.queue("tally")
def tally(desk: Desk, payload: dict[str, Any]) -> None:
    """Count what the front door tells of a delivery that left no message."""
    TALLIES[payload["kind"]](desk, payload)


def _count_repeats(desk: Desk, payload: Mapping[str, Any]) -> None:
    at = str(payload["at"])
    counts, facts = {"duplicates": int(payload["count"])}, {"last_delivery_at": at}
    desk.inbox.counters.add(str(payload["connection"]), parse_rfc3339(at), counts, facts)


def _count_refusal(desk: Desk, payload: Mapping[str, Any]) -> None:
    at = str(payload["at"])
    counts = {"rejected_signature": int(payload.get("count", 1))}
    facts = {"last_error": str(payload["code"]), "last_rejected_at": at}
    desk.inbox.counters.add(str(payload["connection"]), parse_rfc3339(at), counts, facts)


TALLIES: Mapping[str, Callable[[Desk, Mapping[str, Any]], None]] = {
    "duplicate": _count_repeats,
    "rejected": _count_refusal,
}
"""By the kind of tally (functions.webhooks.accept)."""


@room.schedule("rate(1 hour)")
def fold(desk: Desk, now: datetime) -> datetime | None:
    """Fold the counters of days that are over; the next one is when another day is."""
    counters = desk.inbox.counters
    folded = counters.fold(day_key(now - FOLDED_AFTER, counters.zone))
    return None if folded else next_day(now, counters.zone)
