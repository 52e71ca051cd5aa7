"""The settlement machine (statemachines/settlement_run.asl.json) of Step Functions: starting it."""

from __future__ import annotations

import json
from dataclasses import field
from datetime import datetime
from typing import Any

from functions.settlement.runs.runs import Mode
from hub.kernel.dataclass import dataclass
from hub.store.rehearsal import is_rehearsal


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
