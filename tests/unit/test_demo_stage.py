"""The demo's book of checks: what does not hold ends the day, loudly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from hubctl.clock.activity import Activity
from hubctl.clock.stepped import Due, SteppedClock
from hubctl.clock.stepper import Stepper
from hubctl.demo.stage import Stage, StepFailed

NOWHERE = "http://127.0.0.1:9"  # nothing listens on the discard port


def stage(said: list[Any]) -> Stage:
    ready = SimpleNamespace(base_url=NOWHERE, token="t", connections=())
    clock = SteppedClock(datetime(2026, 11, 23, tzinfo=UTC))
    hub: Any = SimpleNamespace(clock=clock, ready=ready, stepper=Stepper(clock, Activity(), list, []))
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
        acted.eventually("the card", lambda: None)
    assert (acted.checks[-1].text, acted.checks[-1].ok) == ("the card", False)


def due_in(acted: Stage, length: timedelta) -> list[datetime]:
    """Something due after so long; the moment at which it happened is added to the answer."""
    happened: list[datetime] = []
    coming: list[Due] = []

    def happen() -> None:
        happened.append(acted.now())
        coming.clear()

    coming.append(Due(acted.now() + length, "message", 0, "queue", happen))
    acted.stepper.sources.append(SimpleNamespace(due=lambda: list(coming)))
    return happened


def test_what_comes_with_a_due_thing_is_waited_for() -> None:
    """A second try two minutes later, as after a lost race, is soon enough."""
    acted = stage([])
    happened, at = due_in(acted, timedelta(minutes=2)), acted.now() + timedelta(minutes=2)
    assert acted.eventually("the card", lambda: happened or None) == [at]


def test_nobody_waits_for_what_comes_too_late() -> None:
    """An hour is too long, and business time stays where it was."""
    acted = stage([])
    before, happened = acted.now(), due_in(acted, timedelta(hours=1))
    with pytest.raises(StepFailed):
        acted.eventually("the card", lambda: happened or None)
    assert acted.now() == before


def test_what_is_found_is_answered() -> None:
    """A probe's first answer that is neither None nor False comes back; 0 counts."""
    answers, acted = iter([None, False, 0]), stage([])
    for minute in (1, 2):
        due_in(acted, timedelta(minutes=minute))
    assert acted.eventually("zero", lambda: next(answers)) == 0


def test_a_hub_that_does_not_answer_ends_the_day() -> None:
    """A dead hub is a check that failed, not a traceback."""
    acted = stage([])
    with pytest.raises(StepFailed, match="GET /tickets is answered"):
        acted.call("GET", "/tickets")
