"""Receive events of a hub: verify each delivery (Standard Webhooks), take each id once, answer fast.

    .venv/bin/python examples/receive_webhook.py whsec_… --port 3000

Prints a line an event. Needs `pip install standardwebhooks`, which any language has its like of.
"""

from __future__ import annotations

import argparse
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError


def receiver(secret: str, port: int) -> ThreadingHTTPServer:
    """A server on 127.0.0.1 that takes deliveries signed with `secret`."""
    webhook, seen = Webhook(secret), set[str]()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length", "0")))
            try:
                event = webhook.verify(raw, dict(self.headers.items()))
            except WebhookVerificationError:
                self.answer(401)
                return
            if event["id"] not in seen:  # a repeat has the same id: take it once, answer it again
                seen.add(event["id"])
                handle(event)
            self.answer(204)

        def answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    return ThreadingHTTPServer(("127.0.0.1", port), Receiver)


def handle(event: dict[str, Any]) -> None:
    """Yours: put it where your work is done, and come back."""
    sys.stdout.write(f"{event['type']} {event['subject']} {json.dumps(event['data'], ensure_ascii=False)}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("secret", help="whsec_…, as it was shown when the endpoint was registered")
    parser.add_argument("--port", type=int, default=3000)
    options = parser.parse_args()
    server = receiver(options.secret, options.port)
    sys.stderr.write(f"listening on http://127.0.0.1:{server.server_address[1]}/\n")
    server.serve_forever()


if __name__ == "__main__":
    main()
