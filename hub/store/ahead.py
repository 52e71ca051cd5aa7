"""Reading ahead (预读): what each message of a batch will read, read by one call before the first of them.

An item that was read ahead is handed out once, and only for a few seconds: whoever reads it again, has written it, or
comes later asks the table. So a message of a batch sees what there was when the batch began, as if it had been alone a
moment earlier; the conditions of what it writes hold as ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from typing import Any, TypeVar, cast

from hub.store.writes import Key

AHEAD_SECONDS = 5.0
"""So old may be what a message decides on; a batch may take minutes."""
Kept = Mapping[str, Any] | None
Value = TypeVar("Value")


class Ahead:
    """What one batch has read ahead. now: real time in seconds, of any origin."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._found: dict[tuple[str, Key], tuple[Kept, float]] = {}
        self._once: dict[str, tuple[Any, float]] = {}

    def keep(self, table: str, items: Mapping[Key, Kept]) -> None:
        """Have these items of a table at hand; None: there is none."""
        self._found |= {(table, key): (item, self._now()) for key, item in items.items()}

    def take(self, table: str, key: Key) -> tuple[bool, Kept]:
        """Whether it was read ahead and not handed out yet, and what was there."""
        item, read_at = self._found.pop((table, key), (None, -inf))
        return self._now() - read_at < AHEAD_SECONDS, item

    def forget(self, table: str, keys: Iterable[Key]) -> None:
        """These are another now."""
        for key in keys:
            self._found.pop((table, key), None)

    def once(self, name: str, read: Callable[[], Value]) -> Value:
        """What is read, at most every few seconds."""
        value = self._once.get(name)
        if value is None or self._now() - value[1] >= AHEAD_SECONDS:
            value = self._once[name] = (read(), self._now())
        return cast("Value", value[0])


_AHEAD: ContextVar[Ahead | None] = ContextVar("ahead", default=None)


@contextmanager
def reading_ahead(ahead: Ahead | None = None) -> Iterator[Ahead]:
    """Inside, in this thread, tables have at hand what they were told to read ahead."""
    made = ahead or Ahead()
    token = _AHEAD.set(made)
    try:
        yield made
    finally:
        _AHEAD.reset(token)


def ahead_now() -> Ahead | None:
    """What the batch at hand has read ahead; None outside of one."""
    return _AHEAD.get()


def read_once(name: str, read: Callable[[], Value]) -> Value:
    """What a list that is behind anyway holds: within a batch it is read once, at most every few seconds."""
    ahead = ahead_now()
    return read() if ahead is None else ahead.once(name, read)
