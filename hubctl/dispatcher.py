"""Runs Lambda functions in place of the embedded AWS's own executor: a few lasting processes a bundle.

A call takes a free worker of its bundle or waits in line for one; it never starts a process of its own.
A stream's `forward` calls have a lane of their own, because the embedded AWS reads all streams in one thread:
one forward that waited for a long request would hold up every queue of the hub.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hubctl.clock.activity import Activity
from hubctl.worker_process import NOTHING, Answer, Call, Preparation, WorkerGoneError, WorkerProcess, failure

WAIT_SECONDS = 120.0  # in line for a worker; then the caller is told, as Lambda tells a throttled one
LOG_BYTES = 65_536
STARTS_MAX = 3  # workers tried for one call
CAPACITY = {"accept": 2, "outbound": 2, "tickets": 2}
FORWARD = "forward"


@dataclass(frozen=True)
class Function:
    """One Lambda function as deployed: hub-<tenant>-<bundle>-<entry>."""

    name: str
    bundle: str
    entry: str
    handler: str
    timeout_seconds: int
    env: Mapping[str, str]

    @property
    def lane(self) -> str:
        return FORWARD if self.entry == FORWARD else "main"


@dataclass(frozen=True)
class Outcome:
    """What became of a call: an answer, how long it ran and what it logged."""

    answer: Answer
    duration_ms: int
    log: str

    @property
    def failed(self) -> bool:
        return "error" in self.answer


Emit = Callable[[Call, Outcome], None]
Start = Callable[[str, int], WorkerProcess]  # bundle, slot → a process that has not begun yet


class Slot:
    """One place in a bundle for one worker, replaced when it died or the source moved on."""

    def __init__(self, start: Callable[[], WorkerProcess]) -> None:
        self._start = start
        self._lock = threading.Lock()
        self._worker: WorkerProcess | None = None
        self._generation = -1
        self._closed = False

    def worker(self, generation: int) -> WorkerProcess:
        """The worker of this generation. Raises WorkerGoneError once the slot is closed."""
        with self._lock:
            if self._closed:
                raise WorkerGoneError("the hub stops")
            if self._worker is None or not self._worker.alive or self._generation != generation:
                if self._worker is not None:
                    self._worker.retire()
                self._worker = self._start()
                self._generation = generation
            return self._worker

    @property
    def pid(self) -> int:
        """The worker's process, 0 while there is none."""
        return self._worker.pid if self._worker is not None and self._worker.alive else 0

    def close(self) -> None:
        """Ends the worker; no other takes its place."""
        with self._lock:
            self._closed = True
            if self._worker is not None:
                self._worker.kill()


class Bundle:
    """The workers of one bundle, and the line before them."""

    def __init__(self, start: Callable[[int], WorkerProcess], capacity: int) -> None:
        self.slots = [Slot(lambda number=number: start(number)) for number in range(capacity)]  # type: ignore[misc]
        self._free: dict[str, queue.LifoQueue[Slot]] = {"main": queue.LifoQueue(), FORWARD: queue.LifoQueue()}
        for slot in reversed(self.slots):  # the last one in is taken first: slot 0 stays warm
            self._free["main"].put(slot)
        self._free[FORWARD].put(self.slots[0])

    @contextmanager
    def taken(self, lane: str, wait_seconds: float) -> Iterator[Slot]:
        """A free slot of this lane. Raises queue.Empty when none comes free in time."""
        slot = self._free[lane].get(timeout=wait_seconds)
        try:
            yield slot
        finally:
            self._free[lane].put(slot)


class Dispatcher:
    """All bundles of a hub.

    environment: of every worker from its start on. preparations: by bundle, "" for those that have none of their
    own. emit: is told of each call, for the embedded AWS's log groups. activity: where calls count as work, from
    the moment they wait in line. carried: answers the business time that calls carry, on a stepped clock.
    on_start: is told of each call's bundle and function, as it begins.
    """

    def __init__(
        self,
        logs: Path,
        *,
        environment: Mapping[str, str] | None = None,
        preparations: Mapping[str, Preparation] | None = None,
        capacity: Mapping[str, int] = CAPACITY,
        emit: Emit = lambda _call, _outcome: None,
        wait_seconds: float = WAIT_SECONDS,
        activity: Activity | None = None,
        carried: Callable[[], datetime] | None = None,
        on_start: Callable[[str, str], None] = lambda _bundle, _function: None,
    ) -> None:
        self.functions: dict[str, Function] = {}
        self.generation = 0
        self._environment = dict(environment or {})
        self._preparations = preparations or {}
        self._logs = logs
        self._extra_env: Mapping[str, str] = {}
        self._capacity = capacity
        self._emit = emit
        self._wait_seconds = wait_seconds
        self._activity = activity or Activity()
        self._carried = carried
        self._on_start = on_start
        self._bundles: dict[str, Bundle] = {}
        self._prestarted: dict[str, WorkerProcess] = {}
        self._closed = False

    def prestart(self, bundles: Sequence[str]) -> None:
        """Starts a process a bundle, which prepares itself while the stack is still being deployed."""
        for bundle in bundles:
            self._prestarted[bundle] = self._process(bundle, 0)

    def register(self, functions: Sequence[Function], extra_env: Mapping[str, str]) -> None:
        """Makes the deployed functions callable. `extra_env` overrides what the template says."""
        self._extra_env = dict(extra_env)
        self.functions = {function.name: function for function in functions}
        for bundle in sorted({function.bundle for function in functions}):
            self._bundles[bundle] = Bundle(self._starter(bundle), self._capacity.get(bundle, 1))

    def warm(self) -> None:
        """Starts one worker a bundle, side by side, and waits until all have imported their rooms."""
        workers = [bundle.slots[0].worker(self.generation) for bundle in self._bundles.values()]
        for worker in workers:
            worker.wait_ready()

    def invoke(self, name: str, event: object) -> Outcome:
        """Calls a function by its name and waits for the answer; never raises."""
        with self._activity.during(name):
            return self._invoke(name, event)

    def _invoke(self, name: str, event: object) -> Outcome:
        function = self.functions.get(name)
        if function is None or self._closed:
            return Outcome(failure("ResourceNotFoundException", f"no function {name} runs here"), 0, "")
        self._on_start(function.bundle, name)
        business = self._carried() if self._carried else None
        call = Call(name, function.handler, event, function.timeout_seconds, function.lane, business)
        try:
            with self._bundles[function.bundle].taken(call.lane, self._wait_seconds) as slot:
                outcome = self._run(slot, call)
        except queue.Empty:
            outcome = Outcome(failure("TooManyRequestsException", f"no worker of {name} came free"), 0, "")
        self._emit(call, outcome)
        return outcome

    @property
    def pids(self) -> list[int]:
        """The processes that run now."""
        slots = [slot for bundle in self._bundles.values() for slot in bundle.slots]
        return [slot.pid for slot in slots if slot.pid]

    def replace_workers(self) -> None:
        """The source changed: each worker is replaced before its next call."""
        self.generation += 1

    def close(self) -> None:
        """Ends every worker. Calls under way are answered with an error."""
        self._closed = True
        for worker in self._prestarted.values():
            worker.kill()
        for bundle in self._bundles.values():
            for slot in bundle.slots:
                slot.close()

    def _run(self, slot: Slot, call: Call) -> Outcome:
        """A worker may be retired, or die, between being chosen and being called: then the next one gets the call."""
        for _ in range(STARTS_MAX):
            started = time.monotonic()
            try:
                worker = slot.worker(self.generation)
                position = worker.log_size()
                answer = worker.call(call)
            except WorkerGoneError:
                continue
            duration_ms = int((time.monotonic() - started) * 1000)
            return Outcome(answer, duration_ms, worker.log_since(position, LOG_BYTES))
        return Outcome(failure("Runtime.ExitError", f"no process of {call.function_name} stays up"), 0, "")

    def _process(self, bundle: str, number: int) -> WorkerProcess:
        log = self._logs / (f"{bundle}-{number + 1}.log" if number else f"{bundle}.log")
        preparation = self._preparations.get(bundle) or self._preparations.get("", NOTHING)
        return WorkerProcess(bundle, log, self._environment, preparation)

    def _starter(self, bundle: str) -> Callable[[int], WorkerProcess]:
        functions = [function for function in self.functions.values() if function.bundle == bundle]
        modules = sorted({function.handler.rsplit(".", 1)[0] for function in functions})
        env = {name: value for function in functions for name, value in function.env.items()}

        def start(number: int) -> WorkerProcess:
            waiting = self._prestarted.pop(bundle, None) if number == 0 else None
            worker = waiting or self._process(bundle, number)
            worker.begin(env | dict(self._extra_env) | {"AWS_LAMBDA_FUNCTION_NAME": bundle}, modules)
            return worker

        return start
