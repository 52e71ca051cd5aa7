"""Step Functions itself: every call may be made again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from functions.tickets.flows.asl import compile_flow
from functions.tickets.flows.machines import StepFunctions
from functions.tickets.flows.preset_flows import preset_flows
from functions.tickets.flows.soundness import parse_flow
from hub.kernel.errors import Broken, Retry
from tests.support.aws import account

ROLE = "arn:aws:iam::123456789012:role/hub-demo-flows"


@pytest.fixture
def client() -> Iterator[Any]:
    with account("tickets") as session:
        yield session.client("stepfunctions")


def definition(key: str = "repair") -> str:
    return compile_flow(parse_flow(preset_flows()[key])).rendered("aws", "hub-demo-tickets-steps")


def test_preset_machines_are_made(client: Any) -> None:
    """Every preset flow becomes a machine with the stack's role; made again it is the same one."""
    machines = StepFunctions(client, ROLE)
    for key in preset_flows():
        arn = machines.create(f"hub-demo-f-{key}", definition(key))
        assert machines.create(f"hub-demo-f-{key}", definition(key)) == arn
        made = client.describe_state_machine(stateMachineArn=arn)
        assert (json.loads(made["definition"]), made["roleArn"]) == (json.loads(definition(key)), ROLE)


def test_an_execution_starts_once(client: Any) -> None:
    """An execution of a name that was started before is the same execution."""
    machines = StepFunctions(client, ROLE)
    arn = machines.create("hub-demo-f-repair", definition())
    for _ in range(2):
        machines.start(arn, "tkt_1-1", {"ticket": "tkt_1"})
    assert len(client.list_executions(stateMachineArn=arn)["executions"]) == 1


def test_what_became_of_an_execution(client: Any) -> None:
    """It runs, it was stopped, or it never began."""
    machines = StepFunctions(client, ROLE)
    arn = machines.create("hub-demo-f-repair", definition())
    machines.start(arn, "tkt_1-1", {"ticket": "tkt_1"})
    assert machines.status(arn, "tkt_1-1") == "RUNNING"
    client.stop_execution(executionArn=arn.replace(":stateMachine:", ":execution:") + ":tkt_1-1")
    assert [machines.status(arn, name) for name in ("tkt_1-1", "tkt_2-1")] == ["ABORTED", "ABSENT"]


class Refusing:
    """A Step Functions client that answers every call with one error."""

    def __init__(self, code: str, error: Any) -> None:
        self.code, self.error = code, error

    def send_task_success(self, **_: Any) -> None:
        raise self.error({"Error": {"Code": self.code}}, "SendTaskSuccess")


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_a_token_that_is_gone(client: Any, code: str) -> None:
    """Answering a token whose execution has ended needs nothing more."""
    StepFunctions(Refusing(code, client.exceptions.ClientError), ROLE).succeed("token", {})


@pytest.mark.parametrize("code", ["InvalidDefinition", "StateMachineAlreadyExists", "InvalidOutput"])
def test_other_refusals_are_ours(client: Any, code: str) -> None:
    """What Step Functions will refuse whenever it is asked is a bug of ours, and named."""
    with pytest.raises(Broken, match=code):
        StepFunctions(Refusing(code, client.exceptions.ClientError), ROLE).succeed("token", {})


@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException", "SomethingNew"])
def test_whatever_else_may_pass(client: Any, code: str) -> None:
    """A throttle, a role that is not there yet, an error that nobody knows: each is tried again."""
    with pytest.raises(Retry, match=code):
        StepFunctions(Refusing(code, client.exceptions.ClientError), ROLE).succeed("token", {})


def test_a_call_without_an_answer_is_made_again(client: Any) -> None:
    """A time-out, whose response is None, is passing too."""

    class Silent:
        def send_task_success(self, **_: Any) -> None:
            raise ReadTimeoutError(endpoint_url="https://states")

    with pytest.raises(Retry, match="ReadTimeoutError"):
        StepFunctions(Silent(), ROLE).succeed("token", {})
