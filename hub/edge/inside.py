"""An operation asked for from inside the hub (a job, a batch), for somebody: what is asked, and what was answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from hub.edge.tracing import REQUEST_ID
from hub.kernel.dataclass import dataclass


@dataclass(frozen=True)
class Sent:
    """A request as Chalice would have read it."""

    context: Mapping[str, Any]
    headers: Mapping[str, str]
    uri_params: Mapping[str, str]
    query_params: Mapping[str, str]
    raw_body: bytes


@dataclass(frozen=True)
class Call:
    """One operation: a path with its ids filled in. body: JSON, None for none."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None

    def sent(self, parameters: Mapping[str, str], headers: Mapping[str, str]) -> Sent:
        """As a request with these path parameters and headers."""
        raw = b"" if self.body is None else json.dumps(self.body, ensure_ascii=False).encode()
        return Sent({"requestId": REQUEST_ID.get()}, headers, parameters, self.query, raw)


@dataclass(frozen=True)
class Answered:
    """status, and the JSON that was answered (None for none)."""

    status: int
    body: Any
    headers: Mapping[str, Any]

    @classmethod
    def of(cls, response: Any) -> Answered:
        """From Chalice's response."""
        return cls(response.status_code, json.loads(response.body) if response.body else None, response.headers)

    @property
    def good(self) -> bool:
        return self.status < 400
