"""Workers and their dispatcher: what a room's code may do, and what it never does to the hub."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.kernel.clock import rfc3339
from hubctl.clock.activity import Activity
from hubctl.dispatcher import Dispatcher, Function, Outcome
from hubctl.worker_process import Call, WorkerGoneError, WorkerProcess, clean_environment

ROOM = "tests.support.tiny_room"
ENTRIES = ("chatter", "nap", "die", "leave", "unserialisable", "refuse")


class Emitted:
    """Keeps what the log groups would be told."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, bool, str]] = []

    def __call__(self, call: Call, outcome: Outcome) -> None:
        self.calls.append((call.function_name, outcome.failed, outcome.log))


def function(entry: str, handler: str, timeout_seconds: int = 20) -> Function:
    return Function(f"hub-tiny-room-{entry}", "room", entry, f"{ROOM}.{handler}", timeout_seconds, {"HUB_X": "1"})


def start(logs: Path, emit: Emitted | None = None, capacity: int = 1, wait_seconds: float = 20) -> Dispatcher:
    dispatcher = Dispatcher(logs, capacity={"room": capacity}, emit=emit or Emitted(), wait_seconds=wait_seconds)
    functions = [function(name, name) for name in ENTRIES]
    functions += [function("hasty", "nap", timeout_seconds=1), function("forward", "nap")]
    dispatcher.register(functions, {})
    return dispatcher


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dispatcher]:
    dispatcher = start(tmp_path_factory.mktemp("logs"))
    yield dispatcher
    dispatcher.close()


def pid(dispatcher: Dispatcher) -> int:
    answer = dispatcher.invoke("hub-tiny-room-chatter", {}).answer
    return int(answer["ok"]["pid"])


def error_type(outcome: Outcome) -> str:
    return str(outcome.answer["error"]["errorType"])


def test_calls_carry_the_time_and_are_work_until_they_are_answered(tmp_path: Path) -> None:
    """On a stepped clock a room reads the time of its call, in its threads too; a call counts from its place in the
    line to its answer."""
    moments = [datetime(2026, 11, 23, 2, tzinfo=UTC), datetime(2026, 11, 23, 4, tzinfo=UTC)]
    activity, heard = Activity(), list[tuple[str, str]]()
    dispatcher = Dispatcher(
        tmp_path, activity=activity, carried=lambda: moments[0], on_start=lambda *call: heard.append(call)
    )
    dispatcher.register([function("moment", "moment")], {"HUB_CLOCK_SCALE": "1", "HUB_CLOCK_ORIGIN": "call"})
    try:
        for moment in list(moments):
            assert dispatcher.invoke("hub-tiny-room-moment", {}).answer["ok"] == [rfc3339(moment)] * 2
            moments.pop(0)
    finally:
        dispatcher.close()
    assert (activity.epoch, activity.running()[1]) == (4, [])
    assert heard == [("room", "hub-tiny-room-moment")] * 2


def test_a_room_that_prints_does_not_disturb_answers(shared: Dispatcher) -> None:
    """What a room prints goes to its log; answers travel apart from it."""
    outcome = shared.invoke("hub-tiny-room-chatter", {"text": "中文\n"})
    assert outcome.answer["ok"]["said"] == {"text": "中文\n"}
    assert "forged" in outcome.log


def test_an_error_keeps_its_class_name(shared: Dispatcher) -> None:
    """State machines catch errors by name, so the name of the room's own class comes through."""
    error = shared.invoke("hub-tiny-room-refuse", {}).answer["error"]
    assert (error["errorType"], error["errorMessage"]) == ("TinyRefused", "as asked")
    assert "tiny_room.py" in "".join(error["stackTrace"])


@pytest.mark.parametrize(("entry", "name"), [("leave", "SystemExit"), ("unserialisable", "TypeError")])
def test_no_exception_ends_a_worker(shared: Dispatcher, entry: str, name: str) -> None:
    """Even SystemExit, or an answer that is no JSON, is an error of that call alone."""
    before = pid(shared)
    assert error_type(shared.invoke(f"hub-tiny-room-{entry}", {})) == name
    assert pid(shared) == before


def test_a_worker_that_crashed_is_replaced(shared: Dispatcher) -> None:
    """The call that crashed is told so; the next one finds a new process."""
    before = pid(shared)
    assert error_type(shared.invoke("hub-tiny-room-die", {})) == "Runtime.ExitError"
    assert pid(shared) != before


def test_a_call_that_overruns_is_killed_at_its_time_out(shared: Dispatcher) -> None:
    """A hanging call ends at the function's time-out with Lambda's own error, and does not block the next."""
    began = time.monotonic()
    assert error_type(shared.invoke("hub-tiny-room-hasty", {"seconds": 30})) == "Sandbox.Timedout"
    assert time.monotonic() - began < 10
    assert pid(shared) > 0


def test_changed_sources_replace_the_worker_before_its_next_call(shared: Dispatcher) -> None:
    """After a change the next call runs in a new process; a call under way is finished first."""
    before = pid(shared)
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(shared.invoke, "hub-tiny-room-forward", {"seconds": 0.5})
        time.sleep(0.1)
        shared.replace_workers()
        assert pid(shared) != before
        assert running.result().answer["ok"]["pid"] == before


def test_no_call_is_lost_while_workers_are_replaced(shared: Dispatcher) -> None:
    """Sources that change again and again delay calls of both lanes, and fail none."""

    def call(number: int) -> bool:
        entry = "forward" if number % 2 else "nap"
        return "ok" in shared.invoke(f"hub-tiny-room-{entry}", {"seconds": 0.01}).answer

    with ThreadPoolExecutor(8) as threads:
        answers = [threads.submit(call, number) for number in range(60)]
        for _ in range(4):
            time.sleep(0.1)
            shared.replace_workers()
        assert all(answer.result() for answer in answers)


def test_a_retired_worker_takes_no_more_calls(tmp_path: Path) -> None:
    """A call that comes too late for a worker says so, instead of failing: it can go to another."""
    worker = WorkerProcess("room", tmp_path / "room.log")
    worker.retire()
    with pytest.raises(WorkerGoneError):
        worker.call(Call("hub-tiny-room-nap", f"{ROOM}.nap", {"seconds": 0}, 5))


def test_a_stream_is_forwarded_while_a_long_request_runs(shared: Dispatcher) -> None:
    """The forward lane does not wait in line: one slow request must not hold up every queue."""
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(shared.invoke, "hub-tiny-room-nap", {"seconds": 2})
        time.sleep(0.2)
        assert "ok" in shared.invoke("hub-tiny-room-forward", {"seconds": 0}).answer
        assert not slow.done()


def test_calls_beyond_capacity_wait_in_line(shared: Dispatcher) -> None:
    """Twenty calls at once all get their answer from the one process there is."""
    with ThreadPoolExecutor(20) as threads:
        outcomes = list(threads.map(shared.invoke, ["hub-tiny-room-chatter"] * 20, range(20)))
    assert [outcome.answer["ok"]["said"] for outcome in outcomes] == list(range(20))
    assert len({outcome.answer["ok"]["pid"] for outcome in outcomes}) == 1


def test_a_second_worker_starts_only_when_it_is_needed(tmp_path: Path) -> None:
    """With room for two, calls after one another share a process and calls at once do not."""
    dispatcher = start(tmp_path, capacity=2)
    try:
        assert pid(dispatcher) == pid(dispatcher)
        with ThreadPoolExecutor(2) as threads:
            both = list(threads.map(dispatcher.invoke, ["hub-tiny-room-nap"] * 2, [{"seconds": 1}] * 2))
        assert len({outcome.answer["ok"]["pid"] for outcome in both}) == 2
    finally:
        dispatcher.close()


def test_a_call_that_waits_too_long_is_told(tmp_path: Path) -> None:
    """The wait for a worker has a bound; beyond it the caller is throttled."""
    dispatcher = start(tmp_path, wait_seconds=0.2)
    try:
        pid(dispatcher)
        holder = threading.Thread(target=dispatcher.invoke, args=("hub-tiny-room-nap", {"seconds": 2}))
        holder.start()
        time.sleep(0.2)
        assert error_type(dispatcher.invoke("hub-tiny-room-chatter", {})) == "TooManyRequestsException"
        holder.join()
    finally:
        dispatcher.close()


def test_close_ends_calls_and_refuses_new_ones(tmp_path: Path) -> None:
    """After close no call hangs: those under way fail, later ones find nothing."""
    dispatcher = start(tmp_path)
    pid(dispatcher)
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(dispatcher.invoke, "hub-tiny-room-nap", {"seconds": 30})
        time.sleep(0.2)
        dispatcher.close()
        assert error_type(running.result(timeout=5)) == "Runtime.ExitError"
    assert error_type(dispatcher.invoke("hub-tiny-room-chatter", {})) == "ResourceNotFoundException"


def test_after_close_no_call_in_line_starts_a_process(tmp_path: Path) -> None:
    """Whoever waits for a worker when the hub stops is told; nothing is started that would outlive it."""
    dispatcher = start(tmp_path)
    pid(dispatcher)
    with ThreadPoolExecutor(3) as threads:
        calls = [threads.submit(dispatcher.invoke, "hub-tiny-room-nap", {"seconds": 30}) for _ in range(3)]
        time.sleep(0.2)
        dispatcher.close()
        assert [error_type(call.result(timeout=5)) for call in calls] == ["Runtime.ExitError"] * 3
    assert dispatcher.pids == []


def test_each_call_is_reported_with_its_log(tmp_path: Path) -> None:
    """The log groups hear of every call: its function, whether it failed, what it said."""
    emitted = Emitted()
    dispatcher = start(tmp_path, emitted)
    try:
        dispatcher.invoke("hub-tiny-room-refuse", {})
    finally:
        dispatcher.close()
    [(name, failed, log)] = emitted.calls
    assert (name, failed) == ("hub-tiny-room-refuse", True)
    assert "TinyRefused: as asked" in log


def test_workers_inherit_no_credentials() -> None:
    """Neither AWS settings nor proxies nor certificates of the shell reach a worker."""
    shell = {
        "PATH": "/bin",
        "AWS_PROFILE": "real",
        "AWS_CA_BUNDLE": "/x",
        "HTTPS_PROXY": "http://p",
        "SSL_CERT_FILE": "/y",
    }
    assert not {"AWS_PROFILE", "AWS_CA_BUNDLE", "HTTPS_PROXY", "SSL_CERT_FILE"} & clean_environment(shell).keys()
