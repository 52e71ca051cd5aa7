"""The settlement machine (statemachines/settlement_run.asl.json) of Step Functions: starting it."""

from __future__ import annotations

import json
from dataclasses import field
from datetime import date, datetime
from typing import Any

from hub.kernel.frozen import dataclass


@dataclass
class Machine:
    """client: Step Functions'. arn: the tenant's settlement machine."""

    client: Any = field(repr=False)
    arn: str

    def start(self, run_id: str, day: date, again_at: datetime | None = None) -> bool:
        """Start the run of a day under the name `run-<day>`, so it starts once; says whether it did.

        again_at: start it once more, named by that minute, when the first one stopped on its way. Its steps repeat
        without effect whatever was done already.
        """
        name = f"run-{day.isoformat()}" + (again_at.strftime("-again-%Y%m%dT%H%M%S") if again_at else "")
        payload = json.dumps({"run_id": run_id, "day": day.isoformat()})
        try:
            self.client.start_execution(stateMachineArn=self.arn, name=name, input=payload)
        except self.client.exceptions.ExecutionAlreadyExists:
            return False
        return True
