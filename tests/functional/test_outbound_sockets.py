"""Twenty endpoints behind real sockets, of which one hangs and one refuses: nobody waits for them but themselves."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from benchmarks.bench_outbound import in_memory
from functions.outbound import app
from functions.outbound.handlers.sending import take_turn
from hub.edge.fetch import Fetcher
from tests.support.outbound import Hub, outbound_hub

EVENTS, ENDPOINTS, WORKERS = 60, 20, 20
HANGING, REFUSING = 0, 1
PATIENCE_SECONDS = 60


@dataclass
class Site:
    """Receivers by number. heard: what each was sent; well: from then on the two behave; open: the hanging calls."""

    heard: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    taken: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    well: threading.Event = field(default_factory=threading.Event)
    open_calls: int = 0
    port: int = 0

    def url(self, number: int) -> str:
        return f"http://127.0.0.1:{self.port}/{number}"

    def answer(self, number: int, event_id: str) -> int:
        """The status; the hanging one's after a long while."""
        self.heard[number].append(event_id)
        if number == HANGING and not self.well.is_set():
            self.open_calls += 1
            self.well.wait(PATIENCE_SECONDS)
            self.open_calls -= 1
        if number == REFUSING and not self.well.is_set():
            return 500
        self.taken[number].append(event_id)
        return 204


@contextmanager
def site() -> Iterator[Site]:
    """Listening on a port of this machine."""
    receivers = Site()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(receivers.answer(int(self.path[1:]), self.headers["webhook-id"]))
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing on the test's output."""

    class Server(ThreadingHTTPServer):
        request_queue_size, daemon_threads = 256, True

    server = Server(("127.0.0.1", 0), Receiver)
    receivers.port = server.server_port
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield receivers
    finally:
        receivers.well.set()
        server.shutdown()
        server.server_close()


def turns(hub: Hub, pool: ThreadPoolExecutor) -> list[Any]:
    """The queue's messages that are due, each in the hands of one of as many workers as the room has."""
    due = [message for message in hub.queue if message[0] <= hub.clock.now]
    hub.queue = [message for message in hub.queue if message not in due]
    return [pool.submit(take_turn, app.room.desk, body["endpoint"]) for _, body in due]


def until(holds: Any) -> bool:
    ends_at = time.monotonic() + PATIENCE_SECONDS / 2
    while not holds() and time.monotonic() < ends_at:
        time.sleep(0.01)
    return bool(holds())


def test_eighteen_wait_for_neither_the_one_that_hangs_nor_the_one_that_refuses() -> None:
    """While a call of the hanging one is open, eighteen have all of theirs, each once by its id; once the two are well,
    they have all of theirs, too."""
    with outbound_hub() as hub, site() as receivers, ThreadPoolExecutor(WORKERS) as pool:
        in_memory(app.room.desk)
        app.room.desk.fetch = Fetcher(loopback=True, limit_seconds=PATIENCE_SECONDS)
        for number in range(ENDPOINTS):
            hub.register(receivers.url(number), concurrency=5)
        events = [hub.opened(number) for number in range(EVENTS)]
        expected = sorted(event.id for event in events)
        hub.tell(*events)
        running = turns(hub, pool)
        assert until(lambda: all(len(receivers.heard[n]) >= EVENTS for n in range(2, ENDPOINTS)))
        assert until(lambda: receivers.open_calls == 5)
        assert [sorted(receivers.heard[n]) for n in range(2, ENDPOINTS)] == [expected] * 18
        assert receivers.taken[HANGING] == receivers.taken[REFUSING] == []
        receivers.well.set()
        for turn in running:
            turn.result(PATIENCE_SECONDS)
        for _ in range(12):
            hub.run(minutes=1)
        assert [sorted(set(receivers.taken[n])) for n in (HANGING, REFUSING)] == [expected] * 2
        assert [sorted(receivers.heard[n]) for n in range(2, ENDPOINTS)] == [expected] * 18
