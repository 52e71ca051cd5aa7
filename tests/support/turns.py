"""DynamoDB's calls one after another. DynamoDB does what a call says as one step; moto takes several, and undoes a
refused transaction by putting whole tables back, what other threads wrote meanwhile included."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from threading import RLock
from typing import Any

_TURN = RLock()


class OneAtATime:
    """A DynamoDB client that several threads may use at once, on moto too."""

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._dynamodb, name)
        return _in_turn(value) if name in self._dynamodb.meta.method_to_api_mapping else value


def clients_of(session: Any) -> Callable[[str], Any]:
    """What makes the clients of a session, that of DynamoDB one whose calls go one after another."""

    def make(service: str) -> Any:
        client = session.client(service)
        return OneAtATime(client) if service == "dynamodb" else client

    return make


def _in_turn(call: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(call)
    def called(**request: Any) -> Any:
        with _TURN:
            return call(**request)

    return called
