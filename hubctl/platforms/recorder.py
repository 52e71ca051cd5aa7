"""What the doubles remember of the hub's calls, and how they were told to misbehave."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

CALLS_MAX = 10_000

Fault = Literal["expire_token", "timeout", "500", "throttle"]


@dataclass(frozen=True)
class Reply:
    """What a double answers, JSON unless it is a text. Platforms answer 200 even to a refusal: the body tells."""

    body: dict[str, Any] | list[Any] | str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PlatformCall:
    """One call of the hub, as it came. path: below the channel, e.g. /cgi-bin/message/send. text: the raw body;
    body: the JSON or the form in it, {} where it is neither. headers: names in lower case."""

    channel: str
    path: str
    query: dict[str, str]
    text: str
    body: dict[str, Any]
    method: str = "POST"
    headers: dict[str, str] = field(default_factory=dict)


class FaultOrder(BaseModel):
    """Misbehave: after `after` calls of `channel` whose path ends with `path`, the next `times` meet this fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channel: str
    path: str = ""
    times: int = Field(default=1, ge=1, le=1000)
    after: int = Field(default=0, ge=0, le=1000)
    kind: Fault


@dataclass
class Recorder:
    """Thread-safe: the doubles, the demo and the tests all use it."""

    calls: list[dict[str, Any]] = field(default_factory=list)
    _orders: list[tuple[FaultOrder, int, int]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def record(self, call: PlatformCall, reply: Reply) -> None:
        """Keeps a call and its answer; beyond CALLS_MAX the oldest is forgotten."""
        entry = {
            "channel": call.channel,
            "path": call.path,
            "at": datetime.now(UTC).isoformat(),
            "query": {name: value for name, value in call.query.items() if "token" not in name and "sign" not in name},
            "body": call.body,
            "answer": reply.body,
        }
        with self._lock:
            self.calls = [*self.calls[-CALLS_MAX + 1 :], entry]

    def recorded(self, channel: str = "") -> list[dict[str, Any]]:
        """The calls of one channel, or of all, in the order they came."""
        with self._lock:
            return [call for call in self.calls if channel in ("", call["channel"])]

    def order(self, fault: FaultOrder) -> None:
        with self._lock:
            self._orders.append((fault, fault.after, fault.times))

    def fault_of(self, call: PlatformCall) -> Fault | None:
        """The fault that this call meets, counted off its order."""
        with self._lock:
            for index, (fault, spared, left) in enumerate(self._orders):
                if fault.channel != call.channel or not call.path.endswith(fault.path):
                    continue
                if spared:
                    self._orders[index] = (fault, spared - 1, left)
                    return None
                self._orders[index : index + 1] = [(fault, 0, left - 1)] if left > 1 else []
                return fault.kind
        return None
