"""The hub's front on this machine: an HTTP API on loopback that calls the functions behind its routes.

The embedded AWS has an HTTP API of its own; this one is used instead because it passes any bytes on (a body
that is no UTF-8 would arrive changed there) and costs one hop less.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from hubctl.aws_host import Invoke
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


class Gateway:
    """The ASGI app. Until `open`, every request is answered 503."""

    def __init__(self, invoke: Invoke) -> None:
        self._invoke = invoke
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
        answer = await self._answer(_request(scope, body)) if body is not None else _TOO_LARGE
        content = b"" if scope["method"] == "HEAD" else answer.body
        return await send_answer(send, answer.status, list(answer.headers), content)

    async def _answer(self, request: HttpRequest) -> HttpAnswer:
        if not self._open:
            return json_answer(503, {"message": "Service Unavailable"})
        if request.path == "/":
            return HttpAnswer(307, (("location", "/docs"),), b"")
        found = self._routes.find(request.method, decode_path(request.path))
        if found is None:
            return json_answer(404, {"message": "Not Found"})
        event = event_of(request, *found)
        loop = asyncio.get_running_loop()
        outcome = await loop.run_in_executor(self._threads, self._invoke, found[0].function, event)
        if outcome.failed:
            return error_answer(outcome.answer["error"]["errorType"])
        return answer_of(outcome.answer["ok"])


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
