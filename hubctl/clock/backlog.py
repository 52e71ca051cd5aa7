"""What lies in the embedded AWS's queues and streams: work that nobody has taken yet, and messages that come later.

Read from its memory, as it runs in our process; only what an event source mapping feeds to a function counts, since
nobody else takes anything.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from types import ModuleType
from typing import Any

from hubctl.clock.stepped import Due, SteppedClock

CLOSE_SECONDS = 0.001  # moments that differ by less are one: floats of epoch seconds hold no microseconds exactly
OF_FUNCTIONS = ("_esm_inflight", "_esm_wake", "_iter_all_esms", "_dynamodb_stream_positions")
OF_QUEUES, OF_TABLES = ("_queue_by_arn", "_act_receive_message"), ("stream_end_position",)
"""The private names of the embedded AWS that are read here."""


class Backlog:
    """The queues and streams behind functions. `modules`: the embedded AWS's lambda_svc, sqs and dynamodb."""

    def __init__(self, clock: SteppedClock, functions: ModuleType, queues: ModuleType, tables: ModuleType) -> None:
        self._clock = clock
        self._functions, self._queues, self._tables = functions, queues, tables
        self._taking = threading.Lock()

    def taking(self, poll: Callable[[], bool]) -> Callable[[], bool]:
        """The embedded AWS's poll of its queues, so that no message is between its queue and its function while we
        look. It looks only when there is something to take."""

        def guarded() -> bool:
            with self._taking:
                return bool(self._visible()) and poll()

        return guarded

    def at_work(self) -> list[str]:
        """Names of the queues and streams from which something is to be taken, or of which something is in hand."""
        with self._taking:
            in_hand, waiting = list(self._functions._esm_inflight), self._visible()
        return [f"batch {mapping}" for mapping in in_hand] + waiting + list(self._unread())

    def due(self) -> list[Due]:
        """Of each queue the next message that is delayed, or that a function gave back for later."""
        items = []
        for number, (name, queue) in enumerate(self._consumed()):
            later = [m["visible_at"] for m in list(queue["messages"]) if not self._is_visible(m)]
            if later:
                at = datetime.fromtimestamp(min(later), UTC)
                items.append(Due(at, "message", number, name, partial(self._release, queue)))
        return items

    def _release(self, queue: dict[str, Any]) -> None:
        now = self._epoch()
        for message in list(queue["messages"]):
            if abs(message["visible_at"] - now) < CLOSE_SECONDS:
                message["visible_at"] = now
        self._functions._esm_wake.set()

    def _visible(self) -> list[str]:
        """The queues from which a function can take something now."""
        return [name for name, queue in self._consumed() if any(map(self._is_visible, list(queue["messages"])))]

    def _is_visible(self, message: dict[str, Any]) -> bool:
        return bool(message["visible_at"] <= self._epoch())

    def _epoch(self) -> float:
        return self._clock.business_now().timestamp()

    def _mappings(self, service: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Account, region and record of each enabled mapping of a service."""
        for account, region, mapping in self._functions._iter_all_esms():
            if mapping.get("Enabled", True) and mapping["EventSourceArn"].startswith(f"arn:aws:{service}:"):
                yield account, region, mapping

    def _consumed(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for _account, _region, mapping in self._mappings("sqs"):
            queue = self._queues._queue_by_arn(mapping["EventSourceArn"])
            if queue is not None:
                yield f"queue {queue['name']}", queue

    def _unread(self) -> Iterator[str]:
        """The streams whose reader is behind their end."""
        positions = self._functions._dynamodb_stream_positions
        for account, region, mapping in self._mappings("dynamodb"):
            table = mapping["EventSourceArn"].split("/stream/")[0].rpartition("/")[2]
            end = self._tables.stream_end_position(table, account_id=account, region=region)
            if positions.get_scoped(account, region, mapping["UUID"], 0) < end:
                yield f"stream of {table}"
