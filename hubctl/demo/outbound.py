"""Act 11: an integrator's endpoint heard the whole day. It is a server of its own here; each delivery is verified as
the hub's own door for signed webhooks would, and held against what the hub says that it sent."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from hub.channels.base import Delivery, Rejected
from hub.channels.open.codec import DOOR
from hubctl.demo.stage import Stage

PAGE = 200
PATH = "/webhooks/endpoints"
SURELY = ("message.received", "ticket.opened", "ticket.assigned", "rung.fired", "ticket.closed", "order.paid")
"""What the day cannot go by without."""


@dataclass
class Ear:
    """The receiver. bodies: of each delivery that verified; forged: how many did not."""

    port: int = 0
    endpoint_id: str = ""
    secret: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    forged: int = 0

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """One delivery; the status to answer."""
        delivery = Delivery("POST", headers=headers, body=body, at=time.time())
        try:
            DOOR.open(delivery, {"secret": self.secret})
        except Rejected:
            self.forged += 1
            return 401
        self.bodies.append(json.loads(body))
        return 204


@contextmanager
def listening() -> Iterator[Ear]:
    """Inside, a receiver on a free port."""
    ear = Ear()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            self.send_response(ear.take({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    ear.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield ear
    finally:
        server.shutdown()
        server.server_close()


def register(stage: Stage, ear: Ear) -> None:
    """Before the day begins."""
    body = {"url": f"http://127.0.0.1:{ear.port}/day", "events": ["*"], "description": "the demo day"}
    made = stage.call("POST", PATH, body, expect=201)
    ear.endpoint_id, ear.secret = made["id"], made["secret"]


def what_was_heard(stage: Stage, ear: Ear) -> dict[str, int]:
    """All that was sent has arrived, signed, each once. Answers how often each type was heard."""
    stage.begin("11 An integrator's endpoint · 事件推送")
    rows = stage.eventually("every event is delivered", lambda: _all_delivered(stage, ear))
    ids = Counter(event["id"] for event in ear.bodies)
    types = Counter(event["type"] for event in ear.bodies)
    stage.check(ear.forged == 0, "every delivery verifies as Standard Webhooks say", f"{len(ear.bodies)} deliveries")
    stage.check(set(ids) == {row["event_id"] for row in rows}, "what arrived is what the hub says that it sent")
    stage.check(max(ids.values()) == 1, "each event once, under its own webhook-id", f"{len(ids)} events")
    stage.check(set(SURELY) <= set(types), "from the first message to the last order", ", ".join(sorted(types)))
    return dict(types)


def _all_delivered(stage: Stage, ear: Ear) -> list[dict[str, Any]] | None:
    rows: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = stage.call("GET", f"{PATH}/{ear.endpoint_id}/deliveries?limit={PAGE}&cursor={cursor}")
        rows, cursor = rows + page["data"], page["next_cursor"]
        if not cursor:
            break
    return rows if rows and all(row["state"] == "delivered" for row in rows) else None
