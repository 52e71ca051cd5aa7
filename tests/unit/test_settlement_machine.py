"""Starting the settlement machine: once an hour by name, so one that stopped on its way is started again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from functions.settlement.runs.machine import Machine

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


def test_a_run_starts_once_an_hour_in_each_mode() -> None:
    """The second start within the hour says that it started nothing."""
    client = StepFunctions()
    machine = Machine(client, "arn")
    begun = [machine.start("base.2026-11", mode, NOW) for mode in ("close", "close", "prove")]
    later = machine.start("base.2026-11", "close", NOW + timedelta(hours=1))
    assert (begun, later) == ([True, False, True], True)
    assert {name: json.loads(payload) for name, payload in client.started.items()} == {
        "base.2026-11-close-20261121T01": {"run_id": "base.2026-11", "mode": "close"},
        "base.2026-11-prove-20261121T01": {"run_id": "base.2026-11", "mode": "prove"},
        "base.2026-11-close-20261121T02": {"run_id": "base.2026-11", "mode": "close"},
    }
