"""How the embedded AWS follows a stepped clock: its queues' time, its streams' patience, its long polls."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from hubctl.clock.activity import Activity
from hubctl.clock.pace import STREAM_SECONDS, BusinessTime, SteppedPace, Unhasty
from hubctl.clock.stepped import SteppedClock

START = datetime(2026, 11, 23, 2, tzinfo=UTC)


def test_queues_tell_business_time_and_nothing_else_changes() -> None:
    """`time.time()` is the clock's moment; everything else of the module is what it was."""
    clock = SteppedClock(START)
    stand_in = BusinessTime(clock)
    clock.move_to(datetime(2026, 11, 23, 4, tzinfo=UTC))
    assert stand_in.time() == datetime(2026, 11, 23, 4, tzinfo=UTC).timestamp()
    assert stand_in.monotonic is time.monotonic


def test_streams_are_read_at_once_when_nothing_is_at_work_and_now_and_then_otherwise() -> None:
    """What a call writes is one batch when it ends; a hub that is never idle reads them all the same."""
    activity, reads = Activity(), list[int]()
    poll = Unhasty(activity, lambda: bool(reads.append(1)) or True)
    assert poll()
    with activity.during("call"):
        assert not poll()
        time.sleep(STREAM_SECONDS)
        assert poll()
    assert poll()
    assert len(reads) == 3


def test_who_is_idle_is_told() -> None:
    """With the last end, not with each."""
    activity, told = Activity(), list[int]()
    activity.on_idle = lambda: told.append(activity.epoch)
    with activity.during("request"), activity.during("call"):
        pass
    assert told == [4]


class Strange:
    """Another version of the embedded AWS: its modules lack what we know."""

    def module(self, name: str) -> ModuleType:
        module: Any = SimpleNamespace(__name__=name)
        return module  # type: ignore[no-any-return]

    def require(self, module: ModuleType, *names: str) -> None:
        if missing := [name for name in names if not hasattr(module, name)]:
            raise LookupError(f"{module.__name__} has no {missing[0]}")

    def replace(self, module: ModuleType, name: str, value: Any) -> None:
        self.require(module, name)


def test_another_version_of_the_embedded_aws_is_refused_at_the_start() -> None:
    """Rather than let business time run past what it can't see."""
    with pytest.raises(LookupError, match="has no _"):
        SteppedPace(SteppedClock(START), Activity()).install(Strange())
