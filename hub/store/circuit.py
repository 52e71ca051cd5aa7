"""A circuit breaker (熔断) per connection: a platform that does not answer is left alone for a while.

The item `<tenant>#circuit#<connection>` counts failures in a row, and keeps when the last one was. It is there only
while something fails: a healthy platform costs one read a call and no write.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hub.kernel.errors import Refuse, Retry
from hub.store.table import Lost, Table

FAILURES_LIMIT = 3
"""So many failures in a row open the circuit."""
OPEN_SECONDS = 30
"""So long no call is tried; then one is, and its answer closes the circuit."""
KEPT_SECONDS = 86_400
SERVER_FAULT = 500


class CircuitOpen(Retry):
    """The platform did not answer lately, and is not asked now."""

    code = "circuit-open"


class Circuit:
    """The circuit of one connection. key: `<tenant>#circuit#<connection>`. wall: real time in epoch seconds."""

    def __init__(self, table: str, key: str, dynamodb: Any, wall: Callable[[], float] = time.time) -> None:
        self._table, self._wall = Table(table, dynamodb), wall
        self._key = (key, "circuit")

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Around one call. Raises CircuitOpen instead of trying it, Retry without DynamoDB; passes on what it raises.

        A time-out, no connection and a 5xx are failures (`is_outage`). Any other answer, even a refusal, says that the
        platform is there.
        """
        failed_before = self._enter()
        try:
            yield
        except Retry as error:
            if is_outage(error):
                self._fail()
            raise
        except Refuse:
            self._succeed(failed_before)
            raise
        self._succeed(failed_before)

    def _enter(self) -> bool:
        """Whether something failed before. Of all who come when the circuit may be probed, one gets through."""
        item = self._table.get(self._key) or {}
        failures, last_ms = item.get("failures", 0), item.get("failed_at", 0)
        if failures < FAILURES_LIMIT:
            return bool(failures)
        now_ms = self._now_ms()
        left_seconds = last_ms / 1000 + OPEN_SECONDS - now_ms / 1000
        if left_seconds > 0:
            raise CircuitOpen("the platform does not answer", after_seconds=math.ceil(left_seconds))
        values = {":now": now_ms, ":seen": last_ms}
        try:
            self._table.update(self._key, "SET failed_at = :now", values, when="failed_at = :seen")
        except Lost:
            raise CircuitOpen("the platform does not answer", after_seconds=OPEN_SECONDS) from None
        return True

    def _fail(self) -> None:
        now_ms = self._now_ms()
        values = {":now": now_ms, ":one": 1, ":expires": now_ms // 1000 + KEPT_SECONDS}
        change = "SET failed_at = :now, #schema = :one, expires_at = :expires ADD failures :one"
        self._table.update(self._key, change, values)

    def _succeed(self, failed_before: bool) -> None:
        if failed_before:
            self._table.delete(self._key)

    def _now_ms(self) -> int:
        return int(self._wall() * 1000)


def is_outage(error: Retry) -> bool:
    """Whether a client's error says that its platform is not there: `<channel>-unreachable`, or a 5xx of any form."""
    status = error.facts.get("status")
    return error.detail.endswith("-unreachable") or (isinstance(status, int) and status >= SERVER_FAULT)
