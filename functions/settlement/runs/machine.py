"""The settlement machine (statemachines/settlement_run.asl.json) of Step Functions: starting it, and what its maps
read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

from functions.settlement.runs.runs import Mode
from hub.kernel.frozen import dataclass
from hub.store.files import Files
from hub.store.rehearsal import is_rehearsal

LISTS = ("windows", "shards")


@dataclass
class Machine:
    """client: Step Functions'. arn: the tenant's settlement machine."""

    client: Any = field(repr=False)
    arn: str

    def start(self, run_id: str, mode: Mode, now: datetime) -> bool:
        """Start the machine for a run, once an hour at most for each mode; says whether it did. Its steps repeat
        without effect whatever was done already, so one that stopped on its way is simply started again."""
        if is_rehearsal():
            return False
        name = f"{run_id}-{mode}-{now:%Y%m%dT%H}"
        payload = json.dumps({"run_id": run_id, "mode": mode})
        try:
            self.client.start_execution(stateMachineArn=self.arn, name=name, input=payload)
        except self.client.exceptions.ExecutionAlreadyExists:
            return False
        return True


def laid_out(files: Files, payload: Mapping[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """A step's answer for the machine: what one of its maps goes through lies in a file, which the map reads by itself,
    so that no list has to fit into an execution's 256 KB. Done again it writes the same file."""
    name = next((name for name in LISTS if isinstance(answer.get(name), list)), None)
    if name is None:
        return answer
    file = f"job_runs/{payload['run_id']}/{payload['mode']}-{name}.json"
    files.put(file, json.dumps(answer[name]).encode(), "application/json")
    bucket, key = files.address(file)
    return {"count": len(answer[name]), "bucket": bucket, "key": key}
