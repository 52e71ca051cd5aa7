"""Speak to a room as API Gateway's HTTP API does, and read what it put on the bus."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from hub.edge.auth import Principal, issue
from hub.edge.bus import events_of
from tests.support.aws import AUTH_KEY, TENANT


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Context:
    """What Lambda passes beside the event."""

    aws_request_id = "req-test"
    function_name = "test"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:test"

    def __init__(self, left_seconds: int = 60) -> None:
        self.left_seconds = left_seconds

    def get_remaining_time_in_millis(self) -> int:
        return self.left_seconds * 1000


def token(*roles: str, sub: str = "boss", **rights: Any) -> str:
    """A token of the test stack. rights: region, stores, teams, level of the principal."""
    principal = Principal(sub=sub, roles=roles or ("administrator",), tenant=TENANT, **rights)
    return issue(AUTH_KEY, principal, datetime.now(UTC))


def http_event(method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> dict[str, Any]:
    """An HTTP API event, payload 2.0. `path` may carry a query."""
    bare, _, query = path.partition("?")
    return {
        "version": "2.0",
        "rawPath": bare,
        "rawQueryString": query,
        "headers": {name.lower(): value for name, value in (headers or {}).items()},
        "requestContext": {
            "stage": "$default",
            "requestId": "req-test",
            "http": {"method": method, "path": bare, "sourceIp": "127.0.0.1"},
        },
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def call(
    room: Any,
    method: str,
    path: str,
    body: Any = None,
    *,
    as_: str | None = None,
    key: str = "",
    query: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """One request. `as_`: a bearer token (default: an administrator's; "" for none). `key`: an Idempotency-Key."""
    credential = token() if as_ is None else as_
    sent = {"content-type": "application/json", **(headers or {})}
    if credential:
        sent["authorization"] = f"Bearer {credential}"
    if key:
        sent["idempotency-key"] = key
    raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
    got = room(http_event(method, path + ("?" + urlencode(query) if query else ""), raw, sent), Context())
    text = got.get("body", "")
    if got.get("isBase64Encoded"):
        text = base64.b64decode(text).decode()
    headers_back = {name.lower(): value for name, value in (got.get("headers") or {}).items()}
    return Answer(got["statusCode"], headers_back, text)


def sqs_batch(*bodies: Any) -> dict[str, Any]:
    """A batch as Lambda gets it from SQS."""
    return {
        "Records": [
            {"messageId": f"m{i}", "body": json.dumps(body), "eventSource": "aws:sqs", "receiptHandle": "r",
             "attributes": {"ApproximateReceiveCount": "1"}}
            for i, body in enumerate(bodies)
        ]
    }  # fmt: skip


def bus_batch(*events: Any) -> dict[str, Any]:
    """A batch of contract events as the room's queue of events delivers them."""
    return sqs_batch(
        *({"detail-type": e.type, "source": "hub", "detail": json.loads(e.model_dump_json())} for e in events)
    )


def bus_events(source: Any) -> list[dict[str, Any]]:
    """The contract events put on the bus since the last call. source: a session, or its SQS client: making one takes
    longer than reading."""
    sqs = source.client("sqs") if hasattr(source, "client") else source
    url = sqs.get_queue_url(QueueName="bus-tap")["QueueUrl"]
    return [dict(event) for message in drain(sqs, url) for event in events_of(message["detail"])]


def is_carried(body: Any) -> bool:
    """Whether a message is for another consumer of its room than the queue's own."""
    return isinstance(body, dict) and body.keys() == {"for", "body"}


def drain(sqs: Any, url: str) -> Iterator[Any]:
    """Take every message off a queue, ten at a time: their bodies."""
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        yield from (json.loads(message["Body"]) for message in messages)
        done = [{"Id": str(nth), "ReceiptHandle": one["ReceiptHandle"]} for nth, one in enumerate(messages)]
        sqs.delete_message_batch(QueueUrl=url, Entries=done)
        if len(messages) < 10:
            return
