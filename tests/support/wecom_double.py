"""A small WeCom on loopback: gives tokens, takes messages, says what a test tells it to say."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Wecom:
    """url: where it listens (`<url>/wecom/cgi-bin/…`). messages: what it took. answers: said next instead of "ok"."""

    url: str = ""
    messages: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    tokens_given: int = 0

    def answer(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """What WeCom would say."""
        if path.endswith("/gettoken"):
            self.tokens_given += 1
            return {"errcode": 0, "errmsg": "ok", "access_token": "token-1", "expires_in": 7200}
        if self.answers:
            return self.answers.pop(0)
        if body not in self.messages or body.get("enable_duplicate_check") != 1:
            self.messages.append(body)
        number = self.messages.index(body) + 1
        return {"errcode": 0, "errmsg": "ok", "invaliduser": "", "msgid": f"m{number}"}


@contextmanager
def wecom_double() -> Iterator[Wecom]:
    """A listening double, stopped at the end."""
    double = Wecom()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["content-length"]))))

        def log_message(self, *_: Any) -> None:
            """Quiet."""

        def _answer(self, body: dict[str, Any]) -> None:
            raw = json.dumps(double.answer(self.path.partition("?")[0], body)).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    double.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
