"""A room: one Chalice app with everything that every room does the same way.

HTTP routes are declared with their pydantic models, roles and summary; from that one declaration come validation,
authorisation, error answers, idempotency and OpenAPI. Queues, schedules, streams and Step Functions tasks are
declared beside them. `manifest()` reads all of it back for the build.

A room only declares. What its handlers work with is its desk, made from the host by `make_desk`; every handler takes
it first: `(desk, request)`, `(desk, event)`, `(desk, change)`, `(desk, payload)`, `(desk, now)`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from datetime import datetime
from functools import partial
from threading import RLock, local
from typing import Any, Generic, TypeVar

from chalice.app import Chalice
from chalice.app import Response as ChaliceResponse

from hub.contracts.envelope import Event
from hub.edge import bus, consumers
from hub.edge.answers import BINARY_TYPES
from hub.edge.exchanges import Exchange
from hub.edge.host import Host, MakeIdempotency, host_from_environment
from hub.edge.http_api import WANTED, Match, is_http_event, match_path, request_path, to_chalice
from hub.edge.inside import Answered, Call
from hub.edge.routes import Route
from hub.edge.serving import Caller, refusal, serve
from hub.edge.tracing import answering
from hub.kernel.errors import Invalid, NotAllowed, NotFound

CONTENT_TYPES = ["application/json", "application/problem+json", "text/plain", "application/octet-stream"]
HTTP_TIMEOUT_SECONDS = 29
WORK_TIMEOUT_SECONDS = 60
EVERY_EVENT = "*"
"""As a room's only subscription: all that is said on the bus."""

Desk = TypeVar("Desk")
Handler = TypeVar("Handler", bound=Callable[..., Any])


_THREAD = local()


class Room(Chalice, Generic[Desk]):
    """The app of one room. Nothing touches AWS until a request comes.

    name: the room, as in its table, functions and role. paths: the path prefixes that are its own. make_desk: what its
    handlers work with, wired from a host; calls nothing yet. module: where the whole app can be imported from, if its
    routes stand in several files.
    idempotency: what is behind Idempotency-Key; None where no route creates or changes anything.
    queues_of: to which of its queues a change of its tables goes: names of `room.queue`s, or "changes"; none: it costs
    no queue. None: all go to "changes".
    followed: what the sort keys of items begin with whose changes are read from the stream at all; (): of every item.
    That an item is gone is never told.
    shared: which of its queues ("changes" among them) has no queue of its own, and by which other one its messages
    come (ADR 54): where there is seldom any, or where both do work that may take long.
    around: inside which each batch of its queues is consumed.
    """

    def __init__(
        self,
        name: str,
        paths: tuple[str, ...],
        make_desk: Callable[[Host], Desk],
        idempotency: MakeIdempotency | None = None,
        exact_paths: tuple[str, ...] = (),
        queues_of: Callable[[bus.Change], Sequence[str]] | None = None,
        module: str = "",
        followed: Sequence[str] = (),
        shared: Mapping[str, str] | None = None,
        around: Callable[[Desk], AbstractContextManager[Any]] = lambda _desk: nullcontext(),
    ) -> None:
        super().__init__(app_name=name, configure_logs=False)
        self.api.binary_types = [*self.api.binary_types, *BINARY_TYPES]
        self.paths, self.exact_paths = paths, exact_paths
        self._routes: list[Route] = []
        self._later: dict[str, Callable[[], None]] = {}
        self._apart: list[dict[str, Any]] = []
        self.entries: list[dict[str, Any]] = []
        self.module = module
        self.idempotency = idempotency
        self._make_desk = make_desk
        self._queues_of, self._followed = queues_of, tuple(followed)
        self.shared, self._around = dict(shared or {}), around
        self._carried: dict[str, Callable[[], consumers.Run]] = {}
        self._installing = RLock()
        self._installed: tuple[Host, Desk] | None = None

    @property
    def current_request(self) -> Any:
        """The request that this thread answers. Chalice keeps one for all threads: of two side by side one would be
        answered twice."""
        return getattr(_THREAD, "request", None)

    @current_request.setter
    def current_request(self, request: Any) -> None:
        _THREAD.request = request

    # Where it runs.

    def install(self, host: Host, desk: Desk | None = None) -> Host:
        """Run on this host from now on, with a desk made from it, or `desk`, where tests have fakes in it. Without
        this the first call makes a host from the environment. Answers the host."""
        with self._installing:
            host.shared = self.shared
            self._installed = host, self._make_desk(host) if desk is None else desk
        return host

    @property
    def host(self) -> Host:
        """The host that the room runs on."""
        return self._place()[0]

    @property
    def desk(self) -> Desk:
        """What its handlers get."""
        return self._place()[1]

    def _place(self) -> tuple[Host, Desk]:
        with self._installing:  # two lanes of one process may come first side by side
            if self._installed is None:
                self.install(host_from_environment(self.app_name, self.idempotency))
            assert self._installed is not None  # noqa: S101 - for the type checker: it was installed just now
            return self._installed

    # HTTP.

    def http(self, method: str, path: str, *, summary: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare an operation: `@room.http("POST", "/tickets", body=NewTicket, answer=TicketView, status=201, …)`.

        Options are Route's fields. `roles=()` lets any signed-in principal in, `public=True` everybody.
        """

        def register(handler: Handler) -> Handler:
            route = Route(method, path, handler, summary, **options)
            self._routes.append(route)
            self.module = self.module or handler.__module__

            def view(**_parameters: str) -> Any:
                return serve(self.host, self.desk, route, self.current_request, self._routes)

            view.__name__ = handler.__name__
            self.route(path, methods=[method], content_types=CONTENT_TYPES, name=handler.__name__)(view)
            return handler

        return register

    def later(self, path: str, declare: Callable[[], None]) -> None:
        """Have the routes at `path` and below it declared when the first request comes there, or somebody asks for
        every route: what is seldom called costs no start anything."""
        self._later[path] = declare

    def apart(self, path: str, *, name: str, layer: str, memory: int) -> None:
        """Have requests for `path`, a template of the room's, answered by a function of their own, with a layer of what
        they alone need: no other function of the room carries it."""
        described = self._describe(name, "http", "", timeout=HTTP_TIMEOUT_SECONDS)
        self._apart.append({**described, "paths": [], "exact_paths": [path], "layer": layer, "memory": memory})

    @property
    def http_routes(self) -> list[Route]:
        """Every operation, in the order of their declaration."""
        for path in tuple(self._later):
            self._declare_above(path)
        return self._routes

    def _declare_above(self, path: str) -> None:
        with self._installing:  # two lanes of one process may come first side by side
            for root in [root for root in self._later if f"{path}/".startswith(f"{root}/")]:
                self._later.pop(root)()

    def ask(self, caller: Caller, call: Call) -> Answered:
        """One of the room's own operations, done for somebody from inside: with the very checks of a request."""
        self._declare_above(call.path)
        match = match_path((route.path for route in self._routes), call.path)
        route = next((r for r in self._routes if match and (r.method, r.path) == (call.method, match.template)), None)
        if match is None or route is None:
            raise NotFound("no such path")
        sent = call.sent(match.parameters, caller.headers)
        return Answered.of(serve(self.host, self.desk, route, sent, self._routes, caller=caller))

    def __call__(self, event: dict[str, Any], context: Any) -> Any:
        """The HTTP entry: an HTTP API event (2.0), or Chalice's own (1.0) from its test client."""
        if not is_http_event(event):
            return super().__call__(event, context)
        path = request_path(event)
        self._declare_above(path)
        match = match_path((route.path for route in self._routes), path)
        routes = [route for route in self._routes if match and route.path == match.template]
        exchange = Exchange(event, self.host.origins, tuple(sorted(route.method for route in routes)))
        any_origin = any(route.any_origin for route in routes)
        with answering(exchange.request_id):
            return exchange.finish(self._exchanged(exchange, match, context), any_origin=any_origin)

    def _exchanged(self, exchange: Exchange, match: Match | None, context: Any) -> dict[str, Any]:
        event, methods = exchange.event, exchange.methods
        if match is None:
            return self._refuse(event, NotFound("no such path"))
        if exchange.method == "OPTIONS":
            return exchange.options()
        if exchange.method not in methods:
            error = NotAllowed("no such method here", method=exchange.method, allowed=", ".join(methods))
            return self._refuse(event, error)
        try:
            exchange.version  # noqa: B018 - raises for a version that is not answered
        except Invalid as error:
            return self._refuse(event, error)
        converted = to_chalice(event, match)
        octets = "application/octet-stream"  # Chalice gives bytes only to who accepts such, and reads no body else
        callers_own = {WANTED: converted["headers"].get("accept", "")}
        converted["headers"] = {**converted["headers"], **callers_own, "content-type": octets, "accept": octets}
        return dict(super().__call__(converted, context))

    def _refuse(self, event: Mapping[str, Any], error: Exception) -> dict[str, Any]:
        response: ChaliceResponse = refusal(self.host, error, event["requestContext"].get("requestId", ""))
        return dict(response.to_dict())

    # Everything that is not HTTP.

    def events(
        self, *types: str, ahead: Callable[[Desk, Sequence[Event]], None] | None = None
    ) -> Callable[[Callable[[Desk, Event], Iterable[Event] | None]], Any]:
        """Consume contract events of these types (EVERY_EVENT: of all), one call each; an error redelivers that event
        alone. What the handler answers is put on the bus once a batch; an event that comes again has it said again.
        ahead: reads together, or keeps, what each event of a batch will read or keep; where it fails, each does so."""

        def register(handler: Callable[[Desk, Event], Iterable[Event] | None]) -> Any:
            self._entry("events", "events", handler, subscriptions=sorted(types))
            before = None if ahead is None else consumers.before_events(lambda events: ahead(self.desk, events))
            return self._consume("events", consumers.run_events, handler, ahead=before)

        return register

    def changes(self, handler: Callable[[Desk, bus.Change], Iterable[Event] | None]) -> Any:
        """Consume the changes of the room's own tables; what the handler answers is put on the bus once a batch. app.py
        also says `forward = room.forward` (stream → queue)."""
        return self.changes_together(None)(handler)

    def changes_together(
        self, first: Callable[[Desk, Sequence[bus.Change]], Collection[int]] | None
    ) -> Callable[[Callable[[Desk, bus.Change], Iterable[Event] | None]], Any]:
        """The same, where `first` does at once what it can of a batch and answers the positions of what is done; what
        is left is done one by one, and so is everything where that fails."""

        def register(handler: Callable[[Desk, bus.Change], Iterable[Event] | None]) -> Any:
            if "changes" not in self.shared:
                self._entry("changes", "changes", handler)
            forward = f"{handler.__module__}.forward"
            described = self._describe("forward", "forward", forward, timeout=WORK_TIMEOUT_SECONDS)
            self.entries.append({**described, "followed": list(self._followed)})
            together = None if first is None else lambda changes: first(self.desk, changes)
            return self._consume("changes", consumers.run_changes, handler, together)

        return register

    def follows(self, change: bus.Change) -> bool:
        """Whether the stream tells of it at all: what its filter lets through (infra.streams)."""
        return change.sk.startswith(self._followed) if self._followed else True

    def forward(self, event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG002 - Lambda's signature
        """The stream entry: hands every record to the queues that want it. What is not followed is dropped here as
        well, so that nothing works on one machine that no stack would do."""
        routed: dict[str, list[dict[str, Any]]] = {}
        for change in filter(self.follows, map(bus.change_of, event["Records"])):
            for queue in self._queues_of(change) if self._queues_of else ("changes",):
                routed.setdefault(queue, []).append(asdict(change))
        for queue, bodies in routed.items():
            self.host.send(queue, *bodies)
        return {}

    def queue(
        self, name: str, *, batch: int = 0, concurrency: int = 0
    ) -> Callable[[Callable[[Desk, dict[str, Any]], None]], Any]:
        """Consume a queue of the room's own, one JSON message a call. batch, concurrency: how many messages a function
        gets at once, and how many functions run side by side; 0: as many as usual."""
        options = {name: number for name, number in (("batch", batch), ("concurrency", concurrency)) if number}

        def register(handler: Callable[[Desk, dict[str, Any]], None]) -> Any:
            if name not in self.shared:
                self._entry(name, "queue", handler, queue=name, **options)
            return self._consume(name, consumers.run_messages, handler)

        return register

    def task(self, name: str) -> Callable[[Callable[[Desk, dict[str, Any]], dict[str, Any]]], Any]:
        """A Step Functions task: payload in, JSON out; errors keep their class names for Retry and Catch."""

        def register(handler: Callable[[Desk, dict[str, Any]], dict[str, Any]]) -> Any:
            self._entry(name, "task", handler)

            def run(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
                return consumers.task(self.host, partial(handler, self.desk), event)

            return self.lambda_function(name=name)(_named(run, handler))

        return register

    def schedule(self, expression: Any, name: str | None = None, description: str = "") -> Callable[..., Any]:  # noqa: ARG002 - Chalice's
        """Run `handler(desk, now)` by a rate(…) or cron(…) expression in the tenant's zone. It may answer a moment
        before which it has nothing to do, unless its room is called."""

        def register(handler: Callable[[Desk, datetime], datetime | None]) -> Any:
            entry = name or handler.__name__
            self._entry(entry, "schedule", handler, schedule=expression)

            def run(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
                return consumers.scheduled(self.host, partial(handler, self.desk))

            return self.lambda_function(name=entry)(_named(run, handler))

        return register

    def manifest(self) -> dict[str, Any]:
        """What the build writes beside the bundle, and infra makes functions, queues and rules from."""
        http = self._describe("http", "http", f"{self.module}.room", timeout=HTTP_TIMEOUT_SECONDS)
        http["paths"], http["exact_paths"] = list(self.paths), list(self.exact_paths)
        apart = [{**entry, "handler": http["handler"]} for entry in self._apart]
        return {"function": self.app_name, "schema": 1, "entries": [http, *apart, *self.entries]}

    def _consume(
        self,
        name: str,
        make: Callable[[Any], consumers.Run],
        handler: Callable[..., Any],
        together: consumers.Together | None = None,
        ahead: consumers.Ahead | None = None,
    ) -> Any:
        """An entry behind the queue `<room>-<name>`: the consumer gets each batch as it came, and the handler at its
        desk. What another queue carries is done by that one's entry."""

        def own() -> consumers.Run:
            return make(partial(handler, self.desk))

        def run(records: Any) -> Any:
            carried = {other: self._carried[other]() for other, by in self.shared.items() if by == name}
            batch, context = records.to_dict(), records.context
            before = consumers.Before(together, ahead)
            with self._around(self.desk):
                return consumers.consume(self.host, own(), batch, context, before=before, others=carried)

        self._carried[name] = own
        return self.on_sqs_message(queue=f"{self.app_name}-{name}", name=name)(_named(run, handler))

    def _entry(self, name: str, kind: str, handler: Callable[..., Any], **facts: Any) -> None:
        where = f"{handler.__module__}.{handler.__name__}"
        self.entries.append({**self._describe(name, kind, where, timeout=WORK_TIMEOUT_SECONDS), **facts})

    @staticmethod
    def _describe(name: str, kind: str, handler: str, timeout: int) -> dict[str, Any]:
        return {"name": name, "kind": kind, "handler": handler, "timeout": timeout, "memory": 512}


def _named(run: Callable[..., Any], handler: Callable[..., Any]) -> Callable[..., Any]:
    run.__name__, run.__module__, run.__doc__ = handler.__name__, handler.__module__, handler.__doc__
    return run
