"""Starting the settlement machine: once an hour by name, so one that stopped on its way is started again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from functions.settlement.handlers.map_items import laid_out
from functions.settlement.runs.machine import Machine
from hub.store.files import Files

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


class Bucket:
    """S3, as far as putting goes."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, **_: str) -> None:  # noqa: N803 - theirs
        self.files[f"{Bucket}/{Key}"] = Body


def test_what_a_map_goes_through_lies_in_a_file_of_its_run_and_mode() -> None:
    """A hundred thousand items are 10 MB in S3 and a hundred bytes in the machine, whose executions hold 256 KB; the
    answers of other steps pass as they are."""
    s3, run = Bucket(), {"run_id": "base.2026-11", "mode": "close"}
    files, items = Files("files", "settlement", s3), [{"shard": n, "cursor": {}} for n in range(100_000)]
    answer = laid_out(files, run, {"shards": items})
    key = "settlement/job_runs/base.2026-11/close-shards.json"
    assert answer == {"count": 100_000, "bucket": "files", "key": key}
    assert json.loads(s3.files[f"files/{key}"]) == items
    laid_out(files, {**run, "mode": "prove"}, {"windows": []})
    assert [name.rpartition("/")[2] for name in s3.files] == ["close-shards.json", "prove-windows.json"]
    step = {"shard": 1, "windows": {"list": "2026-11"}, "more": False}
    assert laid_out(files, run, step) == step
