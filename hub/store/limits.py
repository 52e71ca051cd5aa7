"""How many calls a platform allows (限流): spaced, never in bursts, the same for every process of the tenant.

Each limited API of a connection has one item, `<tenant>#limit#<connection>#<api>`, with the moment from which the next
call may start. Taking a call is one conditional write of it, so that of all who ask at one moment one gets the call
(GCRA, a burst of one: https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm).

A platform counts arrivals, and a call arrives at some moment between its start and its answer. So a call that is
under way holds its API, and what it takes longer than ALLOWANCE_MS moves the next one back. Let s be starts, e ends and
I the interval, (per_seconds + ALLOWANCE + SKEW) / calls. Then s[i+calls] ≥ s[i] + calls·I + max(0, e[i] - s[i] -
ALLOWANCE) ≥ e[i] + per_seconds + SKEW: the call after `calls` others starts later than `per_seconds` after the end
of the first of them, and no window of `per_seconds`, wherever it lies and with both its ends, sees more than `calls`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hub.kernel.dataclass import dataclass
from hub.kernel.errors import HubError
from hub.kernel.platforms import OverLimit
from hub.store.table import Item, Lost, Table

ALLOWANCE_MS = 250
"""What a call may take without moving the next one: ten calls a minute are 100 within ten minutes."""
SKEW_MS = 50
"""How far the clocks of two processes may lie apart."""
LONGEST_CALL_SECONDS = 15
"""A call that is not said to be done has ended by then: longer than any client waits (see hub.channels.client)."""
HELD_FROM_MS = 1000
"""Calls with a shorter interval are not held, but made at FAST_SHARE of the rate: answers take longer than that."""
FAST_SHARE_PERCENT = 90
TRIES = 8
"""So often a call that waits in place asks again, when others were faster."""
KEPT_SECONDS = 86_400

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """One limit: `calls` in any `per_seconds`. Moments and spans are whole milliseconds."""

    calls: int
    per_seconds: int

    @property
    def held(self) -> bool:
        """Whether a call that is under way holds the next one back."""
        return self.per_seconds * 1000 >= HELD_FROM_MS * self.calls

    @property
    def interval_ms(self) -> int:
        """From one start to the next."""
        if self.held:
            return -(-(self.per_seconds * 1000 + ALLOWANCE_MS + SKEW_MS) // self.calls)
        return -(-self.per_seconds * 1000 * 100 // (self.calls * FAST_SHARE_PERCENT))

    def next_start(self, started_ms: int, ended_ms: int) -> int:
        """From when the next call may start, after one that took from `started_ms` to `ended_ms`."""
        return started_ms + self.interval_ms + max(0, ended_ms - started_ms - ALLOWANCE_MS)


@dataclass(frozen=True, slots=True)
class _Flight:
    """A call under way, and until when it holds its API if nobody says that it is done."""

    started_ms: int
    held_until_ms: int


class Limits:
    """The limits of one connection: `take` before each call of an API, `done` after it (hub.channels.client.Budget).

    key_prefix: `<tenant>#limit#<connection>`. limits: a channel document's `limits`; an API that it doesn't name costs
    nothing. wall: real time in epoch seconds. patience_seconds: so long `take` waits in place.
    """

    def __init__(
        self,
        table: str,
        key_prefix: str,
        dynamodb: Any,
        limits: Sequence[Mapping[str, Any]],
        wall: Callable[[], float] = time.time,
        *,
        patience_seconds: float = 1.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._table, self._prefix = Table(table, dynamodb), key_prefix
        self._paces = _slowest(limits)
        self._wall, self._patience_seconds, self._sleep = wall, patience_seconds, sleep
        self._flights: dict[str, _Flight] = {}

    def take(self, api: str) -> None:
        """One call of `api` from now on. Raises OverLimit when it would be one too many, Retry without DynamoDB."""
        pace = self._paces.get(api)
        if pace is None:
            return
        for _ in range(TRIES):
            wait_seconds = self._start(api, pace)
            if wait_seconds is None:
                return
            if wait_seconds > self._patience_seconds:
                break
            self._sleep(wait_seconds)
        raise OverLimit(api, wait_seconds or 0.0)

    def done(self, api: str) -> None:
        """The call is over, answered or failed. Never raises: what is not noted ends by itself, only later."""
        pace, flight = self._paces.get(api), self._flights.pop(api, None)
        if pace is None or flight is None:
            return
        next_ms = pace.next_start(flight.started_ms, self._now_ms())
        values = {":next": next_ms, ":mine": flight.held_until_ms}
        try:
            self._update(api, "SET next_at = :next, held_until = :next", "held_until = :mine", values)
        except HubError as error:
            _LOG.warning("call not noted as done: api=%s reason=%s", api, error)

    def _start(self, api: str, pace: Pace) -> float | None:
        """Start a call now: None when it may, else how many seconds to wait. One write."""
        now_ms = self._now_ms()
        next_ms = now_ms + pace.interval_ms
        held_until_ms = pace.next_start(now_ms, now_ms + LONGEST_CALL_SECONDS * 1000) if pace.held else next_ms
        values = {":now": now_ms, ":next": next_ms, ":held": held_until_ms}
        values |= {":one": 1, ":expires": held_until_ms // 1000 + KEPT_SECONDS}
        sets = "SET next_at = :next, held_until = :held, #schema = :one, expires_at = :expires"
        free = "attribute_not_exists(pk) OR held_until <= :now"
        try:
            self._update(api, sets, free, values)
        except Lost as lost:
            return _wait_seconds(lost.item or {}, now_ms, pace)
        if pace.held:
            self._flights[api] = _Flight(now_ms, held_until_ms)
        return None

    def _update(self, api: str, change: str, condition: str, values: Item) -> None:
        self._table.update((f"{self._prefix}#{api}", "limit"), change, values, when=condition)

    def _now_ms(self) -> int:
        return int(self._wall() * 1000)


def _slowest(limits: Sequence[Mapping[str, Any]]) -> dict[str, Pace]:
    """The pace of each API: of several limits, the one that keeps them all."""
    paces: dict[str, Pace] = {}
    for limit in limits:
        pace, api = Pace(int(limit["calls"]), int(limit["per_seconds"])), str(limit["api"])
        paces[api] = max(pace, paces.get(api, pace), key=lambda known: known.interval_ms)
    return paces


def _wait_seconds(item: Item, now_ms: int, pace: Pace) -> float:
    """Until the next start, if the call that is under way (if one is) ends soon."""
    next_ms: int = item.get("next_at", now_ms + pace.interval_ms)
    return max(1, next_ms - now_ms) / 1000
