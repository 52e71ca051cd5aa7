"""State machines in tests: rendered as the stack renders them, and run by moto's interpreter with our own functions."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
from moto import mock_aws
from moto.awslambda.models import LambdaFunction

ACCOUNT = "123456789012"
REGION = "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/machines"
STARTED = ("RUNNING",)
Handler = Callable[[dict[str, Any]], Any]


class StepError(Exception):
    """Raised by a handler to fail as Lambda would, under the given error name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def render(text: str, substitutions: Mapping[str, str]) -> str:
    """The definition with its placeholders filled, as CloudFormation's DefinitionSubstitutions fill them."""
    for name, value in substitutions.items():
        text = text.replace(f"${{{name}}}", value)
    return text


@contextmanager
def machine(definition: str, functions: Mapping[str, Handler]) -> Iterator[Callable[..., dict[str, Any]]]:
    """A function that runs the machine with an input to its end and answers what DescribeExecution says.

    `functions`: Lambda function name → handler(payload). Waits are wall clock.
    """
    with lambda_calls(functions), mock_aws(config={"stepfunctions": EXECUTE}):
        client = boto3.client("stepfunctions", region_name=REGION)
        for name in functions:
            _make_function(name)
        arn = client.create_state_machine(name="machine", definition=definition, roleArn=ROLE)["stateMachineArn"]

        def run(payload: dict[str, Any], *, seconds: float = 20) -> dict[str, Any]:
            started = client.start_execution(stateMachineArn=arn, name=f"e{time.time_ns()}", input=json.dumps(payload))
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                found: dict[str, Any] = client.describe_execution(executionArn=started["executionArn"])
                if found["status"] not in STARTED:
                    return found
                time.sleep(0.02)
            raise TimeoutError(f"still running after {seconds} s")

        yield run


EXECUTE: dict[str, Any] = {"execute_state_machine": True}


@contextmanager
def lambda_calls(functions: Mapping[str, Handler]) -> Iterator[None]:
    """moto calls these handlers where it would start a container."""

    def invoke(function: LambdaFunction, event: Any = None) -> tuple[str, bool, str]:
        payload = json.loads(event) if isinstance(event, str | bytes) else event or {}
        try:
            return json.dumps(functions[function.function_name](payload)), False, ""
        except StepError as error:
            return json.dumps({"errorType": error.name, "errorMessage": error.name}), True, ""

    original = LambdaFunction._invoke_lambda
    LambdaFunction._invoke_lambda = invoke
    try:
        yield
    finally:
        LambdaFunction._invoke_lambda = original


def _make_function(name: str) -> None:
    iam = boto3.client("iam", region_name=REGION)
    role_names = [role["RoleName"] for role in iam.list_roles()["Roles"]]
    if "functions" not in role_names:
        iam.create_role(RoleName="functions", AssumeRolePolicyDocument="{}")
    boto3.client("lambda", region_name=REGION).create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=f"arn:aws:iam::{ACCOUNT}:role/functions",
        Handler="app.handler",
        Code={"ZipFile": b"unused"},
    )
