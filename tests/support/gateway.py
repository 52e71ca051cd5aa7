"""A room on a port of its own, as a hub that answers over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from hub.edge.openapi import document
from hub.edge.room import Room
from hubctl.http_api import answer_of
from tests.support.http import Context, http_event


@contextmanager
def gateway(room: Room[Any]) -> Iterator[str]:
    """The base URL: the room's routes, and its reference under /openapi.json."""
    reference = json.dumps(document([room], "1", {})).encode()

    class Gateway(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
            event = http_event(self.command, self.path, raw, dict(self.headers))
            got = {"statusCode": 200, "body": reference.decode()}
            if self.path != "/openapi.json":
                got = room(event, Context())
            answer = answer_of(got)
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_OPTIONS = handle_one  # noqa: N815 - http.server's names

        def log_message(self, *_args: Any) -> None:
            """Nothing on the test's output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
