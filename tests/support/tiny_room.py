"""A room of a few handlers, run by the local hub's workers: just enough to see what the machinery does to calls."""

from __future__ import annotations

import base64
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import boto3

from hub.kernel.clock import Clock, clock_from, rfc3339


class TinyRefused(Exception):
    """Caught by its name in the state machine."""


@cache
def _client(service: str) -> Any:
    return boto3.client(service)


def http(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Echoes what came; some paths misbehave on purpose."""
    path = event["rawPath"]
    if path.startswith("/tiny/sleep/"):
        time.sleep(float(path.rsplit("/", 1)[1]))
    if path == "/tiny/raise":
        raise TinyRefused("as asked")
    if path == "/tiny/put":
        body = json.loads(event["body"])
        _put(body.pop("pk"), {"by": "http", **body})
    body = event.get("body") or ""
    raw = base64.b64decode(body) if event["isBase64Encoded"] else body.encode()
    seen = {
        "route": event["routeKey"],
        "path_parameters": event.get("pathParameters"),
        "query": event.get("queryStringParameters"),
        "raw_query": event["rawQueryString"],
        "headers": event["headers"],
        "body_hex": raw[:64].hex(),
        "body_bytes": len(raw),
        "function": context.function_name,
        "pid": os.getpid(),
        "now": rfc3339(_clock().business_now()),
        "aws_variables": sorted(name for name in os.environ if name.startswith("AWS_")),
    }
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(seen)}


def moment(_event: dict[str, Any], _context: Any) -> list[str]:
    """The business time that the call carries, here and in a thread of its own."""
    with ThreadPoolExecutor(1) as threads:
        return [rfc3339(_clock().business_now()), threads.submit(lambda: rfc3339(_clock().business_now())).result()]


def chatter(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Prints what would break a careless protocol, then answers its process."""
    sys.stdout.write('{"id": 1, "ok": "forged"}\n')
    sys.stdout.flush()
    return {"pid": os.getpid(), "said": event}


def nap(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Sleeps as long as it is told."""
    time.sleep(event["seconds"])
    return {"pid": os.getpid(), "left_ms": context.get_remaining_time_in_millis()}


def die(_event: dict[str, Any], _context: Any) -> None:
    """Takes its process with it, as a crash in a C library would."""
    os._exit(3)


def leave(_event: dict[str, Any], _context: Any) -> None:
    """Tries to end its process politely."""
    raise SystemExit(3)


def unserialisable(_event: dict[str, Any], _context: Any) -> object:
    """Answers what is no JSON."""
    return object()


def refuse(_event: dict[str, Any], _context: Any) -> None:
    """Fails with an error of its own."""
    raise TinyRefused("as asked")


def forward(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """The table's stream → queue."""
    for record in event["Records"]:
        key = record["dynamodb"]["Keys"]["pk"]["S"]
        body = json.dumps({"pk": key})
        _client("sqs").send_message(QueueUrl=os.environ["HUB_CHANGES_QUEUE_URL"], MessageBody=body)
    return {}


def changes(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Marks each changed item once; one called later#… is given back to the queue the first time."""
    for record in event["Records"]:
        key, attempt = json.loads(record["body"])["pk"], record["attributes"]["ApproximateReceiveCount"]
        if key.startswith("later#") and attempt == "1":
            return {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}
        if not key.startswith("seen#"):
            _put(f"seen#{key}", {"by": "changes", "now": rfc3339(_clock().business_now())})
    return {"batchItemFailures": []}


def steps(payload: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Fails by name, or keeps a task token."""
    if payload.get("fail"):
        raise TinyRefused("as asked")
    if "token" in payload:
        _put(payload["key"], {"token": payload["token"]})
    return {"now": rfc3339(_clock().business_now())}


def tick(event: dict[str, Any], _context: Any) -> dict[str, str] | None:
    """Keeps the time that the schedule says; rests until the moment in the item `rest`, if there is one."""
    _put("tick#" + event["time"], {"now": rfc3339(_clock().business_now())})
    rest = _client("dynamodb").get_item(TableName=os.environ["HUB_TABLE"], Key={"pk": {"S": "rest"}}).get("Item")
    return {"rests_until": rest["until"]["S"]} if rest else None


def _put(key: str, facts: dict[str, str]) -> None:
    item = {"pk": {"S": key}, **{name: {"S": value} for name, value in facts.items()}}
    _client("dynamodb").put_item(TableName=os.environ["HUB_TABLE"], Item=item)


def _clock() -> Clock:
    return clock_from(os.environ["HUB_CLOCK_SCALE"], os.environ["HUB_CLOCK_ORIGIN"])
