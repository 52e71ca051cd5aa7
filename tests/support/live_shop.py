"""One order of a shop whose platform answers, fails or hangs as told, and the room that reads it live."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from functions.webhooks import app
from functions.webhooks.handlers import decisions, touched
from functions.webhooks.orders.orders import order_id
from hub.contracts.events import OrderTouched
from hub.kernel.clock import StepClock
from hub.store.circuit import OPEN_SECONDS
from tests.support.http import Answer, Context, bus_batch, call
from tests.support.webhooks import DOUYIN, Stack, simulated_stack

ORDER_NO = "6917000000000000001"
ORDER = order_id("demo", "douyin", "4321", ORDER_NO)
PAID, SHIPPED, FROZEN = 2, 3, "交易冻结X"


class Shop:
    """A stand-in for the platform's API with one order: answers, fails or hangs as told."""

    def __init__(self) -> None:
        self.status: int | str = PAID
        self.http_status = 200
        self.reads = 0
        self.hanging = threading.Event()
        self.hanging.set()

    def answer(self, path: str, at: datetime) -> dict[str, Any]:
        if path == "/token/create":
            return {"code": 10000, "data": {"access_token": "t1", "expires_in": 604800, "refresh_token": "r1"}}
        self.reads += 1
        self.hanging.wait(10)
        order = {
            "order_id": ORDER_NO,
            "shop_id": 4321,
            "order_status": self.status,
            "pay_amount": 12800,
            "pay_time": int(at.timestamp()),
            "update_time": int(at.timestamp()) + (60 if self.status == SHIPPED else 0),
            "doudian_open_id": "buyer-1",
        }
        return {"code": 10000, "data": {"shop_order_detail": order}}


@contextmanager
def serving(shop: Shop, at: datetime) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            answer = shop.answer(urlsplit(self.path).path.removeprefix("/douyin"), at)
            self.send_response(shop.http_status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *args: object) -> None:
            del args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        shop.hanging.set()
        server.shutdown()
        server.server_close()


class Desk:
    """The room, its clock, and the platform that it asks."""

    def __init__(self, stack: Stack, shop: Shop, clock: StepClock) -> None:
        self.stack, self.shop, self.clock = stack, shop, clock

    def hint(self) -> None:
        """The platform pushes that the order changed, and the order is read."""
        event = OrderTouched(
            id="evt_1", tenant="demo", at=self.clock.now, connection_id=DOUYIN.id, channel="douyin", shop_id="4321",
            order_no=ORDER_NO,
        )  # fmt: skip
        assert touched.on_event(bus_batch(event), Context()) == {"batchItemFailures": []}

    def read(self, live: str = "true") -> Answer:
        return call(app.room, "GET", f"/webhooks/orders/{ORDER}", query={"live": live} if live else None)

    def check(self, decision: str = "tkt_1", as_: str | None = None) -> Answer:
        return call(app.room, "POST", f"/webhooks/orders/{ORDER}/check", {"decision": decision}, as_=as_)

    def recheck(self) -> list[dict[str, Any]]:
        """A minute later the run checks decisions; what it says was corrected."""
        self.clock.advance(minutes=1)
        self.stack.emitted()
        decisions.recheck({}, Context())
        return [event for event in self.stack.emitted() if event["type"] == "decision.corrected"]

    def fail(self) -> None:
        self.shop.http_status = 503

    def recover(self, status: int | str) -> None:
        self.shop.status, self.shop.http_status = status, 200
        self.clock.advance(seconds=OPEN_SECONDS)

    def tags(self) -> list[dict[str, Any]]:
        items = self.stack.clients["dynamodb"].scan(TableName=self.stack.settings["HUB_TABLE"])["Items"]
        return [item for item in items if "#decision#" in item["pk"]["S"]]


@contextmanager
def live_desk() -> Iterator[Desk]:
    """The room with the order in it, paid an hour ago."""
    shop, clock = Shop(), StepClock(datetime.now(UTC).replace(microsecond=0))
    with (
        serving(shop, clock.now - timedelta(hours=1)) as url,
        simulated_stack(clock=clock, HUB_PLATFORMS_URL=url) as stack,
    ):
        found = Desk(stack, shop, clock)
        found.hint()
        yield found
