"""What each function may do: its own table, its own queues, and what its room alone needs. Nothing else."""

from collections.abc import Iterator
from typing import ClassVar

from aws_cdk import aws_kms as kms

from infra.manifest import Manifest
from infra.names import Names
from infra.permissions import Grant
from infra.streams import streamed_tables
from infra.tables import BY_CONNECTION, BY_DUE, BY_LEVEL, BY_LIST, BY_PENDING

TABLE_VERBS = ("BatchGetItem", "BatchWriteItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query")
TABLE_ACTIONS = tuple(f"dynamodb:{verb}" for verb in (*TABLE_VERBS, "UpdateItem"))
INBOX_ACTIONS = tuple(
    f"dynamodb:{verb}" for verb in ("BatchGetItem", "ConditionCheckItem", "GetItem", "PutItem", "Query", "UpdateItem")
)
CONTENT_ACTIONS = tuple(f"dynamodb:{verb}" for verb in ("BatchGetItem", "BatchWriteItem", "GetItem", "PutItem"))
PLATFORM_ACTIONS = ("dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:UpdateItem")
KEY_ACTIONS = tuple(
    f"kms:{verb}" for verb in ("Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo")
)
CONSUME_ACTIONS = tuple(
    f"sqs:{verb}"
    for verb in ("ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "ReceiveMessage")
)
NETWORK_ACTIONS = (
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
)
SEND = ("sqs:SendMessage",)


class Grants:
    """The grants of every function bundle of one tenant."""

    CONTENT_ROOMS: ClassVar = ("webhooks", "tickets", "customers", "notifications")
    FILE_ROOMS: ClassVar = ("webhooks", "tickets", "customers", "directory", "settlement", "notifications")
    """The rooms that have jobs."""
    PLATFORM_ROOMS: ClassVar = ("webhooks", "notifications", "tickets", "customers", "directory")
    """The rooms that call platforms: with the connections' secrets, and what all calls of a connection share."""

    def __init__(self, names: Names, key: kms.IKey, *, networked: frozenset[str] = frozenset()) -> None:
        self.names = names
        self.key = key
        self.networked = networked

    def of_function(self, manifest: Manifest) -> Iterator[Grant]:
        """Everything the bundle's role is granted."""
        yield Grant(KEY_ACTIONS, (self.key.key_arn,))
        yield self._logs(manifest)
        if manifest.function == "accept":
            yield from self._accept()
            return
        yield from self._room(manifest)
        yield from self._queues(manifest)
        yield from self._streams(manifest)
        if manifest.of_kind("schedule"):
            yield Grant(SEND, (self.names.queue_arn("undelivered"),))
        if manifest.function in self.networked:
            yield Grant(NETWORK_ACTIONS, ("*",), "Lambda's network interfaces have no names before they exist")
        special = {"webhooks": self._webhooks, "tickets": self._tickets, "settlement": self._settlement}
        if manifest.function in special:
            yield from special[manifest.function]()

    def _accept(self) -> Iterator[Grant]:
        yield self._read_connections()
        yield Grant(("dynamodb:PutItem",), (self.names.table_arn("inbox"),))
        yield Grant(SEND, (self.names.queue_arn("webhooks", "pulls"),))

    def _room(self, manifest: Manifest) -> Iterator[Grant]:
        names, room = self.names, manifest.function
        yield Grant(TABLE_ACTIONS, (names.table_arn(room),))
        indexes = (BY_LIST, BY_DUE, *BY_LEVEL)
        yield Grant(("dynamodb:Query",), tuple(names.table_arn(room, "index", index[0]) for index in indexes))
        yield Grant(("events:PutEvents",), (names.bus_arn(),))
        yield Grant(("ssm:GetParameter",), (names.parameter_arn("auth"),))
        if room != "directory":
            people = [f"{names.tenant}#principal#*", f"{names.tenant}#apikey#*"]
            own = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": people}}
            yield Grant(("dynamodb:GetItem",), (names.table_arn("directory"),), conditions=own)
        if room in self.FILE_ROOMS:
            reason = "files are named by the jobs that write them"
            yield Grant(("s3:GetObject", "s3:PutObject"), (names.bucket_arn("files", room, "*"),), reason)
        if room in self.CONTENT_ROOMS:
            yield Grant(CONTENT_ACTIONS, (names.table_arn("content"),))
        if room in self.PLATFORM_ROOMS:
            yield self._read_connections()
            yield Grant(PLATFORM_ACTIONS, (names.table_arn("platforms"),))

    def _queues(self, manifest: Manifest) -> Iterator[Grant]:
        consumed = manifest.of_kind("events", "changes", "queue")
        if consumed:
            arns = (self.names.queue_arn(manifest.function, entry.queue or entry.name) for entry in consumed)
            yield Grant(CONSUME_ACTIONS, tuple(arns))
        if own := manifest.of_kind("queue", "events"):  # what fails of a pack goes back into the queue by itself
            arns = (self.names.queue_arn(manifest.function, entry.queue or entry.name) for entry in own)
            yield Grant(SEND, tuple(arns))

    def _streams(self, manifest: Manifest) -> Iterator[Grant]:
        names, room = self.names, manifest.function
        if not (tables := streamed_tables(manifest)):
            return
        queues = [names.queue_arn(room, entry.name) for entry in manifest.of_kind("changes")]
        if manifest.of_kind("forward"):
            queues.append(names.queue_arn("undelivered"))
        yield Grant(SEND, tuple(queues))
        reading = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
        streams = tuple(names.table_arn(table, "stream", "*") for table in tables)
        yield Grant(reading, streams, "a stream is named by the time at which it began; the table is named")
        yield Grant(("dynamodb:ListStreams",), ("*",), "ListStreams has no resources to name")

    def _webhooks(self) -> Iterator[Grant]:
        names = self.names
        yield Grant(INBOX_ACTIONS, (names.table_arn("inbox"),))
        listed = (BY_PENDING, BY_CONNECTION)
        yield Grant(("dynamodb:Query",), tuple(names.table_arn("inbox", "index", index[0]) for index in listed))
        written = (names.parameter_arn("connections", "*"),)
        reason = "a connection is made by an administrator at run time; its id is not known before"
        yield Grant(("ssm:DeleteParameters", "ssm:PutParameter"), written, reason)

    def _tickets(self) -> Iterator[Grant]:
        names = self.names
        flows = (names.machine_arn("f-*"),)
        reason = "flow machines are named by the hash of their content when they are published"
        yield Grant(("states:CreateStateMachine", "states:SendTaskSuccess", "states:StartExecution"), flows, reason)
        yield Grant(("states:StartExecution",), (names.machine_arn("escalation"),))
        executions = (names.executions_arn("f-*"), names.executions_arn("escalation"))
        yield Grant(("states:DescribeExecution",), executions, "executions are named by their tickets")
        only = {"StringEquals": {"iam:PassedToService": "states.amazonaws.com"}}
        yield Grant(("iam:PassRole",), (names.role_arn("flows"),), conditions=only)

    def _settlement(self) -> Iterator[Grant]:
        yield Grant(("states:StartExecution",), (self.names.machine_arn("settlement-run"),))

    def _read_connections(self) -> Grant:
        """One by its name, or all by their path: SSM checks it with and without what lies below it."""
        path = (self.names.parameter_arn("connections"), self.names.parameter_arn("connections", "*"))
        reason = "the connections of this tenant are made at run time"
        return Grant(("ssm:GetParameters", "ssm:GetParametersByPath"), path, reason)

    def _logs(self, manifest: Manifest) -> Grant:
        streams = tuple(self.names.log_streams_arn(manifest.function, entry.name) for entry in manifest.entries)
        reason = "a log stream is named by Lambda; the group is named"
        return Grant(("logs:CreateLogStream", "logs:PutLogEvents"), streams, reason)
