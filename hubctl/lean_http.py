"""A lean HTTP/1.1 server for the embedded AWS alone: its callers are SDKs on this machine, one request after the other
on a connection that stays open.

It knows what they send: bodies with a length or in chunks, `Expect: 100-continue`, HEAD. What it does not know (TLS,
HTTP/2, WebSocket, pipelining beyond a queue, trailers) nobody here sends. A server for everything took half of the
embedded AWS's time (docs/adr/0044-a-lean-server.md).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

HEAD_LIMIT_BYTES = 65_536
BODY_LIMIT_BYTES = 64_000_000
STOP_SECONDS = 1.0

App = Callable[[MutableMapping[str, Any], Any, Any], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]


class BadRequestError(ValueError):
    """What came is no request of HTTP/1.1."""


@dataclass
class Head:
    """A request without its body. length: of the body in bytes, None where it comes in chunks."""

    method: str
    target: bytes
    headers: Headers
    length: int | None
    close: bool
    waits: bool


def parse_head(raw: bytes) -> Head:
    """The head of a request, up to its empty line. Raises BadRequestError."""
    first, *lines = raw.split(b"\r\n")
    try:
        method, target, version = first.split(b" ")
        pairs = [line.split(b":", 1) for line in lines]
        headers = [(name.strip().lower(), value.strip()) for name, value in pairs]
        known = dict(headers)
        chunked = known.get(b"transfer-encoding", b"").lower() == b"chunked"
        length = None if chunked else int(known.get(b"content-length", b"0"))
    except ValueError as error:
        raise BadRequestError("unreadable head") from error
    if length is not None and not 0 <= length <= BODY_LIMIT_BYTES:
        raise BadRequestError("too long")
    close = version == b"HTTP/1.0" or known.get(b"connection", b"").lower() == b"close"
    waits = known.get(b"expect", b"").lower() == b"100-continue"
    return Head(method.decode("latin-1"), target, headers, length, close, waits)


def take_body(buffer: bytearray, length: int | None) -> bytes | None:
    """The body at the begin of the buffer, taken out of it; None while not all of it is there. Raises
    BadRequestError."""
    if length is not None:
        if len(buffer) < length:
            return None
        body = bytes(buffer[:length])
        del buffer[:length]
        return body
    parts, position = [], 0
    while (end := buffer.find(b"\r\n", position)) >= 0:
        try:
            size = int(bytes(buffer[position:end]).partition(b";")[0], 16)
        except ValueError as error:
            raise BadRequestError("unreadable chunk") from error
        if len(buffer) < end + 2 + size + 2:
            return None
        parts.append(bytes(buffer[end + 2 : end + 2 + size]))
        position = end + 2 + size + 2
        if size == 0:
            del buffer[:position]
            return b"".join(parts)
    return None


class Connection(asyncio.Protocol):
    """One caller's connection: a request is answered before the next one is begun."""

    def __init__(self, app: App, open_ones: set[Connection]) -> None:
        self._app, self._open_ones = app, open_ones
        self._buffer = bytearray()
        self._task: asyncio.Task[None] | None = None
        self._gone = asyncio.Event()
        self._head: Head | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._open_ones.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._gone.set()
        self._open_ones.discard(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._task is None:
            self._begin()

    def close(self) -> None:
        self._transport.close()

    @property
    def busy(self) -> bool:
        return self._task is not None

    def _begin(self) -> None:
        """Begin the next request, once all of it is there."""
        try:
            request = self._next()
        except BadRequestError:
            self._transport.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            self._transport.close()
            return
        if request is not None:
            self._task = asyncio.get_running_loop().create_task(self._answer(*request))
            self._task.add_done_callback(lambda task: task.cancelled() or task.exception())  # it was answered with 500

    def _next(self) -> tuple[Head, bytes] | None:
        if self._head is None:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                if len(self._buffer) > HEAD_LIMIT_BYTES:
                    raise BadRequestError("too long a head")
                return None
            self._head = parse_head(bytes(self._buffer[:end]))
            del self._buffer[: end + 4]
            if self._head.waits:
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = take_body(self._buffer, self._head.length)
        if body is None:
            return None
        head, self._head = self._head, None
        return head, body

    async def _answer(self, head: Head, body: bytes) -> None:
        answer = Answer(self._transport, head)
        left: list[dict[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if left:
                return left.pop()
            await self._gone.wait()
            return {"type": "http.disconnect"}

        try:
            await self._app(_scope(head, self._transport), receive, answer.send)
            answer.done = True
        finally:
            self._task = None
            answer.close()
        if head.close:
            self._transport.close()
        elif self._buffer and not self._gone.is_set():
            self._begin()


@dataclass
class Answer:
    """An answer on its way out: whole where its body is one part, in chunks where it is several of no known length."""

    transport: Any
    head: Head
    status: int = 0
    headers: tuple[tuple[bytes, bytes], ...] = ()
    begun: bool = False
    chunked: bool = False
    done: bool = False

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """ASGI's `send`."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], tuple(message.get("headers", ()))
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        parts = [] if self.begun else [self._first(len(body), more)]
        if self.head.method != "HEAD":
            parts.append(b"%x\r\n%b\r\n" % (len(body), body) if self.chunked and body else body)
            if self.chunked and not more:
                parts.append(b"0\r\n\r\n")
        self.transport.write(b"".join(parts))

    def close(self) -> None:
        """Where the app broke, say so if nothing has been said yet, and hang up."""
        if self.done:
            return
        if not self.begun:
            self.transport.write(b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n")
        self.transport.close()

    def _first(self, size: int, more: bool) -> bytes:
        """The status and the headers."""
        self.begun = True
        named = {name.lower() for name, _ in self.headers}
        lines = [f"HTTP/1.1 {self.status} {_phrase(self.status)}".encode()]
        lines += [name + b": " + value for name, value in self.headers]
        if b"content-length" not in named and b"transfer-encoding" not in named:
            self.chunked = more
            lines.append(b"transfer-encoding: chunked" if more else b"content-length: %d" % size)
        return b"\r\n".join(lines) + b"\r\n\r\n"


def _phrase(status: int) -> str:
    with suppress(ValueError):
        return HTTPStatus(status).phrase
    return "Unknown"


def _scope(head: Head, transport: Any) -> dict[str, Any]:
    raw_path, _, query = head.target.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": head.method,
        "scheme": "http",
        "path": unquote(raw_path.decode("latin-1")),
        "raw_path": raw_path,
        "query_string": query,
        "root_path": "",
        "headers": head.headers,
        "client": transport.get_extra_info("peername"),
        "server": transport.get_extra_info("sockname"),
    }


async def serve_lean(app: App, listener: socket.socket, stop: asyncio.Event) -> None:
    """Answer what comes in until `stop` is set; then what is under way for a second, and no more."""
    lifespan = Lifespan(app)
    await lifespan.start()
    open_ones: set[Connection] = set()
    own = socket.socket(fileno=listener.detach())  # whoever made it may close it at any time
    own.setblocking(False)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(app, open_ones), sock=own)
    await stop.wait()
    server.close()
    deadline = loop.time() + STOP_SECONDS
    while any(each.busy for each in open_ones) and loop.time() < deadline:
        await asyncio.sleep(0.01)
    for each in list(open_ones):
        each.close()
    await lifespan.end()


class Lifespan:
    """Tells an app that it starts and ends, as servers do."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._started, self._ending = asyncio.Event(), asyncio.Event()
        self._said: asyncio.Queue[str] = asyncio.Queue()

    async def start(self) -> None:
        """Until the app is up. One that knows nothing of it is up at once."""
        self._task = asyncio.get_running_loop().create_task(self._run())
        await self._said.get()

    async def end(self) -> None:
        """Until the app has ended, for STOP_SECONDS at most."""
        self._ending.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._task), STOP_SECONDS)
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        try:
            await self._app({"type": "lifespan", "asgi": {"version": "3.0"}}, self._receive, self._send)
        finally:
            self._said.put_nowait("gone")

    async def _receive(self) -> dict[str, Any]:
        if self._started.is_set():
            await self._ending.wait()
            return {"type": "lifespan.shutdown"}
        self._started.set()
        return {"type": "lifespan.startup"}

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        self._said.put_nowait(str(message["type"]))
