"""The parent's side of one worker: starts it, sends calls down its pipe, kills it when a call overruns."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from hubctl.state import ROOT

BOOT_SECONDS = 60.0
EXIT_SECONDS = 2.0
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "VIRTUAL_ENV")

Answer = dict[str, Any]


@dataclass(frozen=True)
class Preparation:
    """What a worker does before it knows its room: libraries to import, AWS services to make clients of."""

    libraries: tuple[str, ...] = ()
    services: tuple[str, ...] = ()


NOTHING = Preparation()


@dataclass(frozen=True)
class Call:
    """One invocation. `lane`: calls of one lane run one after another in a worker. business: the time at which it
    happens, where calls carry it."""

    function_name: str
    handler: str
    event: Any
    timeout_seconds: float
    lane: str = "main"
    business: datetime | None = None
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))


class WorkerGoneError(Exception):
    """The worker took no more calls: this one was not begun and may go to another."""


def failure(error_type: str, message: str) -> Answer:
    """An answer that says a call failed, shaped as Lambda shapes it."""
    return {"error": {"errorType": error_type, "errorMessage": message, "stackTrace": []}}


def clean_environment(inherited: Mapping[str, str], root: Path = ROOT) -> dict[str, str]:
    """What a worker inherits from the shell: paths and language, never AWS_*, proxies or certificates."""
    kept = {name: inherited[name] for name in KEPT_VARIABLES if name in inherited}
    return kept | {
        "PYTHONPATH": str(root),
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        "NO_PROXY": "*",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "POWERTOOLS_TRACE_DISABLED": "1",
    }


class WorkerProcess:
    """One `python -m hubctl.worker`. Threads may call it side by side; answers find their caller by id."""

    def __init__(
        self,
        function: str,
        log: Path,
        environment: Mapping[str, str] | None = None,
        preparation: Preparation = NOTHING,
    ) -> None:
        self.function = function
        self._log = log
        prepared = [",".join(preparation.libraries), ",".join(preparation.services)]
        with log.open("ab") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "hubctl.worker", function, *prepared],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                cwd=ROOT,
                env=clean_environment(os.environ) | dict(environment or {}),
                start_new_session=True,  # Ctrl-C is for us alone; we stop our workers ourselves
            )
        self._ids = itertools.count(1)
        self._waiting: dict[int, Future[Answer]] = {}
        self._lock = threading.Lock()
        self._ready: Future[Answer] | None = None
        threading.Thread(target=self._read, name=f"hub-worker-{function}", daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def begin(self, env: Mapping[str, str], modules: Sequence[str]) -> None:
        """Sends the environment; the worker imports its modules while we do something else."""
        with contextlib.suppress(WorkerGoneError):  # it died already: the first call finds that out
            self._ready = self._send({"env": dict(env), "load": list(modules)})

    def wait_ready(self) -> None:
        """Until the modules are imported. A failed import is left for the first call to report."""
        if self._ready is not None:
            with contextlib.suppress(TimeoutError):
                self._ready.result(BOOT_SECONDS)

    def call(self, call: Call) -> Answer:
        """The answer, {"ok": …} or {"error": …}. A call that overruns takes the process with it.

        Raises WorkerGoneError when the call could not be begun.
        """
        self.wait_ready()
        answer = self._send(
            {
                "lane": call.lane,
                "handler": call.handler,
                "event": call.event,
                "function_name": call.function_name,
                "request_id": call.request_id,
                "deadline": time.time() + call.timeout_seconds,
                "business": call.business.isoformat() if call.business else None,
            }
        )
        try:
            return answer.result(call.timeout_seconds)
        except TimeoutError:
            self.kill()
            return failure("Sandbox.Timedout", f"Task timed out after {call.timeout_seconds:.2f} seconds")

    def log_size(self) -> int:
        return self._log.stat().st_size

    def log_since(self, position: int, limit_bytes: int) -> str:
        """What was logged after `position`, at most the last `limit_bytes` of it."""
        with self._log.open("rb") as log:
            log.seek(max(position, self.log_size() - limit_bytes))
            return log.read(limit_bytes).decode("utf-8", "replace")

    def retire(self) -> None:
        """Lets what is under way finish; the process then ends by itself."""
        with contextlib.suppress(OSError), self._lock:
            self._stdin.close()

    def kill(self) -> None:
        """Ends the process now; its callers are told."""
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(EXIT_SECONDS)

    @property
    def _stdin(self) -> Any:
        return self._process.stdin

    def _send(self, message: dict[str, Any]) -> Future[Answer]:
        waiting: Future[Answer] = Future()
        number = next(self._ids)
        line = json.dumps(message | {"id": number}).encode() + b"\n"
        with self._lock:
            self._waiting[number] = waiting
            try:
                self._stdin.write(line)
                self._stdin.flush()
            except (OSError, ValueError) as error:  # the process ended, or its pipe was closed to retire it
                del self._waiting[number]
                raise WorkerGoneError(self.function) from error
        return waiting

    def _read(self) -> None:
        stdout = self._process.stdout
        for line in stdout or ():
            answer = json.loads(line)
            with self._lock:
                waiting = self._waiting.pop(answer.pop("id"), None)
            if waiting is not None:
                waiting.set_result(answer)
        self._process.wait()
        self._fail_waiting()

    def _fail_waiting(self) -> None:
        with self._lock:
            left, self._waiting = list(self._waiting.values()), {}
        for waiting in left:
            if not waiting.done():
                waiting.set_result(failure("Runtime.ExitError", f"the process of {self.function} ended"))
