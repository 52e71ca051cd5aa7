"""The schedules of a stepped hub: at their very times, but for those at which they have nothing to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.kernel.clock import UNTIL_CALLED, rfc3339
from hubctl.clock.due_schedules import REST_REAL_SECONDS, DueSchedules, rests_until
from hubctl.clock.stepped import SteppedClock, earliest
from hubctl.dispatcher import Outcome
from hubctl.schedules import Job, parse_schedule

START = datetime(2026, 11, 23, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SWEEP, PULL = "hub-demo-room-sweep", "hub-demo-room-pull"


class Played:
    """Two jobs of one room, what their functions answer, and when they were called."""

    def __init__(self, **answers: Any) -> None:
        self.clock, self.real = SteppedClock(START), 0.0
        self.answers, self.calls = answers, list[tuple[str, datetime]]()
        self.schedules = DueSchedules(self.clock, lambda: self.real)
        jobs = [self.job(SWEEP, "rate(1 minute)"), self.job(PULL, "rate(10 minutes)")]
        self.schedules.keep(jobs, self.invoke)

    def job(self, function: str, expression: str) -> Job:
        schedule = parse_schedule(expression, "Asia/Shanghai")
        return Job(function, schedule, schedule.next_after(START), "room")

    def invoke(self, function: str, event: Any) -> Outcome:
        name = function.rpartition("-")[2]
        assert event["time"] == rfc3339(self.clock.business_now())
        self.calls.append((name, self.clock.business_now()))
        self.schedules.heard("room", function)
        return Outcome({"ok": self.answers.get(name)}, 1, "")

    def until(self, minutes: int) -> list[tuple[str, int]]:
        """The calls since the last time, each with the minute at which it came."""
        self.calls.clear()
        end = START + minutes * MINUTE
        while (due := earliest(self.schedules.due())) is not None and due.at <= end:
            self.clock.move_to(due.at)
            due.release()
        self.clock.move_to(end)
        return [(name, (at - START) // MINUTE) for name, at in self.calls]


def until_called() -> dict[str, str]:
    return {"rests_until": rfc3339(UNTIL_CALLED)}


def test_who_answers_nothing_is_called_every_time() -> None:
    """Each minute, and each tenth."""
    assert Played().until(11) == sorted(
        [("sweep", minute) for minute in range(1, 12)] + [("pull", 10)], key=lambda one: (one[1], one[0] == "pull")
    )


def test_a_rest_ends_at_the_first_time_after_its_moment() -> None:
    """The sweep says that its next row is due at 02:07:30: it is called at 02:01, 02:08, and each minute from there."""
    played = Played(sweep={"rests_until": rfc3339(START + 7.5 * MINUTE)})
    assert played.until(10)[:4] == [("sweep", 1), ("sweep", 8), ("sweep", 9), ("sweep", 10)]


def test_who_rests_is_called_again_when_its_room_was_called() -> None:
    """At its next time, once; nothing that it rested through is made up for."""
    played = Played(sweep=until_called(), pull=until_called())
    assert played.until(100) == [("sweep", 1), ("pull", 10), ("sweep", 11)][:2]
    played.schedules.heard("elsewhere", "hub-demo-elsewhere-http")
    assert played.until(200) == []
    played.schedules.heard("room", "hub-demo-room-http")
    assert played.until(300) == [("sweep", 201), ("pull", 210)]


def test_what_follows_from_a_job_s_own_call_does_not_end_its_rest() -> None:
    """The pull's messages are its doing; other jobs of the room look once more."""
    played = Played(sweep=until_called(), pull=until_called())
    played.until(9)
    pull = next(due for due in played.schedules.due() if due.name == PULL)
    played.clock.move_to(pull.at)
    pull.release()
    played.schedules.heard("room", "hub-demo-room-pulls")
    assert played.until(100) == [("sweep", 11)]


def test_a_request_that_comes_meanwhile_leaves_no_rest() -> None:
    """What is called while a job's own work is under way may be the request's doing: the job is called again."""
    played = Played(pull=until_called(), sweep=until_called())
    played.until(9)
    pull = next(due for due in played.schedules.due() if due.name == PULL)
    played.clock.move_to(pull.at)
    pull.release()
    played.schedules.requested()
    played.schedules.heard("room", "hub-demo-room-http")
    assert ("pull", 20) in played.until(100)


def test_news_outside_ends_every_rest() -> None:
    """A platform was told something: each job looks at its next time."""
    played = Played(sweep=until_called(), pull=until_called())
    played.until(15)
    played.schedules.disturb()
    assert played.until(100) == [("sweep", 16), ("pull", 20)]


def test_no_rest_outlasts_real_seconds() -> None:
    """What a platform keeps back for a real minute is found by a hub that steps through a day meanwhile."""
    played = Played(sweep=until_called(), pull=until_called())
    played.until(15)
    played.real += REST_REAL_SECONDS
    assert played.until(100) == [("sweep", 16), ("pull", 20)]


@pytest.mark.parametrize("answer", [None, {}, [], "x", {"rests_until": "soon"}, {"rests_until": 3}])
def test_an_answer_without_a_moment_is_no_rest(answer: Any) -> None:
    """Whatever else a function answers."""
    assert rests_until(answer) is None
