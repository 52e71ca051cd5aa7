"""How the embedded Step Functions wait on a stepped clock: their threads lie in a register until their moment comes.

The embedded AWS runs each execution, and each branch of one, in a thread. A thread is at work unless it lies here or
waits for its branches. Whoever wakes a thread counts it in before it runs, so there is no instant in which work that
goes on is seen as none.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

from hubctl.clock.activity import Activity
from hubctl.clock.stepped import Due, Kind, SteppedClock

MACHINES = "steps of state machines"
LONGEST = timedelta(days=3650)


class HubStopped(BaseException):
    """Ends a thread that waits when the hub stops; no error, so that no machine catches it."""


@dataclass
class Wait:
    """One thread that lies here until it is woken. counted: whether it is at work when it runs."""

    at: datetime
    kind: Kind
    number: int
    name: str
    counted: bool
    woken: threading.Event = field(default_factory=threading.Event)


class MachineWaits:
    """The register of waiting threads. `threads` stands in for `threading` in the embedded AWS's module."""

    def __init__(self, clock: SteppedClock, activity: Activity) -> None:
        self.activity = activity
        self.lock = threading.RLock()
        self.threads = SimpleNamespace(
            Thread=partial(MachineThread, self), Event=partial(Signal, self), Lock=threading.Lock
        )
        self._clock = clock
        self._waits: dict[int, Wait] = {}
        self._numbers = itertools.count(1)
        self._closed = False

    def sleep(self, seconds: float) -> None:
        """A Wait state, or the pause before a retry."""
        if seconds > 0:
            self.lie(self.enter(seconds, "wait"))

    def sleep_until(self, moment: str) -> None:
        """A Wait state until an RFC 3339 timestamp of business time."""
        at = datetime.fromisoformat(moment).astimezone(UTC)
        self.sleep((at - self._clock.business_now()).total_seconds())

    def enter(self, seconds: float, kind: Kind) -> Wait:
        """Puts the present thread on the register: from now it is not at work, and must `lie` down."""
        thread = threading.current_thread()
        with self.lock:
            at = self._clock.business_now() + min(timedelta(seconds=seconds), LONGEST)
            wait = Wait(at, kind, next(self._numbers), thread.name, isinstance(thread, MachineThread))
            self._waits[wait.number] = wait
            self._count(wait, self.activity.end)
        return wait

    def lie(self, wait: Wait) -> None:
        """Until the wait is woken. Ends the thread when the hub stops."""
        if self._closed:
            self.wake(wait)
        wait.woken.wait()
        if self._closed:
            raise HubStopped

    def wake(self, wait: Wait) -> None:
        """Lets its thread run on, at work from now; nothing when it runs already."""
        with self.lock:
            if self._waits.pop(wait.number, None) is not None:
                self._count(wait, self.activity.begin)
                wait.woken.set()

    def due(self) -> list[Due]:
        """What the threads here wait for."""
        with self.lock:
            waits = list(self._waits.values())
        return [Due(wait.at, wait.kind, wait.number, wait.name, partial(self.wake, wait)) for wait in waits]

    def close(self) -> None:
        """Ends every thread that waits here, and each that would."""
        with self.lock:
            self._closed = True
            for wait in list(self._waits.values()):
                self.wake(wait)

    def _count(self, wait: Wait, change: Callable[[str], None]) -> None:
        if wait.counted:
            change(MACHINES)


class MachineThread(threading.Thread):
    """A thread of an execution: at work from its start, except while it lies on the register or waits for a branch.

    It is named by its execution, which is its target's first text argument, or by the thread that started it.
    """

    def __init__(self, waits: MachineWaits, target: Callable[..., Any], args: tuple[Any, ...], daemon: bool) -> None:
        texts = [arg.partition(":execution:")[2] for arg in args if isinstance(arg, str)]
        super().__init__(target=target, args=args, daemon=daemon, name=(texts or [threading.current_thread().name])[0])
        self._waits = waits
        self._over = False
        self._awaited = False

    def start(self) -> None:
        self._waits.activity.begin(MACHINES)
        super().start()

    def run(self) -> None:
        try:
            super().run()
        except HubStopped:
            return
        finally:
            with self._waits.lock:
                self._over = True
                if not self._awaited:  # else who waits for it is at work in its place
                    self._waits.activity.end(MACHINES)

    def join(self, timeout: float | None = None) -> None:
        """Waits for a branch; meanwhile the thread that waits is not at work."""
        with self._waits.lock:
            if not self._over and isinstance(threading.current_thread(), MachineThread):
                self._awaited = True
                self._waits.activity.end(MACHINES)
        super().join(timeout)


class Signal:
    """Stands in for threading.Event: what a task waits for until its token is answered, or its time is over."""

    def __init__(self, waits: MachineWaits) -> None:
        self._waits = waits
        self._set = False
        self._wait: Wait | None = None

    def set(self) -> None:
        with self._waits.lock:
            self._set = True
            if self._wait is not None:
                self._waits.wake(self._wait)

    def wait(self, timeout: float) -> bool:
        """Whether it was set within `timeout` seconds of business time."""
        with self._waits.lock:
            if self._set:
                return True
            self._wait = self._waits.enter(timeout, "timeout")
        self._waits.lie(self._wait)
        return self._set
