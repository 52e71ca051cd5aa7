"""A turn (轮次): one worker at a time sends what is due for one endpoint, in waves of as many as the endpoint takes.

So a slow endpoint holds one worker and nobody else's deliveries, its limits hold without counting calls, and an order
can be kept. Here stands what a turn decides; it is pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from functions.outbound.deliveries.deliveries import GIVE_UP_AFTER, GONE, Attempt, Waiting, asked_patience
from functions.outbound.endpoints.endpoints import Endpoint
from hub.kernel.dataclass import dataclass

FAILURES_LIMIT = 3
"""After so many failures in a row without a success an endpoint is only probed, with one delivery at a time."""
PROBE_AFTER = timedelta(seconds=15)
PROBE_AFTER_LIMIT = timedelta(minutes=10)
"""Each probe that fails doubles the wait before the next one, up to this."""
ORDER_LOOK = 500
"""Of an ordered endpoint so many waiting deliveries are looked at: what lies behind may overtake."""
ORDER_WAIT = timedelta(days=1)
"""So long the events of a thing wait behind one that fails; then they go past it."""


@dataclass(frozen=True)
class Health:
    """How an endpoint does. not_before: nothing is tried until then. recovered_at: when it last answered again: what
    failed before that is tried at once."""

    failures: int = 0
    failing_since: datetime | None = None
    not_before: datetime | None = None
    recovered_at: datetime | None = None
    last_error: str = ""
    last_error_at: datetime | None = None


@dataclass(frozen=True)
class Plan:
    """What a turn does next. wave: these, at once. next_at: when to look again, if the wave is empty; None: when there
    is something new."""

    wave: tuple[Waiting, ...] = ()
    next_at: datetime | None = None


def look_limit(endpoint: Endpoint) -> int:
    """So many of what waits have to be looked at, the earliest due first."""
    return ORDER_LOOK if endpoint.ordered else endpoint.concurrency


def plan_wave(endpoint: Endpoint, health: Health, waiting: Sequence[Waiting], now: datetime) -> Plan:
    """What to send now. waiting: the earliest due first."""
    if not endpoint.sends or not waiting:
        return Plan()
    if health.not_before and now < health.not_before:
        return Plan(next_at=health.not_before)
    free = _heads(waiting, now) if endpoint.ordered else list(waiting)
    due = [row for row in free if row.due <= now or _failed_before_recovery(row, health)]
    if not due:
        return Plan(next_at=min(row.due for row in free))
    return Plan(tuple(due[: _width(endpoint, health)]))


def pause_after(endpoint: Endpoint, sent: int) -> timedelta:
    """How long an endpoint with a rate is left alone after a wave of so many."""
    return timedelta(minutes=sent / endpoint.per_minute) if endpoint.per_minute else timedelta(0)


def health_after(health: Health, attempts: Sequence[Attempt], now: datetime, pause: timedelta) -> Health:
    """The endpoint's health after a wave."""
    failed = [attempt for attempt in attempts if not attempt.succeeded]
    patience = max((asked_patience(attempt) for attempt in failed), default=timedelta(0))
    if len(failed) < len(attempts):
        before = health.failures > 0
        after = replace(health, failures=0, failing_since=None, recovered_at=now if before else health.recovered_at)
        wait = max(patience, pause)
    else:
        failures = health.failures + len(failed)
        after = replace(health, failures=failures, failing_since=health.failing_since or now)
        wait = max(patience, pause, probe_wait(failures))
    if failed:
        after = replace(after, last_error=failed[-1].words, last_error_at=failed[-1].at)
    return replace(after, not_before=now + wait if wait else None)


def probe_wait(failures: int) -> timedelta:
    """How long an endpoint that failed so often in a row is left alone."""
    if failures < FAILURES_LIMIT:
        return timedelta(0)
    doublings = min(failures - FAILURES_LIMIT, 10)
    return min(PROBE_AFTER * (1 << doublings), PROBE_AFTER_LIMIT)


def verdict_on(health: Health, attempts: Sequence[Attempt], now: datetime) -> str:
    """Why an endpoint is to be disabled after a wave: `gone` or `failing`; "" for no reason."""
    if any(attempt.status == GONE for attempt in attempts):
        return "gone"
    return "failing" if health.failing_since and now - health.failing_since >= GIVE_UP_AFTER else ""


def _width(endpoint: Endpoint, health: Health) -> int:
    if health.failures >= FAILURES_LIMIT:
        return 1
    return min(endpoint.concurrency, max(1, endpoint.per_minute // 60)) if endpoint.per_minute else endpoint.concurrency


def _failed_before_recovery(row: Waiting, health: Health) -> bool:
    return bool(health.recovered_at and row.tried_at and row.tried_at < health.recovered_at)


def _heads(waiting: Sequence[Waiting], now: datetime) -> list[Waiting]:
    """Of each key the earliest event, and those that waited long enough behind one that fails; the earliest due
    first."""
    free: list[Waiting] = []
    behind: set[str] = set()
    for row in sorted(waiting, key=lambda row: (row.at, row.delivery_id)):
        if row.key in behind:
            continue
        free.append(row)
        if now - row.since < ORDER_WAIT:
            behind.add(row.key)
    return sorted(free, key=lambda row: (row.due, row.at, row.delivery_id))
