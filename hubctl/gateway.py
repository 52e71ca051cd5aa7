"""The hub's front on this machine: an HTTP API on loopback that calls the functions behind its routes.

The embedded AWS has an HTTP API of its own; this one is used instead because it passes any bytes on (a body
that is no UTF-8 would arrive changed there) and costs one hop less.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from hubctl.aws_host import Invoke
from hubctl.clock import local_api
from hubctl.clock.activity import Activity
from hubctl.http_api import (
    BODY_BYTES_MAX,
    HttpAnswer,
    HttpRequest,
    Route,
    RouteTable,
    answer_of,
    decode_path,
    error_answer,
    event_of,
    json_answer,
)
from hubctl.serving import Receive, Scope, Send, answer_lifespan, read_body, send_answer

WAITING_REQUESTS_MAX = 256

Result = TypeVar("Result")


class Gateway:
    """The ASGI app. Until `open`, every request is answered 503.

    activity: where requests count as work. on_request: called as each comes. local_clock: answers what this machine
    asks of the hub's clock, which is no work of the hub.
    """

    def __init__(
        self,
        invoke: Invoke,
        activity: Activity,
        on_request: Callable[[], None] = lambda: None,
        local_clock: Callable[[HttpRequest], HttpAnswer] | None = None,
    ) -> None:
        self._invoke = invoke
        self._activity = activity
        self._on_request = on_request
        self._local_clock = local_clock
        self._routes = RouteTable(())
        self._open = False
        self._threads = ThreadPoolExecutor(WAITING_REQUESTS_MAX, thread_name_prefix="hub-request")

    def open(self, routes: Iterable[Route]) -> None:
        """Takes requests from now on, along these routes."""
        self._routes = RouteTable(routes)
        self._open = True

    def close(self) -> None:
        self._open = False
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await answer_lifespan(receive, send)
        if scope["type"] != "http":
            return None
        body = await read_body(receive, BODY_BYTES_MAX)
        request = _request(scope, body or b"")
        if self._local_clock and self._open and request.path.startswith(local_api.PATH):
            answer = await self._in_thread(self._local_clock, request)
        else:
            self._on_request()
            with self._activity.during(f"{request.method} {request.path}"):
                answer = await self._answer(request) if body is not None else _TOO_LARGE
        content = b"" if scope["method"] == "HEAD" else answer.body
        return await send_answer(send, answer.status, list(answer.headers), content)

    async def _answer(self, request: HttpRequest) -> HttpAnswer:
        if not self._open:
            return json_answer(503, {"message": "Service Unavailable"})
        if request.path == "/":
            return HttpAnswer(307, (("location", "/docs"),), b"")
        route = self._routes.find(request.method, decode_path(request.path))
        if route is None:
            return json_answer(404, {"message": "Not Found"})
        event = event_of(request, *route)
        outcome = await self._in_thread(self._invoke, route[0].function, event)
        if outcome.failed:
            return error_answer(outcome.answer["error"]["errorType"])
        return answer_of(outcome.answer["ok"])

    async def _in_thread(self, action: Callable[..., Result], *arguments: Any) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, action, *arguments)


_TOO_LARGE = json_answer(413, {"message": "Request Entity Too Large"})


def _request(scope: Scope, body: bytes) -> HttpRequest:
    raw_path = scope.get("raw_path") or scope["path"].encode()
    return HttpRequest(
        method=scope["method"],
        path=raw_path.partition(b"?")[0].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]],
        body=body,
        client=(scope.get("client") or ("127.0.0.1", 0))[0],
    )
