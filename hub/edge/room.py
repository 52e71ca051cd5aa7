"""A room: one Chalice app with everything that every room does the same way.

HTTP routes are declared with their pydantic models, roles and summary; from that one declaration come validation,
authorisation, error answers, idempotency and OpenAPI. Queues, schedules, streams and Step Functions tasks are
declared beside them. `manifest()` reads all of it back for the build.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

from aws_lambda_powertools.metrics import MetricUnit
from chalice.app import Chalice
from chalice.app import Response as ChaliceResponse
from pydantic import BaseModel

from hub.contracts.events import Event
from hub.edge import aws, bus, consumers
from hub.edge.http_api import is_http_event, match_path, request_path, to_chalice
from hub.edge.logs import make_logger, make_metrics
from hub.edge.principals import Principals
from hub.edge.requests import Request, refusal, serve
from hub.edge.settings import Settings
from hub.kernel.clock import Clock
from hub.kernel.errors import NotAllowed, NotFound

CONTENT_TYPES = ["application/json", "application/problem+json", "text/plain", "application/octet-stream"]
HTTP_TIMEOUT_SECONDS = 29
WORK_TIMEOUT_SECONDS = 60
KEYS_CACHED_SECONDS = 60


class IdempotencyPort(Protocol):
    """Remembers what an Idempotency-Key was used for: hub.store.idempotency."""

    def claim(self, scope: str, fingerprint: str, now: datetime) -> Any: ...

    def finish(self, scope: str, resource_id: str) -> None: ...


MakeIdempotency = Callable[[str, str, Any, Callable[[], float]], IdempotencyPort]
"""From tenant, table, a DynamoDB client and real time in epoch seconds: the class of hub.store.idempotency."""


@dataclass(frozen=True)
class Route:
    """One HTTP operation, as declared."""

    method: str
    path: str
    handler: Callable[[Request], Any]
    summary: str
    roles: tuple[str, ...] = ()
    public: bool = False
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    answer: Any = None
    status: int = 200
    replay: Callable[[Request, str], Any] | None = None


class Room(Chalice):
    """The app of one room. Nothing touches AWS until a request comes.

    name: the room, as in its table, functions and role. paths: the path prefixes that are its own. module: where the
    whole app can be imported from, if its routes stand in several files.
    idempotency: what is behind Idempotency-Key; None where no route creates or changes anything.
    wanted: to which of its queues a change of its tables goes: names of `room.queue`s, or "changes"; none: it costs no
    queue. None: all go to "changes".
    """

    def __init__(
        self,
        name: str,
        paths: tuple[str, ...],
        idempotency: MakeIdempotency | None = None,
        exact_paths: tuple[str, ...] = (),
        wanted: Callable[[bus.Change], Sequence[str]] | None = None,
        module: str = "",
    ) -> None:
        super().__init__(app_name=name, configure_logs=False)
        self.paths, self.exact_paths = paths, exact_paths
        self.http_routes: list[Route] = []
        self.entries: list[dict[str, Any]] = []
        self.module = module
        self._make_idempotency = idempotency
        self._wanted = wanted
        self._key_cache: tuple[float, str] = (0.0, "")
        self._queue_urls: dict[str, str] = {}

    # What a handler reaches for.

    @cached_property
    def settings(self) -> Settings:
        return Settings.load()

    @cached_property
    def clock(self) -> Clock:
        return self.settings.clock()

    @cached_property
    def logger(self) -> Any:
        return make_logger(self.app_name)

    @cached_property
    def metrics(self) -> Any:
        return make_metrics(self.app_name)

    @cached_property
    def principals(self) -> Principals:
        return Principals(self.settings.tenant, self.settings.directory_table, aws.client("dynamodb"))

    @cached_property
    def idempotency(self) -> IdempotencyPort | None:
        if self._make_idempotency is None:
            return None
        dynamodb, wall_epoch = aws.client("dynamodb"), lambda: self.clock.wall_now().timestamp()
        return self._make_idempotency(self.settings.tenant, self.settings.table, dynamodb, wall_epoch)

    def now(self) -> datetime:
        """Business time, now."""
        return self.clock.business_now()

    def emit(self, *events: Event) -> None:
        """Put contract events on the bus. Raises Retry when it did not take all; repeats are harmless."""
        if events:
            bus.put_events(aws.client("events"), self.settings.bus, events)

    def send(self, queue: str, *bodies: Mapping[str, Any], delay_seconds: int = 0) -> None:
        """Put JSON messages into one of the room's own queues (`@room.queue(queue)`, or "changes"); delay_seconds: at
        most 900. Raises Retry when it did not take all; handlers know a repeat."""
        bus.send(aws.client("sqs"), self._queue_url(queue), bodies, delay_seconds)

    def auth_keys(self) -> str:
        """The stack's signing keys, one a line, read from SSM at most once a minute."""
        read_at, keys = self._key_cache
        wall = self.clock.wall_now().timestamp()
        if not keys or wall - read_at > KEYS_CACHED_SECONDS:
            name = f"/hub/{self.settings.tenant}/auth"
            keys = aws.client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
            self._key_cache = (wall, keys)
        return keys

    def count(self, name: str, value: int = 1) -> None:
        """Add to a CloudWatch metric of this room (namespace scrm-hub), one line in the log."""
        self.metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
        self.metrics.flush_metrics()

    def randomness(self) -> bytes:
        """Ten bytes for a fresh id."""
        return os.urandom(10)

    def _queue_url(self, queue: str) -> str:
        if queue == "changes":
            return str(self.settings.changes_queue_url)
        if queue not in self._queue_urls:
            name = f"hub-{self.settings.tenant}-{self.app_name}-{queue}"
            self._queue_urls[queue] = aws.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
        return self._queue_urls[queue]

    def reset(self) -> None:
        """Forget settings and clients: tests move from one simulated stack to the next."""
        self._queue_urls.clear()
        for name in ("settings", "clock", "principals", "idempotency"):
            self.__dict__.pop(name, None)
        self._key_cache = (0.0, "")
        aws.forget_clients()

    # HTTP.

    def http(self, method: str, path: str, *, summary: str, **options: Any) -> Callable[..., Any]:
        """Declare an operation: `@room.http("POST", "/tickets", body=NewTicket, answer=TicketView, status=201, …)`.

        Options are Route's fields. `roles=()` lets any signed-in principal in, `public=True` everybody.
        """

        def register(handler: Callable[[Request], Any]) -> Callable[[Request], Any]:
            route = Route(method, path, handler, summary, **options)
            self.http_routes.append(route)
            self.module = self.module or handler.__module__

            def view(**parameters: str) -> Any:
                return serve(self, route, parameters)

            view.__name__ = handler.__name__
            self.route(path, methods=[method], content_types=CONTENT_TYPES, name=handler.__name__)(view)
            return handler

        return register

    def __call__(self, event: dict[str, Any], context: Any) -> Any:
        """The HTTP entry: an HTTP API event (2.0), or Chalice's own (1.0) from its test client."""
        if not is_http_event(event):
            return super().__call__(event, context)
        path, method = request_path(event), event["requestContext"]["http"]["method"]
        match = match_path((route.path for route in self.http_routes), path)
        if match is None:
            return self._refuse(event, NotFound("no such path", path=path))
        allowed = sorted(route.method for route in self.http_routes if route.path == match.template)
        if method not in allowed:
            return self._refuse(event, NotAllowed("no such method here", method=method, allowed=", ".join(allowed)))
        converted = to_chalice(event, match)
        converted["headers"] = {**converted["headers"], "content-type": "application/octet-stream"}
        return super().__call__(converted, context)

    def _refuse(self, event: dict[str, Any], error: Exception) -> dict[str, Any]:
        response: ChaliceResponse = refusal(self, error, event["requestContext"].get("requestId", ""))
        return dict(response.to_dict())

    # Everything that is not HTTP.

    def events(self, *types: str) -> Callable[..., Any]:
        """Consume contract events of these types, one call each; an error redelivers that event alone."""

        def register(handler: Callable[[Event], None]) -> Any:
            self._entry("events", "events", handler, subscriptions=sorted(types))
            run = lambda records: consumers.events(self, handler, records.to_dict(), records.context)  # noqa: E731 - a one-line adapter
            return self.on_sqs_message(queue=f"{self.app_name}-events", name="events")(_named(run, handler))

        return register

    def changes(self, handler: Callable[[bus.Change], None]) -> Any:
        """Consume the changes of the room's own tables. app.py also says `forward = room.forward` (stream → queue)."""
        self._entry("changes", "changes", handler)
        self.entries.append(
            self._describe("forward", "forward", f"{handler.__module__}.forward", timeout=WORK_TIMEOUT_SECONDS)
        )
        run = lambda records: consumers.changes(self, handler, records.to_dict(), records.context)  # noqa: E731 - a one-line adapter
        return self.on_sqs_message(queue=f"{self.app_name}-changes", name="changes")(_named(run, handler))

    def forward(self, event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG002 - Lambda's signature
        """The stream entry: hands every record to the queues that want it."""
        routed: dict[str, list[dict[str, Any]]] = {}
        for change in map(bus.change_of, event["Records"]):
            for queue in self._wanted(change) if self._wanted else ("changes",):
                routed.setdefault(queue, []).append(asdict(change))
        for queue, bodies in routed.items():
            self.send(queue, *bodies)
        return {}

    def queue(self, name: str) -> Callable[..., Any]:
        """Consume a queue of the room's own, one JSON message a call."""

        def register(handler: Callable[[dict[str, Any]], None]) -> Any:
            self._entry(name, "queue", handler, queue=name)
            run = lambda records: consumers.messages(self, handler, records.to_dict(), records.context)  # noqa: E731 - as above
            return self.on_sqs_message(queue=f"{self.app_name}-{name}", name=name)(_named(run, handler))

        return register

    def task(self, name: str) -> Callable[..., Any]:
        """A Step Functions task: payload in, JSON out; errors keep their class names for Retry and Catch."""

        def register(handler: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
            self._entry(name, "task", handler)
            run = lambda event, context: consumers.task(self, handler, event)  # noqa: ARG005, E731 - Lambda's signature
            return self.lambda_function(name=name)(_named(run, handler))

        return register

    def schedule(self, expression: Any, name: str | None = None, description: str = "") -> Callable[..., Any]:  # noqa: ARG002 - Chalice's
        """Run `handler(now)` by a rate(…) or cron(…) expression in the tenant's zone. It may answer a moment before
        which it has nothing to do, unless its room is called."""

        def register(handler: Callable[[datetime], datetime | None]) -> Any:
            entry = name or handler.__name__
            self._entry(entry, "schedule", handler, schedule=expression)
            run = lambda event, context: consumers.scheduled(self, handler)  # noqa: ARG005, E731 - Lambda's signature
            return self.lambda_function(name=entry)(_named(run, handler))

        return register

    def manifest(self) -> dict[str, Any]:
        """What the build writes beside the bundle, and infra makes functions, queues and rules from."""
        http = self._describe("http", "http", f"{self.module}.room", timeout=HTTP_TIMEOUT_SECONDS)
        http["paths"], http["exact_paths"] = list(self.paths), list(self.exact_paths)
        return {"function": self.app_name, "schema": 1, "entries": [http, *self.entries]}

    def _entry(self, name: str, kind: str, handler: Callable[..., Any], **facts: Any) -> None:
        where = f"{handler.__module__}.{handler.__name__}"
        self.entries.append({**self._describe(name, kind, where, timeout=WORK_TIMEOUT_SECONDS), **facts})

    @staticmethod
    def _describe(name: str, kind: str, handler: str, timeout: int) -> dict[str, Any]:
        return {"name": name, "kind": kind, "handler": handler, "timeout": timeout, "memory": 512}


def _named(run: Callable[..., Any], handler: Callable[..., Any]) -> Callable[..., Any]:
    run.__name__, run.__module__, run.__doc__ = handler.__name__, handler.__module__, handler.__doc__
    return run
