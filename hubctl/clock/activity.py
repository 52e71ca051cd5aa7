"""What is at work in the hub: counted where it begins and where it ends, so that "nothing" is known, not guessed."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Activity:
    """Calls, requests and machines' steps in flight, by name.

    on_idle: called whenever nothing is counted any more. epoch: rises with each beginning and each end: who finds
    nothing at work at the same epoch before and after looking elsewhere knows that nothing was at work in between.
    """

    def __init__(self) -> None:
        self.epoch = 0
        self.on_idle: Callable[[], None] = lambda: None
        self._running: Counter[str] = Counter()
        self._changed = threading.Condition()

    def begin(self, name: str) -> None:
        with self._changed:
            self.epoch += 1
            self._running[name] += 1

    def end(self, name: str) -> None:
        with self._changed:
            self.epoch += 1
            self._running[name] -= 1
            if not self._running[name]:
                del self._running[name]
            if not self._running:
                self._changed.notify_all()
                self.on_idle()

    @contextmanager
    def during(self, name: str) -> Iterator[None]:
        """At work while the block runs."""
        self.begin(name)
        try:
            yield
        finally:
            self.end(name)

    def running(self) -> tuple[int, list[str]]:
        """The epoch, and what is at work in it."""
        with self._changed:
            return self.epoch, sorted(self._running)

    def await_idle(self, seconds: float) -> None:
        """Until nothing is counted, or so many real seconds have passed."""
        with self._changed:
            if self._running:
                self._changed.wait(seconds)
