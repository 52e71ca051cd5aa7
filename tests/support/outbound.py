"""The room of outbound webhooks with receivers that are functions, a queue that is a list, and a clock that steps."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from standardwebhooks import Webhook

from functions.outbound import app
from functions.outbound.desk import build_desk
from hub.contracts.events import Event, TicketClosed, TicketOpened, parse_event
from hub.edge.fetch import Fetched, Fetcher, PrivateAddress, Unanswered, parse_url
from hub.kernel.clock import UNTIL_CALLED, StepClock
from tests.support.aws import account
from tests.support.hosts import host_of
from tests.support.http import Answer, Context, bus_batch, bus_events, call, sqs_batch

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
Behaviour = Callable[[Mapping[str, str], bytes], Fetched]


def answers(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    """A receiver that always says the same; `retry_after="5"` is the header Retry-After."""
    spelt = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _headers, _body: Fetched(status, spelt, body)


OK = answers(200, b"ok")
REFUSES = answers(500, b"no")


def hangs(_headers: Mapping[str, str], _body: bytes) -> Fetched:
    """A receiver that never answers."""
    raise Unanswered("timeout")


@dataclass
class Received:
    """What reached a receiver."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    at: datetime

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def verify(self, secret: str) -> Any:
        """The body, once `standardwebhooks` has verified its signature. Its tolerance is of real time."""
        return Webhook(secret).verify(self.body.decode(), dict(self.headers))


@dataclass
class Receivers:
    """The way out: by URL what a receiver does; 404 where there is none. Names that begin with `private` lead to an
    address that may not be called."""

    clock: StepClock
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self, url: str) -> None:
        Fetcher(resolve=self._resolve).check(url)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Fetched:
        if parse_url(url).host.startswith("private"):
            raise PrivateAddress(host="private")
        with self._lock:
            self.received.append(Received(url, dict(headers), body, self.clock.now))
        return self.behaviours.get(url, answers(404))(headers, body)

    def at(self, url: str) -> list[Received]:
        return [each for each in self.received if each.url == url]

    def ids(self, url: str) -> list[str]:
        return [each.id for each in self.at(url)]

    @staticmethod
    def _resolve(host: str, _port: int) -> tuple[str, ...]:
        return ("10.0.0.1",) if host.startswith("private") else ("93.184.216.34",)


@dataclass
class Hub:
    """The room. queue: (from when on, payload) of what it sent itself."""

    session: Any
    clock: StepClock
    receivers: Receivers
    queue: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        return call(app.room, method, path, body, **options)

    def register(self, url: str = "https://a.example/hook", **fields: Any) -> dict[str, Any]:
        """A new endpoint, heard from at once, with its secret."""
        answer = self.call("POST", "/webhooks/endpoints", {"url": url, "events": ["ticket.*"], **fields})
        assert answer.status == 201, answer.text
        self.forget()
        return dict(answer.json)

    def forget(self) -> None:
        """What hears events reads the endpoints anew."""
        app.room.desk.endpoints.forget()

    def tell(self, *events: Event) -> None:
        """Events from the bus, all of them taken."""
        self.forget()
        for begin in range(0, len(events), 10):
            batch = bus_batch(*events[begin : begin + 10])
            assert app.on_event(batch, Context()) == {"batchItemFailures": []}

    def send(self, queue: str, *bodies: dict[str, Any], delay_seconds: int = 0) -> None:
        assert queue == "deliver"
        assert 0 <= delay_seconds <= 900
        self.queue += [(self.clock.now + timedelta(seconds=delay_seconds), body) for body in bodies]

    def work(self) -> None:
        """Every message that is due, until there is none."""
        while due := [message for message in self.queue if message[0] <= self.clock.now]:
            for message in due:
                self.queue.remove(message)
            for _, body in due:
                assert app.on_deliver(sqs_batch(body), Context()) == {"batchItemFailures": []}

    def run(self, **span: float) -> None:
        """Time passes, and the clock stops at each thing that is due on its way."""
        end = self.clock.now + timedelta(**span)
        while True:
            self.work()
            moments = [at for at, _ in self.queue]
            resting = app.sweep({}, Context()).get("rests_until")
            self.work()
            next_due = app.room.desk.turns.next_due()
            if next_due is not UNTIL_CALLED:
                # the sweep runs once a minute
                moments.append(next_due + timedelta(seconds=-next_due.timestamp() % 60))
            assert resting is not None or moments or not self.queue
            later = [moment for moment in moments if moment > self.clock.now]
            if not later or min(later) > end:
                self.clock.now = end
                return
            self.clock.now = min(later)

    def deliveries(self, endpoint_id: str, state: str = "") -> list[dict[str, Any]]:
        """All of an endpoint's deliveries, over all pages, the newest first."""
        rows: list[dict[str, Any]] = []
        cursor = ""
        while True:
            query = {"limit": "200", **({"state": state} if state else {}), **({"cursor": cursor} if cursor else {})}
            page = self.call("GET", f"/webhooks/endpoints/{endpoint_id}/deliveries", query=query).json
            rows, cursor = rows + page["data"], page["next_cursor"]
            if not cursor:
                return rows

    def endpoint(self, endpoint_id: str) -> dict[str, Any]:
        return dict(self.call("GET", f"/webhooks/endpoints/{endpoint_id}").json)

    def said(self) -> list[Event]:
        """What the room put on the bus since last time."""
        return [parse_event(event) for event in bus_events(self.session)]

    def opened(self, number: int, ticket: int | None = None, **fields: Any) -> TicketOpened:
        """An event at the present moment."""
        return TicketOpened(
            id=f"evt_{number:05}", tenant="demo", at=self.clock.now,
            **{"ticket_id": f"tkt_{number if ticket is None else ticket}", "customer_id": "cus_1",
               "ticket_type": "repair", "region": "310101", "priority": "normal", **fields},
        )  # fmt: skip

    def closed(self, number: int, **fields: Any) -> TicketClosed:
        """Another, with costs."""
        return TicketClosed(
            id=f"evt_{number:05}", tenant="demo", at=self.clock.now, ticket_id=f"tkt_{number}", run=1,
            customer_id="cus_1", ticket_type="repair", region="310101", assignee="li", outcome="done",
            **{"labour_minor": 12000, "parts_minor": 8000, "travel_minor": 2000, **fields},
        )  # fmt: skip


def install_hub(session: Any, clock: StepClock, **settings: str) -> Hub:
    """The room on this account, with receivers in place of the network and a list in place of the queue."""
    receivers = Receivers(clock)
    hub = Hub(session, clock, receivers)
    host = host_of(app.room, session, clock, **settings)
    desk = build_desk(host)
    desk.fetch, desk.send = receivers, hub.send
    app.room.install(host, desk)
    return hub


@contextmanager
def outbound_hub(now: datetime = NOON, **more: str) -> Iterator[Hub]:
    """The room in an account of its own."""
    with account("outbound", **more) as session:
        yield install_hub(session, StepClock(now))
