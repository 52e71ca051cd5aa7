"""The outbox: a room's table stream → its `forward` function → its changes queue → its `changes` function."""

import json
from typing import Any

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.functions import RoomFunctions
from infra.manifest import Entry, Manifest
from infra.queues import Queues

BATCH_MAX = 100
RETRIES_MAX = 50
INBOX = "inbox"
EXTRA_STREAMS = {"webhooks": (INBOX,)}  # whose stream a room reads besides its own table's


def streamed_tables(manifest: Manifest) -> tuple[str, ...]:
    """The tables whose streams this function reads: none unless it has a `forward` entry."""
    if not manifest.of_kind("forward"):
        return ()
    return (manifest.function, *EXTRA_STREAMS.get(manifest.function, ()))


class Streams(Construct):
    def __init__(self, scope: Construct, *, queues: Queues, tables: dict[str, dynamodb.CfnTable]) -> None:
        super().__init__(scope, "Streams")
        self.queues = queues
        self.tables = tables

    def connect(self, room: RoomFunctions) -> None:
        """The first half of the room's outbox; a record that forward can't send ends in `undelivered`."""
        for entry in room.manifest.of_kind("forward"):
            for table in streamed_tables(room.manifest):
                self._read(table, room.functions[entry.name], self.queues.undelivered.queue_arn, _pattern(table, entry))

    def _read(self, table: str, function: lambda_.Function, aside_arn: str, pattern: str) -> None:
        mapping = lambda_.CfnEventSourceMapping
        mapping(
            function,
            f"{table.capitalize()}Stream",
            event_source_arn=self.tables[table].attr_stream_arn,
            function_name=function.function_name,
            starting_position="TRIM_HORIZON",
            batch_size=BATCH_MAX,
            filter_criteria=mapping.FilterCriteriaProperty(filters=[mapping.FilterProperty(pattern=pattern)]),
            bisect_batch_on_function_error=True,
            maximum_retry_attempts=RETRIES_MAX,
            destination_config=mapping.DestinationConfigProperty(
                on_failure=mapping.OnFailureProperty(destination=aside_arn)
            ),
        )


def _pattern(table: str, entry: Entry) -> str:
    """Which records call the function: items that are new or changed, of those that it follows; of an inbox those that
    are new alone."""
    pattern: dict[str, Any] = {"eventName": ["INSERT"] if table == INBOX else ["INSERT", "MODIFY"]}
    if entry.followed:
        pattern["dynamodb"] = {"Keys": {"sk": {"S": [{"prefix": prefix} for prefix in entry.followed]}}}
    return json.dumps(pattern)
