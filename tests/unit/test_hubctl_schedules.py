"""Schedules in business time: what the expressions mean, and when a job is called."""

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.kernel.clock import StepClock
from hubctl.dispatcher import Outcome
from hubctl.schedules import GAP_SECONDS, Job, Schedules, parse_schedule, read_jobs

SHANGHAI = "Asia/Shanghai"
NOON = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai, a Tuesday
DONE = Outcome({"ok": None}, 1, "")


class Invoked:
    """Stands for the dispatcher: keeps the calls, and may hold them until it is let go."""

    def __init__(self, held: bool = False) -> None:
        self.calls: list[tuple[str, object]] = []
        self.free = threading.Event()
        if not held:
            self.free.set()

    def __call__(self, name: str, event: object) -> Outcome:
        self.calls.append((name, event))
        self.free.wait(10)
        return DONE


def started(invoked: Invoked, clock: StepClock) -> Schedules:
    job = Job("hub-demo-webhooks-pull", parse_schedule("rate(10 minutes)", SHANGHAI), NOON + timedelta(minutes=10))
    schedules = Schedules([job], clock, invoked)
    schedules.start()
    return schedules


def settle() -> None:
    """Longer than a tick and than the least gap between two calls."""
    time.sleep(GAP_SECONDS + 0.3)


@pytest.mark.parametrize(
    ("expression", "due"),
    [
        ("rate(1 minute)", "2026-12-01T12:01"),
        ("rate(2 hours)", "2026-12-01T14:00"),
        ("cron(30 2 * * ? *)", "2026-12-02T02:30"),
        ("cron(0 12 * * ? *)", "2026-12-02T12:00"),
        ("cron(0/15 * * * ? *)", "2026-12-01T12:15"),
        ("cron(0 9-18 ? * MON-FRI *)", "2026-12-01T13:00"),
        ("cron(0 9 ? * 1,7 *)", "2026-12-05T09:00"),
        ("cron(5 0 1 * ? *)", "2027-01-01T00:05"),
    ],
)
def test_the_next_time_of_an_expression(expression: str, due: str) -> None:
    """Rates count from now; crons name times in the tenant's zone, Sunday being day 1."""
    expected = datetime.fromisoformat(due).replace(tzinfo=ZoneInfo(SHANGHAI))
    assert parse_schedule(expression, SHANGHAI).next_after(NOON) == expected


@pytest.mark.parametrize("expression", ["every day", "cron(61 * * * ? *)", "cron(0 L * * ? *)", "rate(5 weeks)"])
def test_what_is_no_schedule_is_refused(expression: str) -> None:
    """A schedule that we can't keep stops the start instead of never firing."""
    with pytest.raises(ValueError, match=r".+"):
        parse_schedule(expression, SHANGHAI)


@given(minutes=st.integers(0, 59), hours=st.integers(0, 23), offset=st.integers(0, 10**6))
def test_a_daily_cron_comes_within_a_day(minutes: int, hours: int, offset: int) -> None:
    """A daily time is always later than now, by a day at most, and at that time of the zone's day."""
    now = NOON + timedelta(seconds=offset)
    due = parse_schedule(f"cron({minutes} {hours} * * ? *)", SHANGHAI).next_after(now)
    local = due.astimezone(ZoneInfo(SHANGHAI))
    assert now < due <= now + timedelta(days=1)
    assert (local.hour, local.minute) == (hours, minutes)


def test_a_job_is_called_when_business_time_passes_it() -> None:
    """Not before; then once, with the time it was due."""
    invoked, clock = Invoked(), StepClock(NOON)
    schedules = started(invoked, clock)
    settle()
    assert invoked.calls == []
    clock.advance(minutes=11)
    settle()
    schedules.stop()
    [(name, event)] = invoked.calls
    assert name == "hub-demo-webhooks-pull"
    assert isinstance(event, dict)
    assert event["time"] == "2026-12-01T04:10:00.000000Z"


def test_missed_times_are_one_call() -> None:
    """Six hours that pass at once do not become 36 calls."""
    invoked, clock = Invoked(), StepClock(NOON)
    schedules = started(invoked, clock)
    clock.advance(hours=6)
    settle()
    settle()
    schedules.stop()
    assert len(invoked.calls) == 1


def test_a_job_never_runs_twice_at_once() -> None:
    """While the last call runs, times that pass are left out."""
    invoked, clock = Invoked(held=True), StepClock(NOON)
    schedules = started(invoked, clock)
    for _ in range(2):
        clock.advance(minutes=11)
        settle()
    assert len(invoked.calls) == 1
    invoked.free.set()
    settle()
    schedules.stop()
    assert len(invoked.calls) == 2


def test_jobs_come_from_the_manifests(tmp_path: Path) -> None:
    """Each schedule entry of each bundle is a job under its function's name."""
    entries = [
        {"name": "http", "kind": "http"},
        {"name": "pull", "kind": "schedule", "schedule": "rate(10 minutes)"},
        {"name": "nightly", "kind": "schedule", "schedule": "cron(0 3 * * ? *)", "timezone": "UTC"},
    ]
    (tmp_path / "webhooks").mkdir()
    (tmp_path / "webhooks" / "manifest.json").write_text(json.dumps({"function": "webhooks", "entries": entries}))
    jobs = read_jobs(tmp_path, "demo", SHANGHAI, NOON)
    assert [(job.function, job.due) for job in jobs] == [
        ("hub-demo-webhooks-pull", NOON + timedelta(minutes=10)),
        ("hub-demo-webhooks-nightly", datetime(2026, 12, 2, 3, 0, tzinfo=UTC)),
    ]
