"""botocore's calls to the simulated DynamoDB and SQS go to moto's code directly: no HTTP request is made, signed,
matched and read again, which is most of what a call takes. What moto refuses goes the long way, for the error as it is
told, but for conditions that do not hold: those are every day's.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any

from botocore import xform_name
from botocore.handlers import BUILTIN_HANDLERS, REGISTER_LAST
from moto.core.models import DEFAULT_ACCOUNT_ID, botocore_stubber
from moto.dynamodb.exceptions import ConditionalCheckFailed
from moto.dynamodb.responses import DynamoHandler
from moto.sqs.responses import SQSResponse

ITEMS = {"GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}
MESSAGES = {"GetQueueUrl", "SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch"}
HANDLERS: dict[str, tuple[type[Any], set[str]]] = {"dynamodb": (DynamoHandler, ITEMS), "sqs": (SQSResponse, MESSAGES)}
"""By service: what answers in moto, and the operations that are every test's."""


@dataclass
class Direct:
    """on: whether calls take the direct way; see `over_the_wire`."""

    on: bool = True

    def __call__(self, model: Any, params: Mapping[str, Any], request_signer: Any, **_: Any) -> Any:
        """What botocore takes for the answer, or None: the call goes on as usual."""
        answering, operations = HANDLERS[model.service_model.service_name]
        if not (self.on and model.name in operations and botocore_stubber.enabled):
            return None
        handler = answering()
        handler.current_account, handler.region = DEFAULT_ACCOUNT_ID, request_signer._region_name
        handler.uri, handler.uri_match = params["url"], {}
        handler.body = handler.params = json.loads(params["body"], object_hook=_bytes)
        with suppress(Exception):  # moto raises what it refuses before it changes anything
            try:
                return _answer(model, getattr(handler, xform_name(model.name))().result)
            except ConditionalCheckFailed as error:
                return _refusal(json.loads(error.description, object_hook=_bytes))
        return None


def _bytes(value: dict[str, Any]) -> dict[str, Any]:
    """Of what came off the wire, binary values as bytes."""
    for name, contents in value.items():
        if name == "B" and isinstance(contents, str):
            return {"B": base64.b64decode(contents)}
        if name == "BS" and isinstance(contents, list):
            return {"BS": [base64.b64decode(item) for item in contents]}
    return value


def _answer(model: Any, result: Mapping[str, Any]) -> Any:
    members = model.output_shape.members
    parsed = {name: value for name, value in result.items() if name in members and value is not None}
    return _response(200, parsed)


def _refusal(body: Mapping[str, Any]) -> Any:
    """Of a condition that does not hold; with the item, where the call wants it."""
    error = {"Code": "ConditionalCheckFailedException", "Message": body["message"]}
    return _response(400, {"Error": error, **({"Item": body["Item"]} if "Item" in body else {})})


def _response(status: int, parsed: Mapping[str, Any]) -> Any:
    metadata = {"RequestId": "direct", "HTTPStatusCode": status, "HTTPHeaders": {}, "RetryAttempts": 0}
    return SimpleNamespace(status_code=status, headers={}), {**parsed, "ResponseMetadata": metadata}


DIRECT = Direct()


@contextmanager
def over_the_wire() -> Iterator[None]:
    """Inside, calls take the long way, for whoever watches or breaks the wire."""
    before, DIRECT.on = DIRECT.on, False
    try:
        yield
    finally:
        DIRECT.on = before


@cache
def call_directly() -> None:
    """From now on, in every client that is made."""
    BUILTIN_HANDLERS.extend((f"before-call.{service}", DIRECT, REGISTER_LAST) for service in HANDLERS)
