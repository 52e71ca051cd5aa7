"""The demo's book of checks: what does not hold ends the day, loudly."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from hub.kernel.clock import StepClock
from hubctl.demo.stage import Stage, StepFailed

NOWHERE = "http://127.0.0.1:9"  # nothing listens on the discard port


def stage(said: list[Any]) -> Stage:
    ready = SimpleNamespace(clock_scale=360, base_url=NOWHERE, token="t", connections=())
    hub: Any = SimpleNamespace(clock=StepClock(datetime(2026, 11, 23, tzinfo=UTC)), ready=ready)
    return Stage(hub, said.append)


def test_a_check_that_does_not_hold_ends_the_day() -> None:
    """It is written down, shown, and raised."""
    said: list[Any] = []
    acted = stage(said)
    acted.check(True, "this holds")
    with pytest.raises(StepFailed, match="this does not"):
        acted.check(False, "this does not", "why")
    assert [(check.text, check.ok) for check in acted.checks] == [("this holds", True), ("this does not", False)]
    assert len(said) == 2


def test_what_never_comes_ends_the_day() -> None:
    """Waiting has an end, and what was waited for is the check that failed."""
    acted = stage([])
    with pytest.raises(StepFailed, match="the card"):
        acted.eventually("the card", lambda: None, patience=0.01)
    assert (acted.checks[-1].text, acted.checks[-1].ok) == ("the card", False)


def test_what_is_found_is_answered() -> None:
    """A probe's first answer that is neither None nor False comes back; 0 counts."""
    answers = iter([None, False, 0])
    assert stage([]).eventually("zero", lambda: next(answers)) == 0


def test_a_hub_that_does_not_answer_ends_the_day() -> None:
    """A dead hub is a check that failed, not a traceback."""
    acted = stage([])
    with pytest.raises(StepFailed, match="GET /tickets is answered"):
        acted.call("GET", "/tickets")
