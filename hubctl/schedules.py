"""Fires the rooms' schedules in business time, as EventBridge Scheduler would in real time.

The deployed schedules are switched off here: at a scale of 720, rate(10 minutes) is due every 0.8 s, and a stepped hub
comes to each of its times.
"""

from __future__ import annotations

import json
import re
import threading
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hub.kernel.clock import Clock, rfc3339
from hubctl.aws_host import ACCOUNT, REGION, Invoke

DAYS_AHEAD_MAX = 366
TICK_SECONDS = 0.05
GAP_SECONDS = 0.5  # real time between two calls of one schedule: faster would keep the workers from their work
UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


@dataclass(frozen=True)
class Rate:
    """rate(10 minutes)"""

    every: timedelta

    def next_after(self, moment: datetime) -> datetime:
        return moment + self.every

    def first_from(self, due: datetime, moment: datetime) -> datetime:
        """The first of its times, of which `due` is one, that is not before `moment`."""
        return due + max(0, -(-(moment - due) // self.every)) * self.every


@dataclass(frozen=True)
class Cron:
    """cron(minutes hours day-of-month month day-of-week year) in a zone: lists, ranges, steps; no L W #."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]  # 1 is Sunday, as AWS counts
    zone: ZoneInfo

    def next_after(self, moment: datetime) -> datetime:
        """The first minute after `moment` that fits. Raises ValueError when none does within a year."""
        start = moment.astimezone(self.zone)
        for ahead in range(DAYS_AHEAD_MAX + 1):
            day = start.date() + timedelta(days=ahead)
            for due in self._of_day(day) if self._fits(day) else ():
                if due > moment:
                    return due
        raise ValueError(f"no time within {DAYS_AHEAD_MAX} days fits the schedule")

    def first_from(self, due: datetime, moment: datetime) -> datetime:
        """The first of its times, of which `due` is one, that is not before `moment`."""
        return due if moment <= due else self.next_after(moment - timedelta(microseconds=1))

    def _fits(self, day: date) -> bool:
        weekday = day.isoweekday() % 7 + 1
        return day.month in self.months and day.day in self.days and weekday in self.weekdays

    def _of_day(self, day: date) -> list[datetime]:
        times = ((hour, minute) for hour in self.hours for minute in self.minutes)
        return [
            datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone).astimezone(UTC)
            for hour, minute in times
        ]


def parse_schedule(expression: str, timezone: str) -> Rate | Cron:
    """A schedule's meaning. Raises ValueError when it is neither a rate nor a cron that we know."""
    if match := re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression):
        return Rate(int(match[1]) * UNITS[match[2]])
    if match := re.fullmatch(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) \S+\)", expression):
        minutes, hours, days, months, weekdays = match.groups()
        return Cron(
            minutes=tuple(sorted(_field(minutes, 0, 59))),
            hours=tuple(sorted(_field(hours, 0, 23))),
            days=_field(days, 1, 31),
            months=_field(months, 1, 12),
            weekdays=_field(_numbered(weekdays), 1, 7),
            zone=ZoneInfo(timezone),
        )
    raise ValueError(f"not a schedule: {expression}")


def _numbered(weekdays: str) -> str:
    for number, name in enumerate(WEEKDAYS, start=1):
        weekdays = weekdays.replace(name, str(number))
    return weekdays


def _field(text: str, low: int, high: int) -> frozenset[int]:
    values: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = (f"{low}-{high}" if span in ("*", "?") else span).partition("-")
        end = int(last or (high if step else first))
        values.update(range(int(first), end + 1, int(step or 1)))
    if not values or min(values) < low or max(values) > high:
        raise ValueError(f"{text} is not within {low}-{high}")
    return frozenset(values)


@dataclass
class Job:
    """One schedule entry of a room and when it is due next. bundle: the room's functions."""

    function: str
    schedule: Rate | Cron
    due: datetime
    bundle: str = ""
    called: float = -GAP_SECONDS
    running: Future[Any] | None = None

    @property
    def busy(self) -> bool:
        return self.running is not None and not self.running.done()


def read_jobs(build: Path, tenant: str, timezone: str, now: datetime) -> list[Job]:
    """The schedule entries of all bundles under `build`, due from `now` on."""
    jobs = []
    for path in sorted(build.glob("*/manifest.json")):
        manifest = json.loads(path.read_text(encoding="utf-8"))
        for entry in manifest["entries"]:
            if entry["kind"] == "schedule":
                schedule = parse_schedule(entry["schedule"], entry.get("timezone") or timezone)
                name = f"hub-{tenant}-{manifest['function']}-{entry['name']}"
                jobs.append(Job(name, schedule, schedule.next_after(now), manifest["function"]))
    return jobs


@dataclass
class Schedules:
    """Calls each job as business time passes it: never twice at once, once for all times that were missed."""

    jobs: Sequence[Job]
    clock: Clock
    invoke: Invoke
    _stopped: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        self._threads = ThreadPoolExecutor(max(1, len(self.jobs)), thread_name_prefix="hub-schedule")
        threading.Thread(target=self._run, name="hub-schedules", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def fire_due(self) -> None:
        """One pass over the jobs."""
        now, wall = self.clock.business_now(), time.monotonic()
        for job in self.jobs:
            if job.due > now or job.busy or wall - job.called < GAP_SECONDS:
                continue
            job.running = self._threads.submit(self.invoke, job.function, scheduled_event(job.function, job.due))
            job.called, job.due = wall, job.schedule.next_after(now)

    def _run(self) -> None:
        while not self._stopped.wait(TICK_SECONDS):
            self.fire_due()


def scheduled_event(function: str, due: datetime) -> dict[str, Any]:
    """The event of an EventBridge schedule; `time` is the business time that it was due."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": ACCOUNT,
        "time": rfc3339(due),
        "region": REGION,
        "resources": [f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/{function}"],
        "detail": "{}",
    }
