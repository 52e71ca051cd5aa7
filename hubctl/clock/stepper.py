"""Drives a stepped hub: waits until nothing is at work, then jumps to the next due thing, lets it happen, and so on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from hub.kernel.clock import rfc3339
from hub.kernel.errors import Conflict, Retry
from hubctl.clock.activity import Activity
from hubctl.clock.stepped import Due, SteppedClock, earliest

LOOK_SECONDS = 0.002
"""How soon what lies in queues and streams is looked at again."""
STUCK_SECONDS = 180.0
"""Real time in which something must begin or end, while anything is at work; a call that hangs is killed sooner."""
AT_ONE_MOMENT_SECONDS = 1800.0
"""Real time within which one moment's work must end, even if it goes on: a stream's reader may fail again and again."""
RUN_AT_MOST = timedelta(days=30)
AT_ONE_MOMENT_MAX = 20_000
"""Things that may happen without business time moving: more is a loop without end."""


class Source(Protocol):
    """Where due things come from."""

    def due(self) -> list[Due]: ...


@dataclass(frozen=True)
class Passed:
    """What a move of the clock did. fired: the due things that happened on the way."""

    start: datetime
    end: datetime
    fired: int


class Stepper:
    """Moves the clock of a hub. One way at a time: who asks while another is under way gets a Conflict.

    backlog: names what lies in queues and streams, waiting for a function. sources: what is due.
    """

    def __init__(
        self,
        clock: SteppedClock,
        activity: Activity,
        backlog: Callable[[], Sequence[str]],
        sources: Sequence[Source],
        stuck_seconds: float = STUCK_SECONDS,
    ) -> None:
        self.clock = clock
        self._activity = activity
        self._backlog = backlog
        self.sources = list(sources)
        self._stuck_seconds = stuck_seconds
        self._moving = threading.Lock()
        self._stopped = False

    def at_work(self) -> list[str]:
        """Everything that keeps business time from moving; [] when the hub is quiet."""
        epoch, running = self._activity.running()
        if running:
            return running
        lying = list(self._backlog())
        return lying if lying or self._activity.epoch == epoch else ["something that just began"]

    def due(self) -> list[Due]:
        """What is due, the next first."""
        return sorted((due for source in self.sources for due in source.due()), key=lambda due: due.order)

    def settle(self) -> None:
        """Until nothing is at work; business time stands. Raises Retry when something does not end."""
        began = moved = time.monotonic()
        epoch = self._activity.epoch
        while at_work := self.at_work():
            if self._stopped:
                raise Retry("the hub stops")
            now = time.monotonic()
            if epoch != self._activity.epoch:
                epoch, moved = self._activity.epoch, now
            if now - moved > self._stuck_seconds or now - began > AT_ONE_MOMENT_SECONDS:
                raise Retry(f"business time stands, as this does not end: {', '.join(at_work[:5])}")
            self._activity.await_idle(LOOK_SECONDS)

    def advance(self, length: timedelta) -> Passed:
        """Let so much business time pass, with all that happens in it."""
        return self.until(self.clock.business_now() + length)

    def until(self, moment: datetime) -> Passed:
        """Let business time reach `moment`: what is due until then happens in order, each at its moment, each after
        the work of the one before. Raises Conflict when it has passed, or another is moving the clock."""
        with self._alone():
            if moment < self.clock.business_now():
                now = rfc3339(self.clock.business_now())
                raise Conflict("business time never goes back", now=now, asked=rfc3339(moment))
            return self._walk(lambda: _within(earliest(self.due()), moment), moment)

    def run(self, at_most: timedelta = RUN_AT_MOST) -> Passed:
        """Let everything happen that is still to come, until only schedules and time-outs are left; then the clock
        stands where it is. Never further than `at_most`."""
        with self._alone():
            limit = self.clock.business_now() + at_most
            return self._walk(lambda: self._next_of_run(limit), None)

    def close(self) -> None:
        """The hub stops: who waits for it to settle is told."""
        self._stopped = True

    def _walk(self, following: Callable[[], Due | None], end: datetime | None) -> Passed:
        start, fired, here = self.clock.business_now(), 0, 0
        self.settle()
        while (due := following()) is not None:
            here = here + 1 if due.at <= self.clock.business_now() else 0
            if here > AT_ONE_MOMENT_MAX:
                raise Retry(f"business time stands, as this happens again and again: {due.name}")
            self.clock.move_to(max(due.at, self.clock.business_now()))
            due.release()
            fired += 1
            self.settle()
        if end is not None:
            self.clock.move_to(end)
        return Passed(start, self.clock.business_now(), fired)

    def _next_of_run(self, limit: datetime) -> Due | None:
        """The next due thing while something is still to come; then what is due at this very moment."""
        dues = self.due()
        to_come = any(due.at <= limit for due in dues if not due.recurs)
        return _within(earliest(dues), limit if to_come else self.clock.business_now())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._moving.acquire(blocking=False):
            raise Conflict("the clock is being moved already", now=rfc3339(self.clock.business_now()))
        try:
            yield
        finally:
            self._moving.release()


def _within(due: Due | None, limit: datetime) -> Due | None:
    return due if due is not None and due.at <= limit else None
