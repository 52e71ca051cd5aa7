"""A simulated AWS account for functional tests: the tables of a stack, its bus and queues, and the settings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
import botocore.session
from botocore.loaders import create_loader
from moto import mock_aws

from tests.support.direct_aws import call_directly
from tests.support.quick_dynamodb import quicken_dynamodb

botocore.session.create_loader = cache(create_loader)
"""AWS's descriptions are read once a process, not once for each of a thousand simulated accounts."""
quicken_dynamodb()
call_directly()

TENANT = "demo"
REGION = "us-east-1"
ROOMS = ("webhooks", "tickets", "customers", "notifications", "outbound", "settlement", "pricing", "directory")
AUTH_KEY = "test-signing-key-of-at-least-thirty-two-bytes"


def environment(room: str, **more: str) -> dict[str, str]:
    """The variables that the stack gives a room's functions."""
    return {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
        "POWERTOOLS_TRACE_DISABLED": "1",
        "HUB_TENANT": TENANT,
        "HUB_TABLE": f"hub-{TENANT}-{room}",
        "HUB_INBOX_TABLE": f"hub-{TENANT}-inbox",
        "HUB_CONTENT_TABLE": f"hub-{TENANT}-content",
        "HUB_DIRECTORY_TABLE": f"hub-{TENANT}-directory",
        "HUB_PLATFORMS_TABLE": f"hub-{TENANT}-platforms",
        "HUB_BUS": f"hub-{TENANT}",
        "HUB_FILES_BUCKET": f"hub-{TENANT}-files",
        "HUB_BASE_URL": "https://hub.test",
        "HUB_KEY_ID": f"alias/hub-{TENANT}",
        **more,
    }


LEVELS = ("tenant", "province", "city", "district", "store", "person")
ROOM_INDEXES = {
    "by_list": ("list_pk", "list_sk", "ALL"),
    "by_due": ("due_pk", "due_at", "KEYS_ONLY"),
    **{f"by_{level}": (f"l_{level}", "l_at", "KEYS_ONLY") for level in LEVELS},
}
INDEXES = {
    "inbox": {
        "by_pending": ("pending_pk", "pending_since", "KEYS_ONLY"),
        "by_connection": ("connection_pk", "connection_sk", "KEYS_ONLY"),
    },
    "content": {},
    "platforms": {},
}
"""The indexes of tables that are no room's."""


def make_table(name: str, client: Any = None) -> None:
    """One table of the stack, by what its name ends with: string keys pk and sk, and its sparse indexes. client: of
    DynamoDB, if one is at hand."""
    indexes = INDEXES.get(name.rpartition("-")[2], ROOM_INDEXES)
    attributes = dict.fromkeys(["pk", "sk", *(key for index in indexes.values() for key in index[:2])])
    secondary = [
        {"IndexName": index, "KeySchema": _key_schema(*keys), "Projection": {"ProjectionType": shown}}
        for index, (*keys, shown) in indexes.items()
    ]
    (client or boto3.client("dynamodb", region_name=REGION)).create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in attributes],
        KeySchema=_key_schema("pk", "sk"),
        **({"GlobalSecondaryIndexes": secondary} if secondary else {}),
    )


def _key_schema(hash_key: str, range_key: str) -> list[dict[str, str]]:
    return [{"AttributeName": hash_key, "KeyType": "HASH"}, {"AttributeName": range_key, "KeyType": "RANGE"}]


@contextmanager
def account(room: str, *tables: str, **more: str) -> Iterator[Any]:
    """Inside: a fresh account with the room's table, the directory's, the content store, the platforms' and `tables`;
    the bus; a queue `bus-tap` that sees every event; the signing key; a KMS alias. Yields a boto3 session."""
    before = dict(os.environ)
    try:
        with mock_aws():
            os.environ.update(environment(room, **more))
            session = boto3.Session(region_name=REGION)
            dynamodb = session.client("dynamodb")
            for name in dict.fromkeys((room, "directory", "content", "platforms", *tables)):
                make_table(f"hub-{TENANT}-{name}", dynamodb)
            _bus_with_tap(session)
            _secrets_and_keys(session)
            yield session
    finally:
        os.environ.clear()
        os.environ.update(before)


def _secrets_and_keys(session: Any) -> None:
    session.client("ssm").put_parameter(Name=f"/hub/{TENANT}/auth", Value=AUTH_KEY, Type="SecureString")
    kms = session.client("kms")
    # moto makes an RSA key beside a symmetric one, which takes longer than all else here
    key = kms.create_key(KeySpec="ECC_NIST_P256")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=f"alias/hub-{TENANT}", TargetKeyId=key)


def _bus_with_tap(session: Any) -> None:
    events, sqs = session.client("events"), session.client("sqs")
    events.create_event_bus(Name=f"hub-{TENANT}")
    url = sqs.create_queue(QueueName="bus-tap")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="tap", EventBusName=f"hub-{TENANT}", EventPattern='{"source":["hub"]}', State="ENABLED")
    # moto's own envelope takes longer than all else that it does for an event
    told = {"InputPathsMap": {"detail": "$.detail"}, "InputTemplate": '{"detail": <detail>}'}
    target = {"Id": "tap", "Arn": arn, "InputTransformer": told}
    events.put_targets(Rule="tap", EventBusName=f"hub-{TENANT}", Targets=[target])
