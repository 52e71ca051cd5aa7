"""Starting the settlement machine: once by name, and once more when it stopped on its way."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import SimpleNamespace

from functions.settlement.runs.machine import Machine

DAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC)


class AlreadyExists(Exception):
    """Step Functions' word for a name that was used."""


@dataclass
class StepFunctions:
    """Step Functions, as far as names of executions go."""

    started: dict[str, str] = field(default_factory=dict)
    exceptions: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(ExecutionAlreadyExists=AlreadyExists))

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> None:  # noqa: A002, N803 - theirs
        if name in self.started:
            raise AlreadyExists
        self.started[name] = input


def test_a_day_starts_once() -> None:
    """The second start of a day says that it started nothing."""
    client = StepFunctions()
    assert [Machine(client, "arn").start("run_1", DAY) for _ in range(2)] == [True, False]
    assert {name: json.loads(payload) for name, payload in client.started.items()} == {
        "run-2026-11-21": {"run_id": "run_1", "day": "2026-11-21"}
    }


def test_a_run_that_stopped_on_its_way_is_started_once_more() -> None:
    """Under a name of its own, with the same input."""
    client = StepFunctions({"run-2026-11-21": "{}"})
    assert Machine(client, "arn").start("run_1", DAY, again_at=NOW)
    assert list(client.started) == ["run-2026-11-21", "run-2026-11-21-again-20261121T010203"]
