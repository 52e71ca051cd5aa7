"""Threads of executions on a stepped clock: at work, unless they wait; woken in the order in which they are due."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hubctl.clock.activity import Activity
from hubctl.clock.machine_waits import MACHINES, MachineWaits
from hubctl.clock.stepped import SteppedClock

START = datetime(2026, 11, 23, 2, tzinfo=UTC)
ARN = "arn:aws:states:us-east-1:000000000000:execution:hub-demo-escalation:tkt_1-1-1"


class Machines:
    """A register, and threads that wait on it as the embedded AWS's do."""

    def __init__(self) -> None:
        self.clock, self.activity = SteppedClock(START), Activity()
        self.waits = MachineWaits(self.clock, self.activity)

    def start(self, run: Callable[[], Any], name: str = ARN) -> Any:
        thread = self.waits.threads.Thread(target=lambda _arn: run(), args=(name,), daemon=True)
        thread.start()
        return thread

    def settle(self) -> None:
        """Until no thread is at work."""
        end = time.monotonic() + 10
        while self.activity.running()[1] and time.monotonic() < end:
            time.sleep(0.001)
        assert self.activity.running()[1] == []

    def wake_next(self) -> datetime:
        due = min(self.waits.due(), key=lambda one: one.order)
        self.clock.move_to(due.at)
        due.release()
        return due.at


@pytest.fixture(name="machines")
def _machines() -> Iterator[Machines]:
    machines = Machines()
    yield machines
    machines.waits.close()


def test_a_thread_is_at_work_until_it_waits(machines: Machines) -> None:
    """From its start, not only from its first line; the wait bears the execution's name and moment."""
    free = threading.Event()
    machines.start(lambda: (free.wait(10), machines.waits.sleep(7200)))
    assert machines.activity.running()[1] == [MACHINES]
    free.set()
    machines.settle()
    [due] = machines.waits.due()
    assert (due.at, due.kind, due.name) == (START + timedelta(hours=2), "wait", "hub-demo-escalation:tkt_1-1-1")


def test_who_is_woken_is_at_work_before_it_runs(machines: Machines) -> None:
    """There is no instant at which a thread that goes on counts as none."""
    thread = machines.start(lambda: machines.waits.sleep(60))
    machines.settle()
    epoch = machines.activity.epoch
    machines.waits.due()[0].release()
    assert machines.activity.epoch > epoch
    thread.join(10)
    assert machines.activity.running()[1] == []


def test_a_wait_until_a_moment_is_due_then_and_one_that_has_passed_is_none(machines: Machines) -> None:
    """The moment is business time."""
    machines.start(lambda: machines.waits.sleep_until("2026-11-23T12:30:00+08:00"))
    passed = machines.start(lambda: machines.waits.sleep_until("2026-11-23T02:00:00Z"))
    passed.join(10)
    machines.settle()
    assert [due.at for due in machines.waits.due()] == [datetime(2026, 11, 23, 4, 30, tzinfo=UTC)]


def test_a_token_s_answer_wakes_its_task(machines: Machines) -> None:
    """Set before the wait or after it, the task goes on, and its time-out is gone."""
    answers: list[bool] = []
    signals = [machines.waits.threads.Event() for _ in range(2)]
    signals[0].set()
    threads = [machines.start(lambda one=one: answers.append(one.wait(60))) for one in signals]  # type: ignore[misc]
    machines.settle()
    assert [due.kind for due in machines.waits.due()] == ["timeout"]
    signals[1].set()
    for thread in threads:
        thread.join(10)
    assert (answers, machines.waits.due()) == ([True, True], [])


def test_a_task_times_out_in_business_time(machines: Machines) -> None:
    """Nobody answers the token: the task is told after its seconds, at that moment."""
    answers: list[bool] = []
    thread = machines.start(lambda: answers.append(machines.waits.threads.Event().wait(300)))
    machines.settle()
    assert machines.wake_next() == START + timedelta(minutes=5)
    thread.join(10)
    assert answers == [False]


def test_who_waits_for_its_branches_is_not_at_work_and_goes_on_after_the_last(machines: Machines) -> None:
    """Two branches that wait one and two hours: quiet in between, at work again once both have ended."""
    ended: list[datetime] = []

    def parallel() -> None:
        branches = [machines.start(lambda h=hours: machines.waits.sleep(3600 * h), "branch") for hours in (1, 2)]  # type: ignore[misc]
        for branch in branches:
            branch.join()
        ended.append(machines.clock.business_now())
        machines.waits.sleep(60)

    machines.start(parallel)
    machines.settle()
    for _ in range(2):
        assert ended == []
        machines.wake_next()
        machines.settle()
    assert ended == [START + timedelta(hours=2)]
    assert {due.name for due in machines.waits.due()} == {"hub-demo-escalation:tkt_1-1-1"}


def test_a_hub_that_stops_leaves_no_thread_behind(machines: Machines) -> None:
    """What waits ends, and what would wait later ends there."""
    went_on: list[str] = []
    free = threading.Event()
    threads = [
        machines.start(lambda: (machines.waits.sleep(60), went_on.append("sleeper"))),
        machines.start(lambda: (free.wait(10), machines.waits.sleep(60), went_on.append("late"))),
    ]
    while not machines.waits.due():
        time.sleep(0.001)
    machines.waits.close()
    free.set()
    for thread in threads:
        thread.join(10)
    assert ([thread.is_alive() for thread in threads], went_on) == ([False, False], [])
