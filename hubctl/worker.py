"""One room's process: `python -m hubctl.worker <function> <libraries> <AWS services>`, driven over its pipes by
`hubctl.worker_process`.

Each line on stdin is one JSON message: first {"env": {...}, "load": [module, …]}, then calls
{"id", "lane", "handler", "event", "function_name", "request_id", "deadline", "business"}; business is the time at
which a stepped hub's call happens, else null. Each answer is one line on the process's first stdout:
{"id", "ok": value} or {"id", "error": {errorType, errorMessage, stackTrace}}.
Whatever the room prints goes to stderr, its log. Calls of one lane run one after another; two lanes run side
by side, as a stream's forwarding must never wait for a long request. No exception of a room ends the process.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TextIO

from hub.kernel.clock import CALL_TIME

MEMORY_MB = 512
STACK_LINES = 20

Message = dict[str, Any]


@dataclass(frozen=True)
class Context:
    """What AWS Lambda hands a handler beside the event."""

    function_name: str
    aws_request_id: str
    deadline: float
    memory_limit_in_mb: int = MEMORY_MB
    function_version: str = "$LATEST"

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:us-east-1:000000000000:function:{self.function_name}"

    @property
    def log_group_name(self) -> str:
        return f"/aws/lambda/{self.function_name}"

    @property
    def log_stream_name(self) -> str:
        return "local"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.deadline - time.time()) * 1000))


class Lanes:
    """Runs calls: one thread a lane, answers written as whole lines."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._writing = threading.Lock()
        self._lanes: dict[str, ThreadPoolExecutor] = {}

    def submit(self, message: Message) -> None:
        lane = self._lanes.setdefault(message.get("lane", "main"), ThreadPoolExecutor(1))
        lane.submit(run_call, message).add_done_callback(partial(self._reply, message))

    def finish(self) -> None:
        """Waits for what is under way."""
        for lane in self._lanes.values():
            lane.shutdown(wait=True)

    def _reply(self, message: Message, call: Future[str]) -> None:
        error = call.exception()
        head = f'{{"id": {json.dumps(message["id"])}, '
        tail = f'"ok": {call.result()}}}' if error is None else f'"error": {json.dumps(describe(error))}}}'
        with self._writing:
            self._out.write(head + tail + "\n")
            self._out.flush()


def run_call(message: Message) -> str:
    """Calls the handler and answers its result as JSON text. Raises whatever the handler raises."""
    if "env" in message:
        return load(message["env"], message.get("load", []))
    if message.get("business"):
        CALL_TIME.carry(datetime.fromisoformat(message["business"]))
    context = Context(message["function_name"], message["request_id"], message["deadline"])
    try:
        return json.dumps(resolve(message["handler"])(message["event"], context))
    except BaseException:
        traceback.print_exc()
        raise


def load(env: dict[str, str], modules: list[str]) -> str:
    """Takes the function's environment over and imports its modules. Raises what an import raises."""
    os.environ.update(env)
    for module in modules:
        importlib.import_module(module)
    return "null"


def resolve(handler: str) -> Callable[[Any, Context], Any]:
    """The callable behind `functions.tickets.app.room`: the longest module there is, then its attributes.

    Raises ModuleNotFoundError or AttributeError.
    """
    names = handler.split(".")
    for length in range(len(names) - 1, 0, -1):
        module = ".".join(names[:length])
        if length > 1 and not _is_module(module):
            continue
        target: Any = importlib.import_module(module)
        for name in names[length:]:
            target = getattr(target, name)
        return target  # type: ignore[no-any-return]
    raise ModuleNotFoundError(handler)


def _is_module(name: str) -> bool:
    try:
        return name in sys.modules or importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def describe(error: BaseException) -> dict[str, Any]:
    """An error as Lambda reports it: its class's own name, so that a state machine can catch it by name."""
    stack = traceback.format_exception(error)[-STACK_LINES:]
    return {"errorType": type(error).__name__, "errorMessage": str(error), "stackTrace": stack}


def serve(lines: TextIO, out: TextIO) -> None:
    """Runs calls until stdin ends."""
    lanes = Lanes(out)
    for line in lines:
        lanes.submit(json.loads(line))
    lanes.finish()


def main() -> None:
    """Keeps the answers' pipe to itself: a `print` in a room must not break the protocol."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    prepare(sys.argv[2].split(","), sys.argv[3].split(","))
    serve(sys.stdin, out)


def prepare(modules: list[str], services: list[str]) -> None:
    """Imports libraries, and makes an AWS client of each service once: what botocore reads for it stays in memory."""
    for module in filter(None, modules):
        importlib.import_module(module)
    for service in filter(None, services):
        importlib.import_module("hub.edge.aws").make_client(service)


if __name__ == "__main__":
    main()
