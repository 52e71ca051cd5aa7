"""Faults at the wire: between every botocore client of this process, PynamoDB's too, and the simulated AWS behind it.

One call of a delivery meets one fault; the SDK's own retries are off (AWS_MAX_ATTEMPTS=1), so a fault reaches the code
as it does after the last of them. Like DynamoDB, the wire knows a transaction's token again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError
from botocore.handlers import BUILTIN_HANDLERS
from moto.core.models import botocore_stubber

from tests.support.direct_aws import over_the_wire

CRASH_BEFORE, CRASH_AFTER = "crash before", "crash after the commit"
THROTTLE, REFUSAL, SILENCE = "throttle", "refusal after the commit", "an answer that never came"
ASKED_TWICE = "an answer that never came, and the SDK asks again"
KINDS = (CRASH_BEFORE, CRASH_AFTER, THROTTLE, REFUSAL, SILENCE, ASKED_TWICE)
TOKEN = "ClientRequestToken"


class Crash(BaseException):
    """The process is gone: nothing after runs."""


class Body(BytesIO):
    """What a response reads its body from."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        while contents := self.read():
            yield contents


@dataclass
class Wire:
    """calls: the operations since it was armed. at, kind: which of them meets what. between: called before that one
    instead, to let somebody else go first."""

    on: bool = False
    calls: list[str] = field(default_factory=list)
    at: int = -1
    kind: str = ""
    between: Callable[[], None] | None = None
    _done: dict[str, Any] = field(default_factory=dict)

    def __call__(self, request: Any, **_: Any) -> Any:
        if not self.on:
            return botocore_stubber("before-send", request)
        self.calls.append(_operation(request))
        if len(self.calls) - 1 != self.at:
            return self._pass(request)
        return self._fault(request)

    def _fault(self, request: Any) -> Any:
        if self.between is not None:
            self.between()
            return self._pass(request)
        if self.kind == CRASH_BEFORE:
            raise Crash
        if self.kind == THROTTLE:
            return _refused(request, 400, "ThrottlingException")
        response = self._pass(request)
        if self.kind == CRASH_AFTER:
            raise Crash
        if self.kind == ASKED_TWICE:
            return self._pass(request)
        if self.kind == SILENCE:
            raise ReadTimeoutError(endpoint_url=request.url)
        return _refused(request, 500, "InternalServerError") or response

    def _pass(self, request: Any) -> Any:
        """To the simulated AWS; a transaction whose token was seen is answered, and not done again."""
        token = _token(request)
        if token in self._done:
            status, headers, body = self._done[token]
            return AWSResponse(request.url, status, headers, Body(body))
        if hasattr(request.body, "seek"):  # a file that is sent twice is read twice
            request.body.seek(0)
        response = botocore_stubber("before-send", request)
        if token and response is not None and response.status_code == 200:
            body = response.content
            self._done[token] = (200, dict(response.headers), body)
            return AWSResponse(request.url, 200, dict(response.headers), Body(body))
        return response


WIRE = Wire()
BUILTIN_HANDLERS[BUILTIN_HANDLERS.index(("before-send", botocore_stubber))] = ("before-send", WIRE)
"""In moto's place: botocore asks each of its handlers, so moto's own beside it would do what was refused."""


@contextmanager
def faulty(at: int = -1, kind: str = "", between: Callable[[], None] | None = None) -> Iterator[Wire]:
    """Inside, the call number `at` meets a fault of this kind; none for -1. Counts from 0."""
    WIRE.on, WIRE.calls, WIRE.at, WIRE.kind, WIRE.between = True, [], at, kind, between
    try:
        with over_the_wire():
            yield WIRE
    finally:
        WIRE.on = False


@contextmanager
def aside() -> Iterator[None]:
    """Inside, calls are a test's own: they are not counted and meet nothing."""
    before, WIRE.on = WIRE.on, False
    try:
        yield
    finally:
        WIRE.on = before


def _operation(request: Any) -> str:
    target = request.headers.get("X-Amz-Target", b"")
    text = target.decode() if isinstance(target, bytes) else str(target)
    return text.rpartition(".")[2] or request.method


def _token(request: Any) -> str:
    if not _operation(request).startswith("TransactWrite"):
        return ""
    return str(json.loads(request.body).get(TOKEN, ""))


def _refused(request: Any, status: int, code: str) -> AWSResponse:
    body = json.dumps({"__type": f"com.amazonaws#{code}", "message": code}).encode()
    return AWSResponse(request.url, status, {"content-type": "application/x-amz-json-1.0"}, Body(body))
