"""How the embedded AWS keeps the hub's time: real or scaled waits, or a stepped clock's register of due things."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import ModuleType
from typing import Any, Protocol

from hub.kernel.clock import Clock
from hubctl.clock.activity import Activity
from hubctl.clock.backlog import OF_FUNCTIONS, OF_QUEUES, OF_TABLES, Backlog
from hubctl.clock.machine_waits import MachineWaits
from hubctl.clock.stepped import Due, SteppedClock

STREAM_SECONDS = 0.25
"""How often streams are read while something is at work; Lambda reads each four times a second."""


class Embedded(Protocol):
    """The embedded AWS, while it starts."""

    def module(self, name: str) -> ModuleType:
        """From "services.sqs" to the module."""

    def require(self, module: ModuleType, *names: str) -> None:
        """Raises when the module lacks one: it is another version than the one we know."""

    def replace(self, module: ModuleType, name: str, value: Any) -> None:
        """`value` stands in the name's place until the host stops. Raises when the module has no such name."""


class Pace(Protocol):
    """Makes the embedded AWS follow a clock."""

    def install(self, aws: Embedded) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class ScaledPace:
    """Waits last their business time divided by `scale`. clock: answers the hub's clock, once it runs. activity: what
    is at work, so that streams are read as often as AWS does, not after each write."""

    clock: Callable[[], Clock]
    scale: int = 1
    activity: Activity = field(default_factory=Activity)

    def install(self, aws: Embedded) -> None:
        steps = aws.module("services.stepfunctions")
        aws.replace(steps, "_SFN_WAIT_SCALE", 1 / self.scale)
        aws.replace(steps, "_sleep_until", lambda moment: sleep_until(moment, self.clock(), self.scale))
        functions = aws.module("services.lambda_svc")
        aws.require(functions, "_esm_wake")
        aws.replace(functions, "_poll_dynamodb_streams", Unhasty(self.activity, functions._poll_dynamodb_streams))
        self.activity.on_idle = functions._esm_wake.set

    def close(self) -> None:
        """Nothing waits for us."""


class SteppedPace:
    """Machines lie on a register, queues tell business time, and what lies in queues and streams can be seen."""

    def __init__(self, clock: SteppedClock, activity: Activity) -> None:
        self._clock = clock
        self._activity = activity
        self.waits = MachineWaits(clock, activity)
        self._backlog: Backlog | None = None

    def install(self, aws: Embedded) -> None:
        self._hold_machines(aws, aws.module("services.stepfunctions"))
        functions, queues = aws.module("services.lambda_svc"), aws.module("services.sqs")
        tables = aws.module("services.dynamodb")
        for module, names in ((functions, OF_FUNCTIONS), (queues, OF_QUEUES), (tables, OF_TABLES)):
            aws.require(module, *names)
        self._backlog = Backlog(self._clock, functions, queues, tables)
        aws.replace(functions, "_poll_sqs", self._backlog.taking(functions._poll_sqs))
        aws.replace(functions, "_poll_dynamodb_streams", Unhasty(self._activity, functions._poll_dynamodb_streams))
        aws.replace(functions, "_ESM_IDLE_WAKE_GAP_SECONDS", 0)
        self._activity.on_idle = functions._esm_wake.set
        aws.replace(queues, "time", BusinessTime(self._clock))
        aws.replace(aws.module("services.eventbridge"), "time", BusinessTime(self._clock))
        aws.replace(queues, "_HANDLERS", queues._HANDLERS | {"ReceiveMessage": _at_once(queues._act_receive_message)})

    def at_work(self) -> list[str]:
        """What lies in queues and streams for a function to take."""
        return self._backlog.at_work() if self._backlog else []

    def due(self) -> list[Due]:
        """What machines wait for, and the messages that come later."""
        return self.waits.due() + (self._backlog.due() if self._backlog else [])

    def close(self) -> None:
        self.waits.close()

    def _hold_machines(self, aws: Embedded, steps: ModuleType) -> None:
        """A task that calls a function has no time-out of its own here: business time stands while the call lasts, and
        the function has its own in real time."""
        aws.require(steps, "_invoke_resource")
        invoke = steps._invoke_resource
        aws.replace(steps, "threading", self.waits.threads)
        aws.replace(steps, "time", Unhurried())
        aws.replace(steps, "_scaled_sleep", self.waits.sleep)
        aws.replace(steps, "_sleep_until", self.waits.sleep_until)
        aws.replace(steps, "_invoke_resource_with_timeout", lambda name, payload, _seconds: invoke(name, payload))


class Unhasty:
    """Reads streams once nothing is at work, or four times a second: what a call writes is one batch, not many."""

    def __init__(self, activity: Activity, poll: Callable[[], bool]) -> None:
        self._activity, self._poll = activity, poll
        self._polled_at = 0.0

    def __call__(self) -> bool:
        if self._activity.running()[1] and time.monotonic() - self._polled_at < STREAM_SECONDS:
            return False
        self._polled_at = time.monotonic()
        return self._poll()


class BusinessTime:
    """Stands in for the module `time`: `time()` is business time in epoch seconds, all else is as it was."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def time(self) -> float:
        return self._clock.business_now().timestamp()

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


class Unhurried:
    """Stands in for `time` where executions begin: the embedded AWS pauses 0.15 s before each."""

    def sleep(self, _seconds: float) -> None: ...

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


def _at_once(receive: Callable[[dict[str, Any], str], Any]) -> Callable[[dict[str, Any], str], Any]:
    """ReceiveMessage without its long poll, which would last until business time is moved."""
    return lambda data, url: receive(data | {"WaitTimeSeconds": 0}, url)


def sleep_until(moment: str, clock: Clock, scale: int) -> None:
    """A Wait until a timestamp of business time: a scaled hub waits the scaled rest."""
    due = datetime.fromisoformat(moment).astimezone(UTC)
    time.sleep(max(0.0, (due - clock.business_now()).total_seconds() / scale))
