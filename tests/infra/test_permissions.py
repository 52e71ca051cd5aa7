"""Least privilege: what each role may do, and that nothing is allowed by a wildcard that nobody explains."""

from typing import Any

import pytest

from infra.permissions import Grant
from tests.infra.conftest import Template, listed, plain
from tests.support.manifests import ROOMS

LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
KEY = {"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"}
NAMELESS = ("dynamodb:ListStreams", "ec2:", "logs:", "xray:")  # actions for which AWS knows no resource
CALLING = ("webhooks", "notifications", "tickets", "customers", "directory")
"""The rooms that call platforms."""
SHARED_TABLES = {"inbox", "content", "directory", "platforms"}


def allowed(template: Template, role: str) -> dict[str, set[str]]:
    """Action → resources."""
    found: dict[str, set[str]] = {}
    for statement in template.statements(role):
        for action in listed(statement["Action"]):
            found.setdefault(action, set()).update(plain(arn) for arn in listed(statement["Resource"]))
    return found


def tables(resources: set[str]) -> set[str]:
    return {arn.split(":table/hub-demo-")[1].split("/")[0] for arn in resources if ":table/" in arn}


def test_accept_may_read_connections_put_messages_and_send_tallies(demo: Template) -> None:
    """The front door has four permissions, besides its logs and the key that they need."""
    actions = allowed(demo, "hub-demo-accept")
    reading = {"ssm:GetParameters", "ssm:GetParametersByPath"}
    assert set(actions) - LOGS - KEY == {*reading, "dynamodb:PutItem", "sqs:SendMessage"}
    assert tables(actions["dynamodb:PutItem"]) == {"inbox"}
    assert {arn.rpartition(":")[2] for arn in actions["sqs:SendMessage"]} == {"hub-demo-webhooks-pulls"}
    assert all("/hub/demo/connections" in arn for action in reading for arn in actions[action])


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_reaches_no_other_rooms_table(demo: Template, room: str) -> None:
    """Its own table; and of the shared ones, what the way of data needs."""
    reached = set().union(*(tables(arns) for arns in allowed(demo, f"hub-demo-{room}").values()))
    assert reached - SHARED_TABLES - {room} == set()
    assert ("inbox" in reached) == (room == "webhooks")
    assert ("platforms" in reached) == (room in CALLING)


@pytest.mark.parametrize("room", sorted(set(ROOMS) - {"directory"}))
def test_of_the_directory_a_room_reads_principals_and_keys_alone(demo: Template, room: str) -> None:
    """Rosters, regions and people's data stay with the directory: the condition names the partition keys."""
    (statement,) = [
        statement
        for statement in demo.statements(f"hub-demo-{room}")
        if any("table/hub-demo-directory" in plain(arn) for arn in listed(statement["Resource"]))
    ]
    assert statement["Action"] == "dynamodb:GetItem"
    keys = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    assert keys == ["demo#principal#*", "demo#apikey#*"]


@pytest.mark.parametrize("room", CALLING)
def test_who_calls_platforms_takes_one_item_at_a_time_of_what_calls_share(demo: Template, room: str) -> None:
    """Tokens are read and renewed by key: nobody may list them, and no index shows them."""
    actions = allowed(demo, f"hub-demo-{room}")
    reaching = {action for action, arns in actions.items() if "platforms" in tables(arns)}
    assert reaching == {"dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}
    assert "GlobalSecondaryIndexes" not in demo.named("AWS::DynamoDB::Table", "TableName")["hub-demo-platforms"]


def test_only_webhooks_writes_secrets_and_only_who_calls_platforms_reads_them(demo: Template) -> None:
    """Connections hold the platforms' secrets: administrators change them through webhooks."""
    names = {properties["RoleName"] for properties in demo.of("AWS::IAM::Role").values()}
    changing, reading = {"ssm:PutParameter", "ssm:DeleteParameters"}, {"ssm:GetParameters", "ssm:GetParametersByPath"}
    writers = {name for name in names if changing & allowed(demo, name).keys()}
    readers = {name for name in names if reading & allowed(demo, name).keys()}
    assert writers == {"hub-demo-webhooks"}
    assert readers == {"hub-demo-accept", *(f"hub-demo-{room}" for room in CALLING)}


def test_tickets_may_make_flow_machines_with_one_role_alone(demo: Template) -> None:
    """It passes hub-demo-flows to Step Functions, and that role may call tickets' steps and nothing else."""
    actions = allowed(demo, "hub-demo-tickets")
    assert {arn.rpartition("/")[2] for arn in actions["iam:PassRole"]} == {"hub-demo-flows"}
    assert {arn.rpartition(":")[2] for arn in actions["states:CreateStateMachine"]} == {"hub-demo-f-*"}
    flows = allowed(demo, "hub-demo-flows")
    assert set(flows) == {"lambda:InvokeFunction"}
    assert {arn.rpartition(":")[2] for arn in flows["lambda:InvokeFunction"]} == {"hub-demo-tickets-steps"}


def test_machines_read_the_items_of_their_maps_and_no_other_file(demo: Template) -> None:
    """Of the bucket, the lists that a run lays down, to be read alone."""
    actions = allowed(demo, "hub-demo-machines")
    assert {arn.partition("files")[2].partition("/")[2] for arn in actions["s3:GetObject"]} == {"settlement/job_runs/*"}
    assert "s3:PutObject" not in actions


def test_everything_is_allowed_on_named_resources(demo: Template, full: Template) -> None:
    """A bare `*` stands only where AWS knows no resource to name, and no action has a wildcard."""
    for template in (demo, full):
        for role in template.of("AWS::IAM::Role").values():
            for statement in template.statements(role["RoleName"]):
                check_statement(statement)


def check_statement(statement: dict[str, Any]) -> None:
    actions = listed(statement["Action"])
    assert not any("*" in action for action in actions)
    if "*" in listed(statement["Resource"]):
        assert all(action.startswith(NAMELESS) for action in actions)


def test_a_wildcard_without_a_reason_can_not_be_granted() -> None:
    """A grant that names everything must say why, and one that doesn't need no reason has none."""
    with pytest.raises(ValueError, match="without a reason"):
        Grant(("s3:GetObject",), ("*",))
    with pytest.raises(ValueError, match="without a reason"):
        Grant(("s3:*",), ("bucket",))
    with pytest.raises(ValueError, match="without a wildcard"):
        Grant(("s3:GetObject",), ("bucket",), "because")
    assert Grant(("xray:PutTraceSegments",), ("*",), "no resources to name").resources == ("*",)
