"""Step Functions, as this room uses it: make a machine, start an execution by name, answer a parked token."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from functions.tickets.flows.asl import compile_flow
from functions.tickets.flows.flow import Flow
from hub.kernel.dataclass import dataclass
from hub.kernel.errors import Broken, HubError
from hub.store.rehearsal import is_rehearsal
from hub.store.table import passing

STARTED_BEFORE = ("ExecutionAlreadyExists",)
ABSENT = "ABSENT"
GONE = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")
OURS = (
    "InvalidArn",
    "InvalidDefinition",
    "InvalidExecutionInput",
    "InvalidName",
    "InvalidOutput",
    "StateMachineAlreadyExists",
    "StateMachineDoesNotExist",
)
"""What Step Functions will refuse again, however often it is asked: a bug of ours."""


class Machines(Protocol):
    """What runs flows and escalations. Each call may be made again with the same arguments."""

    def create(self, name: str, definition: str) -> str: ...

    def start(self, machine_arn: str, name: str, payload: Mapping[str, Any]) -> None: ...

    def succeed(self, token: str, output: Mapping[str, Any]) -> None: ...

    def status(self, machine_arn: str, name: str) -> str: ...


@dataclass(frozen=True)
class FlowMachines:
    """The machines of a tenant's flows, each named by its content. partition, steps_function: what a machine's text is
    rendered with."""

    machines: Machines
    tenant: str
    partition: str
    steps_function: str

    def make(self, flow: Flow) -> dict[str, str]:
        """The flow's machine, made unless it is there: its ARN, and the digest of its text."""
        compiled = compile_flow(flow)
        text = compiled.rendered(self.partition, self.steps_function)
        arn = self.machines.create(f"hub-{self.tenant}-f-{compiled.digest[:12]}", text)
        return {"machine_arn": arn, "digest": compiled.digest}


class StepFunctions:
    """Machines on Step Functions. `client` is botocore's; machines act with `role_arn`."""

    def __init__(self, client: Any, role_arn: str) -> None:
        self._client, self._role_arn = client, role_arn

    def create(self, name: str, definition: str) -> str:
        """The machine's ARN; the same text under the same name is the same machine. Raises Broken for another text, and
        in a rehearsal, which makes none."""
        if is_rehearsal():
            raise Broken("a rehearsal makes no machine", machine=name)
        with _calling():
            response = self._client.create_state_machine(
                name=name, definition=definition, roleArn=self._role_arn, type="STANDARD"
            )
        return str(response["stateMachineArn"])

    def start(self, machine_arn: str, name: str, payload: Mapping[str, Any]) -> None:
        """Start an execution; one of this name that was started before is the same."""
        if is_rehearsal():
            return
        with _calling(*STARTED_BEFORE):
            self._client.start_execution(stateMachineArn=machine_arn, name=name, input=json.dumps(payload))

    def succeed(self, token: str, output: Mapping[str, Any]) -> None:
        """Answer a parked token; one that has been answered, or whose execution has ended, needs nothing."""
        if is_rehearsal():
            return
        with _calling(*GONE):
            self._client.send_task_success(taskToken=token, output=json.dumps(output))

    def status(self, machine_arn: str, name: str) -> str:
        """What became of an execution: `RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`; ABSENT for one that
        never started, or ended more than ninety days ago."""
        execution = machine_arn.replace(":stateMachine:", ":execution:") + f":{name}"
        with _calling("ExecutionDoesNotExist"):
            return str(self._client.describe_execution(executionArn=execution)["status"])
        return ABSENT


@contextmanager
def _calling(*fine: str) -> Iterator[None]:
    """Refusals named in `fine` end the block quietly; Broken for those in OURS, and what `passing` says for others."""
    try:
        with passing("Step Functions"):
            yield
    except HubError as error:
        reason = str(error.facts.get("reason"))
        if reason in OURS:
            raise Broken("Step Functions refused", reason=reason) from error
        if reason not in fine:
            raise
