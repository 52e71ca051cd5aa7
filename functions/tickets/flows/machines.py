"""Step Functions, as this room uses it: make a machine, start an execution by name, answer a parked token."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from hub.kernel.errors import Broken, Retry

STARTED_BEFORE = ("ExecutionAlreadyExists",)
GONE = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")
PASSING = (
    "ThrottlingException",
    "TooManyRequestsException",
    "ServiceUnavailable",
    "InternalFailure",
    "StateMachineDeleting",
)


class Machines(Protocol):
    """What runs flows and escalations. Each call may be made again with the same arguments."""

    def create(self, name: str, definition: str) -> str: ...

    def start(self, machine_arn: str, name: str, payload: Mapping[str, Any]) -> None: ...

    def succeed(self, token: str, output: Mapping[str, Any]) -> None: ...


class StepFunctions:
    """Machines on Step Functions. `client` is boto3's; machines act with `role_arn`."""

    def __init__(self, client: Any, role_arn: str) -> None:
        self._client, self._role_arn = client, role_arn

    def create(self, name: str, definition: str) -> str:
        """The machine's ARN; the same text under the same name is the same machine. Raises Broken for another text."""
        with _calling("StateMachineAlreadyExists"):
            made = self._client.create_state_machine(
                name=name, definition=definition, roleArn=self._role_arn, type="STANDARD"
            )
            return str(made["stateMachineArn"])
        raise Broken("another machine has this name", machine=name)

    def start(self, machine_arn: str, name: str, payload: Mapping[str, Any]) -> None:
        """Start an execution; one of this name that was started before is the same."""
        with _calling(*STARTED_BEFORE):
            self._client.start_execution(stateMachineArn=machine_arn, name=name, input=json.dumps(payload))

    def succeed(self, token: str, output: Mapping[str, Any]) -> None:
        """Answer a parked token; one that has been answered, or whose execution has ended, needs nothing."""
        with _calling(*GONE):
            self._client.send_task_success(taskToken=token, output=json.dumps(output))


@contextmanager
def _calling(*fine: str) -> Iterator[None]:
    """Errors named in `fine` end the block quietly; what passes becomes Retry, anything else Broken."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in fine:
            return
        if code in PASSING:
            raise Retry("Step Functions is busy", code=code) from error
        raise Broken("Step Functions refused", code=code) from error
    except BotoCoreError as error:
        raise Retry("Step Functions does not answer") from error
