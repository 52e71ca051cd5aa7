"""Live reads: the platform's word while it answers, its last one for five minutes, and decisions put right."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest

from functions.webhooks import app
from functions.webhooks.handlers import decisions, touched
from functions.webhooks.orders.live import TIMEOUT_SECONDS
from functions.webhooks.orders.orders import order_id
from hub.contracts.events import OrderTouched
from hub.kernel.clock import StepClock
from hub.store.circuit import FAILURES_LIMIT, OPEN_SECONDS
from tests.support.http import Answer, Context, bus_batch, call, token
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


@pytest.fixture
def desk() -> Iterator[Desk]:
    shop, clock = Shop(), StepClock(datetime.now(UTC).replace(microsecond=0))
    with (
        serving(shop, clock.now - timedelta(hours=1)) as url,
        simulated_stack(clock=clock, HUB_PLATFORMS_URL=url) as stack,
    ):
        found = Desk(stack, shop, clock)
        found.hint()
        yield found


def test_a_live_read_is_the_platforms_word(desk: Desk) -> None:
    """The order is read again and noted: what changed on the platform a moment ago is in the answer."""
    desk.shop.status = SHIPPED
    desk.clock.advance(minutes=7)
    answer = desk.read().json
    assert (answer["id"], answer["state"]) == (ORDER, "shipped")
    assert answer["freshness"] == {"stale": False, "age_seconds": 0, "source": "platform"}


def test_a_stored_read_asks_nobody(desk: Desk) -> None:
    """Without live=true the order is what we know, with its age."""
    desk.clock.advance(minutes=7)
    reads = desk.shop.reads
    answer = desk.read(live="").json
    assert answer["freshness"] == {"stale": False, "age_seconds": 420, "source": "cache"}
    assert (answer["state"], desk.shop.reads) == ("paid", reads)


def test_a_platform_that_hangs_is_answered_for_by_its_last_word_for_five_minutes(desk: Desk) -> None:
    """At +4 min the stored order with its age, after three seconds at most; at +6 min 503 and when to try again."""
    desk.shop.hanging.clear()
    desk.clock.advance(minutes=4)
    answer = desk.read()
    assert (answer.status, answer.json["state"]) == (200, "paid")
    assert answer.json["freshness"] == {"stale": True, "age_seconds": 240, "source": "cache"}
    desk.clock.advance(minutes=2)
    desk.shop.hanging.set()
    desk.fail()
    refused = desk.read()
    assert (refused.status, refused.json["type"]) == (503, "urn:scrm-hub:problem:platform-unavailable")
    assert int(refused.headers["retry-after"]) >= 1
    assert sum(TIMEOUT_SECONDS) <= 3


def test_a_read_that_changed_nothing_is_fresh_too(desk: Desk) -> None:
    """The five minutes count from when the platform last told us, not from when the order last changed."""
    desk.clock.advance(minutes=20)
    assert desk.read().json["freshness"]["source"] == "platform"
    desk.fail()
    desk.clock.advance(minutes=3)
    assert desk.read().json["freshness"] == {"stale": True, "age_seconds": 180, "source": "cache"}


def test_a_platform_that_is_down_is_not_asked_each_time(desk: Desk) -> None:
    """After three failures the circuit is open: readers get the stored order at once, and when it ends."""
    desk.fail()
    reads = desk.shop.reads
    answers = [desk.read().json["freshness"]["stale"] for _ in range(FAILURES_LIMIT + 3)]
    assert (answers, desk.shop.reads - reads) == ([True] * (FAILURES_LIMIT + 3), FAILURES_LIMIT)
    desk.clock.advance(minutes=5, seconds=-1)
    desk.read()
    desk.clock.advance(seconds=2)
    assert desk.read().headers["retry-after"] == str(OPEN_SECONDS - 2)


def test_a_state_in_unknown_words_is_no_answer(desk: Desk) -> None:
    """What can't be understood is kept for whoever maps it; the reader gets what we knew, marked."""
    desk.shop.status = FROZEN
    answer = desk.read().json
    assert (answer["state"], answer["freshness"]["stale"]) == ("paid", True)


def test_a_decision_on_a_stale_state_is_corrected_when_the_platform_answers(desk: Desk) -> None:
    """It was taken on "paid"; the order had shipped meanwhile: said once, with the state that holds."""
    desk.fail()
    assert desk.check("tkt_1").json["freshness"]["stale"] is True
    assert (desk.recheck(), len(desk.tags())) == ([], 1)
    desk.recover(SHIPPED)
    (event,) = desk.recheck()
    assert {name: event[name] for name in ("decision", "order_id", "assumed", "state", "connection_id", "channel")} == {
        "decision": "tkt_1",
        "order_id": ORDER,
        "assumed": "paid",
        "state": "shipped",
        "connection_id": DOUYIN.id,
        "channel": "douyin",
    }
    assert (desk.recheck(), desk.tags()) == ([], [])


def test_a_decision_that_was_right_is_let_be(desk: Desk) -> None:
    """The platform answers with the state that was assumed: nothing is said, and the tag is gone."""
    desk.fail()
    desk.check("tkt_1")
    desk.recover(PAID)
    assert (desk.recheck(), desk.tags()) == ([], [])


def test_a_decision_on_a_fresh_state_is_not_tagged(desk: Desk) -> None:
    """There is nothing to check later."""
    assert desk.check().json["freshness"]["source"] == "platform"
    assert desk.tags() == []


def test_each_decision_on_an_order_is_corrected_under_an_id_of_its_own(desk: Desk) -> None:
    """Two decisions are two facts; one that was taken twice is one."""
    desk.fail()
    for decision in ("tkt_1", "tkt_2", "tkt_2"):
        desk.check(decision)
    desk.recover(SHIPPED)
    events = desk.recheck()
    assert sorted(event["decision"] for event in events) == ["tkt_1", "tkt_2"]
    assert len({event["id"] for event in events}) == 2


def test_a_decision_waits_as_long_as_its_platform_is_down(desk: Desk) -> None:
    """However many runs find nobody there; each run asks a platform that is down once at most."""
    desk.fail()
    for number in range(5):
        desk.check(f"tkt_{number}")
    reads = desk.shop.reads
    assert [desk.recheck() for _ in range(4)] == [[], [], [], []]
    assert (len(desk.tags()), desk.shop.reads - reads) == (5, 4)


def test_an_order_that_there_is_not_and_a_caller_who_may_not(desk: Desk) -> None:
    """404 for an unknown order, 403 for who does not decide, 422 naming what is wrong with a decision."""
    assert call(app.room, "GET", "/webhooks/orders/ord_none", query={"live": "true"}).status == 404
    assert desk.check(as_=token("finance")).status == 403
    refused = desk.check("#")
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/decision")


def test_an_order_of_a_connection_that_is_gone_says_so(desk: Desk) -> None:
    """Nobody can be asked: 409, and the stored order is still there to read."""
    desk.stack.clients["ssm"].delete_parameter(Name=f"/hub/demo/connections/{DOUYIN.id}")
    desk.clock.advance(minutes=2)
    assert (desk.read().status, desk.read(live="").status) == (409, 200)
