"""The schedules of a stepped hub: each is called at its very times, but for those at which it has nothing to do.

A scheduled function may answer {"rests_until": moment}: before that nothing of its own is due, unless somebody calls
its room. Such times are left out, or a month of sweeps that find nothing would take hours. Who answers nothing is
called every time. As real time matters too (a platform's rows, a limit), a rest lasts some real seconds at most.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from hub.kernel.clock import Clock, parse_rfc3339
from hub.kernel.errors import Invalid
from hubctl.aws_host import Invoke
from hubctl.clock.stepped import Due
from hubctl.schedules import Job, scheduled_event

REST_REAL_SECONDS = 30.0
FAR = timedelta(days=3650)
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Rest:
    """Until when a job has nothing to do, and when it said so, in real seconds."""

    until: datetime
    said_at: float


class DueSchedules:
    """When each job is due next."""

    def __init__(self, clock: Clock, real_seconds: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._real_seconds = real_seconds
        self._jobs: Sequence[Job] = ()
        self._invoke: Invoke | None = None
        self._rests: dict[str, Rest] = {}
        self._fired: Job | None = None
        self._lock = threading.RLock()

    def keep(self, jobs: Sequence[Job], invoke: Invoke) -> None:
        """These jobs from now on; `invoke` calls their functions."""
        self._jobs, self._invoke = jobs, invoke

    def due(self) -> list[Due]:
        """The next time of each job at which it may have something to do. Asked when nothing is at work: what the job
        that was fired last set going has ended."""
        with self._lock:
            self._fired = None
            times = [(number, job, self._next_time(job)) for number, job in enumerate(self._jobs)]
        return [
            Due(at, "schedule", number, job.function, partial(self._fire, job, at)) for number, job, at in times if at
        ]

    def heard(self, bundle: str, function: str) -> None:
        """A function is called, and may change what its bundle's schedules look for. A job's call by itself changes
        nothing that no call follows from; and what follows from it tells the job nothing new."""
        with self._lock:
            if self._fired is not None and self._fired.function == function:
                return
            for job in self._jobs:
                if job.bundle == bundle and job is not self._fired:
                    self._end_rest(job)

    def requested(self) -> None:
        """A request comes from outside: what is called from now on may be its doing."""
        with self._lock:
            self._fired = None

    def disturb(self) -> None:
        """There is news that no function is told of: each job is called at its next time."""
        with self._lock:
            self._fired = None
            for job in self._jobs:
                self._end_rest(job)

    def _fire(self, job: Job, at: datetime) -> None:
        assert self._invoke is not None  # noqa: S101 - jobs and invoke are given together
        with self._lock:
            self._fired, job.due = job, job.schedule.next_after(at)
            self._rests.pop(job.function, None)
        outcome = self._invoke(job.function, scheduled_event(job.function, at))
        until = rests_until(outcome.answer.get("ok"))
        with self._lock:
            if until is not None and self._fired is job:
                self._rests[job.function] = Rest(until, self._real_seconds())

    def _next_time(self, job: Job) -> datetime | None:
        rest, now = self._rests.get(job.function), self._clock.business_now()
        if rest is not None and self._real_seconds() - rest.said_at >= REST_REAL_SECONDS:
            self._end_rest(job)
        elif rest is not None and rest.until > now + FAR:
            return None
        elif rest is not None:
            return job.schedule.first_from(job.due, rest.until)
        return job.due

    def _end_rest(self, job: Job) -> None:
        """Its next time is the first after now: those that it rested through are gone."""
        if self._rests.pop(job.function, None) is not None:
            job.due = job.schedule.first_from(job.due, self._clock.business_now() + INSTANT)


def rests_until(answer: Any) -> datetime | None:
    """The moment that a scheduled function answered, None when it answered none."""
    try:
        return parse_rfc3339(answer["rests_until"]) if isinstance(answer, Mapping) else None
    except (KeyError, TypeError, Invalid):
        return None
