"""Serves an ASGI app on a loopback port, in a thread with its own event loop, and stops without leftovers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import uvicorn
from hypercorn.asyncio import serve
from hypercorn.config import Config

from hubctl.failures import OperatorError

LOOPBACK = "127.0.0.1"
BACKLOG = 1000
STOP_SECONDS = 10.0
KEEP_ALIVE_SECONDS = 75

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]


class PortTakenError(OperatorError):
    """The port that was asked for can't be had: another program, perhaps another hub, listens there."""


def claim_port(port: int = 0) -> socket.socket:
    """A listening loopback socket on `port` (0: any free one). Raises PortTakenError."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((LOOPBACK, port))
    except OSError as error:
        listener.close()
        why = "needs rights that you don't have" if isinstance(error, PermissionError) else "is in use"
        raise PortTakenError(f"{LOOPBACK}:{port} {why}: choose another with --port (0: any free one)") from error
    listener.listen(BACKLOG)
    return listener


class Server:
    """One app on one listening socket, which accepts from the start; requests wait until the app is up. lean: by
    the quicker of two servers, for callers of this machine alone (docs/adr/0044-a-lean-server.md)."""

    def __init__(self, name: str, app: AsgiApp, listener: socket.socket, *, lean: bool = False) -> None:
        self._lean = lean
        self.port: int = listener.getsockname()[1]
        self.url = f"http://{LOOPBACK}:{self.port}"
        self._app = app
        self._listener = listener
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name=f"hub-{name}", daemon=True)

    def start(self) -> Server:
        self._thread.start()
        return self

    def stop(self) -> None:
        """Answers what is under way (for a second), then frees the port."""
        if self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # the loop closed by itself meanwhile
                self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(STOP_SECONDS)
        with contextlib.suppress(OSError):
            self._listener.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serving())
        finally:
            self._loop.close()

    async def _serving(self) -> None:
        own = socket.socket(fileno=self._listener.detach())  # whoever made it may close it at any time
        await (self._serve_lean(own) if self._lean else self._serve(own))

    async def _serve_lean(self, own: socket.socket) -> None:
        config = uvicorn.Config(
            self._app,
            http="httptools",
            ws="none",
            log_config=None,
            access_log=False,
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[own]))
        await self._stop.wait()
        server.should_exit = True
        await serving

    async def _serve(self, own: socket.socket) -> None:
        config = Config()
        config.bind = [f"fd://{own.detach()}"]
        config.backlog = BACKLOG
        config.keep_alive_timeout = KEEP_ALIVE_SECONDS
        config.graceful_timeout = 1
        config.shutdown_timeout = 5
        config.errorlog = None
        app: Any = self._app  # hypercorn types each message apart; ours are plain dicts
        await serve(app, config, shutdown_trigger=self._stop.wait, mode="asgi")


async def answer_lifespan(receive: Receive, send: Send) -> None:
    """The start and stop messages of an app that has nothing to do for them."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def read_body(receive: Receive, limit_bytes: int) -> bytes | None:
    """The whole request body, or None when it is longer than `limit_bytes`; read to its end, never kept beyond."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        chunk = message.get("body", b"")
        size += len(chunk)
        parts = [*parts, chunk] if size <= limit_bytes else []
        if not message.get("more_body", False):
            return b"".join(parts) if size <= limit_bytes else None


async def send_answer(send: Send, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    """One whole answer, with its length."""
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]
    if not any(name == b"content-length" for name, _ in raw):
        raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def send_json(send: Send, status: int, answer: object, headers: Mapping[str, str] | None = None) -> None:
    """One JSON answer, unescaped as the platforms send theirs."""
    body = json.dumps(answer, ensure_ascii=False).encode()
    sent_headers = [("content-type", "application/json; charset=utf-8"), *(headers or {}).items()]
    await send_answer(send, status, sent_headers, body)


async def send_text(send: Send, status: int, text: str, headers: Mapping[str, str] | None = None) -> None:
    """One answer in plain text."""
    sent_headers = [("content-type", "text/plain; charset=utf-8"), *(headers or {}).items()]
    await send_answer(send, status, sent_headers, text.encode())
