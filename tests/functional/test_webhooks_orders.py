"""Orders: pushed and pulled, they become paid once, and the later truth holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.webhooks import app
from functions.webhooks.connections.connections_table import Connections
from functions.webhooks.handlers import changes, pulls, touched
from functions.webhooks.orders.orders import Noting, Unmapped, events_of
from functions.webhooks.orders.orders_table import UNMAPPED_LIMIT, Orders
from hub.channels.douyin.client import FEEDS
from hub.channels.facts import OrderFacts
from hub.channels.mapping import packaged_table
from hub.channels.taobao.orders import canonical_order
from hub.contracts.events import OrderPaid, OrderTouched
from hub.kernel.clock import StepClock, parse_rfc3339, rfc3339
from hub.kernel.errors import Conflict
from hub.store.connection import Connection
from hub.store.items import plain_item
from hub.store.secrets import UNKNOWN_SECONDS
from hub.store.table import Table
from hubctl.platforms.app import Platforms
from tests.support.doubles import serving
from tests.support.http import Context, bus_batch, call, sqs_batch
from tests.support.webhooks import DOUYIN, Stack, deliver, douyin_push, simulated_stack

NOW = datetime.now(UTC).replace(microsecond=0)
UNPAID, PAID, SHIPPED = 1, 2, 3


class Shop:
    """The platform's side: what it knows of orders, and the calls that it got."""

    def __init__(self, platforms: Platforms) -> None:
        self.platforms = platforms

    def put(self, order_no: str, status: int | str, at: datetime = NOW - timedelta(minutes=5)) -> None:
        double = self.platforms.double("douyin")
        assert double is not None
        order = {
            "order_id": order_no,
            "shop_id": 4321,
            "order_status": status,
            "pay_amount": 12800,
            "promotion_pay_amount": 800,
            "pay_time": int(at.timestamp()) if status in (PAID, SHIPPED) else 0,
            "update_time": int(at.timestamp()),
            "doudian_open_id": "buyer-1",
        }
        double.control("orders", [order])

    @property
    def calls(self) -> list[str]:
        return [call["path"] for call in self.platforms.recorder.recorded("douyin")]


@pytest.fixture
def both() -> Iterator[tuple[Stack, Shop]]:
    with (
        serving({"douyin": [dict(DOUYIN.settings)]}) as (url, platforms),
        simulated_stack(HUB_PLATFORMS_URL=url) as simulated,
    ):
        yield simulated, Shop(platforms)


@pytest.fixture
def shop(both: tuple[Stack, Shop]) -> Shop:
    return both[1]


@pytest.fixture
def stack(both: tuple[Stack, Shop]) -> Stack:
    return both[0]


def order_items(stack: Stack) -> dict[str, dict[str, Any]]:
    """The order items by number, in DynamoDB's own form."""
    items = stack.clients["dynamodb"].scan(TableName=stack.settings["HUB_TABLE"])["Items"]
    return {item["order_no"]["S"]: item for item in items if item["sk"]["S"] == "order"}


def push(stack: Stack, order_no: str, message_id: str) -> None:
    """The platform's hint, from the door to the refreshed order, with the table's stream told."""
    message = {"tag": "101", "msg_id": message_id, "data": {"shop_id": 4321, "p_id": int(order_no)}}
    assert stack.door().answer(deliver(DOUYIN, douyin_push(message)))["statusCode"] == 200
    stack.publish()
    for event in stack.emitted():
        if event["type"] == "order.touched":
            with streamed(stack):
                failed = touched.on_event(bus_batch(OrderTouched(**event)), Context())
            assert failed == {"batchItemFailures": []}


@contextmanager
def streamed(stack: Stack, times: int = 1) -> Iterator[None]:
    """What changed among the orders inside is told to the room as the table's stream would, `times` times."""
    before = order_items(stack)
    yield
    for order_no, item in order_items(stack).items():
        if item != before.get(order_no):
            record = {
                "eventName": "MODIFY" if order_no in before else "INSERT",
                "eventSourceARN": "arn:aws:dynamodb:us-east-1:1:table/hub-demo-webhooks/stream/1",
                "dynamodb": {
                    "Keys": {"pk": item["pk"], "sk": item["sk"]},
                    "NewImage": item,
                    **({"OldImage": before[order_no]} if order_no in before else {}),
                },
            }
            for _ in range(times):
                changes.forward({"Records": [record]}, Context())
                changes.on_change(sqs_batch(*stack.drain("HUB_CHANGES_QUEUE_URL")), Context())


def pull(stack: Stack, times: int = 1) -> None:
    """A scheduled pull that begins an hour back, so that all the orders here lie in its window."""
    app.room.desk.connections.table.move_watermark(DOUYIN.id, "order", rfc3339(NOW - timedelta(hours=1)))
    with streamed(stack, times):
        run_pulls(stack)


def run_pulls(stack: Stack) -> None:
    """What the schedule asks for, done, and what a run that took too long leaves to the next."""
    pulls.pull({}, Context())
    while messages := stack.drain("pulls"):
        assert pulls.pull_feed(sqs_batch(*messages), Context()) == {"batchItemFailures": []}


def paid(stack: Stack) -> list[dict[str, Any]]:
    return [event for event in stack.emitted() if event["type"] == "order.paid"]


def test_a_pushed_order_is_read_again_and_announced_as_paid(stack: Stack, shop: Shop) -> None:
    """A push is only a hint: amount and buyer come from the platform's API, and the price is what the buyer paid."""
    shop.put("6917000000000000001", PAID)
    message = {"tag": "101", "msg_id": "m1", "data": {"shop_id": 4321, "p_id": 6917000000000000001}}
    stack.door().answer(deliver(DOUYIN, douyin_push(message)))
    stack.publish()
    (hint,) = stack.emitted()
    with streamed(stack):
        touched.on_event(bus_batch(OrderTouched(**hint)), Context())
    (event,) = paid(stack)
    assert (event["order_no"], event["amount_minor"], event["currency"]) == ("6917000000000000001", 12000, "CNY")
    assert (event["buyer_id"], event["channel"], event["shop_id"]) == ("buyer-1", "douyin", "4321")


@pytest.mark.parametrize("first", ["push", "pull"])
def test_an_order_is_paid_once_whoever_notices_first(stack: Stack, shop: Shop, first: str) -> None:
    """Pushed twice and pulled twice, in either order, an order is announced as paid once."""
    order_no = "6917000000000000002"
    shop.put(order_no, PAID)
    seen: list[dict[str, Any]] = []
    reads = ("/order/orderDetail", "/order/searchList")
    steps = ("push", "pull", "push", "pull") if first == "push" else ("pull", "push", "pull", "push")
    for number, step in enumerate(steps):
        if step == "pull":
            pull(stack)
        else:
            push(stack, order_no, f"m{number}")
        seen += paid(stack)
    assert [event["order_no"] for event in seen] == [order_no]
    assert [shop.calls.count(path) for path in reads] == [2, 4]


def test_a_change_told_twice_is_the_same_event(stack: Stack, shop: Shop) -> None:
    """The stream may repeat itself: the event has the same id, so consumers know it."""
    shop.put("6917000000000000003", PAID)
    pull(stack, times=2)
    events = paid(stack)
    assert len(events) == 2
    assert events[0] == events[1]


def test_paid_then_shipped_is_announced_once_and_unpaid_never(stack: Stack, shop: Shop) -> None:
    """An order that ships after it was paid says nothing more; one that is unpaid says nothing at all."""
    shop.put("1", UNPAID)
    shop.put("2", PAID)
    pull(stack)
    shop.put("2", SHIPPED, NOW - timedelta(minutes=3))
    pull(stack)
    assert [event["order_no"] for event in paid(stack)] == ["2"]
    assert {no: item["state"]["S"] for no, item in order_items(stack).items()} == {
        "1": "pending_payment",
        "2": "shipped",
    }


def test_the_later_truth_holds_whatever_comes_last(stack: Stack, shop: Shop) -> None:
    """An older state that arrives late changes nothing; of two at one time the one further along holds."""
    at = NOW - timedelta(minutes=5)
    for status, when in ((SHIPPED, at), (PAID, at - timedelta(minutes=1)), (PAID, at)):
        shop.put("6917000000000000004", status, when)
        push(stack, "6917000000000000004", f"m{status}{when}")
    (item,) = order_items(stack).values()
    assert (item["state"]["S"], item["version"]["N"]) == ("shipped", "1")


def test_an_unknown_state_waits_and_is_read_again(stack: Stack, shop: Shop) -> None:
    """A status that nobody mapped is kept as unknown, its message quarantined, and the order moves on once it can be
    understood."""
    shop.put("6917000000000000005", "交易冻结X")
    push(stack, "6917000000000000005", "m1")
    assert {no: item["state"]["S"] for no, item in order_items(stack).items()} == {"6917000000000000005": "unknown"}
    (message,) = stack.stored()
    assert (message["status"]["S"], message["reason"]["S"]) == ("quarantined", "unknown-status")
    pull(stack)
    assert paid(stack) == []
    shop.put("6917000000000000005", PAID, NOW - timedelta(days=30))
    pull(stack)
    assert [event["order_no"] for event in paid(stack)] == ["6917000000000000005"]
    before = shop.calls.count("/order/orderDetail")
    pull(stack)
    assert shop.calls.count("/order/orderDetail") == before


def test_all_pages_are_read_before_the_watermark_moves(stack: Stack, shop: Shop) -> None:
    """201 orders on three pages are all there after one run, and the connection shows how far it got."""
    for number in range(201):
        shop.put(f"{9000 + number}", PAID, NOW - timedelta(minutes=30, seconds=-number))
    before = datetime.now(UTC).replace(microsecond=0)
    run_pulls(stack)
    assert len(order_items(stack)) == 201
    watermark = parse_rfc3339(app.room.desk.connections.table.watermark(DOUYIN.id, "order"))
    assert before - FEEDS[0].lag <= watermark <= datetime.now(UTC) - FEEDS[0].lag


def test_a_failed_pull_moves_nothing_and_says_why(stack: Stack, shop: Shop) -> None:
    """When the platform refuses, the watermark stays and the connection says what to check."""
    shop.put("6917000000000000006", PAID)
    wrong = Connection(DOUYIN.id, "douyin", "enabled", {**DOUYIN.settings, "app_secret": "00000000-not-the-secret-000"})
    app.room.desk.connections.secrets.put(wrong)
    run_pulls(stack)
    assert (order_items(stack), app.room.desk.connections.table.watermark(DOUYIN.id, "order")) == ({}, "")
    rows = app.room.desk.inbox.counters.rows(DOUYIN.id)
    assert [row.facts["last_error"] for row in rows] == ["douyin-misconfigured"]
    app.room.desk.connections.secrets.put(DOUYIN)
    pull(stack)
    assert [event["order_no"] for event in paid(stack)] == ["6917000000000000006"]


def test_a_push_of_an_order_that_nobody_understands_is_remembered(stack: Stack, shop: Shop) -> None:
    """Pulled first and pushed afterwards, both in unknown words, it was not recovered: a push told of it."""
    shop.put("6917000000000000009", "交易冻结X")
    pull(stack)
    push(stack, "6917000000000000009", "m1")
    shop.put("6917000000000000009", PAID)
    pull(stack)
    (item,) = order_items(stack).values()
    assert (item["state"]["S"], item["pushed"]["BOOL"]) == ("paid", True)


def test_an_unknown_order_that_turns_out_to_be_another_shops_leaves_nothing(stack: Stack, shop: Shop) -> None:
    """Where the settings name another shop than the order does, what stood for the unknown order goes."""
    app.room.desk.connections.secrets.put(
        Connection(DOUYIN.id, "douyin", "enabled", {**DOUYIN.settings, "shop_id": "4320"})
    )
    shop.put("6917000000000000010", "交易冻结X")
    pull(stack)
    shop.put("6917000000000000010", PAID)
    pull(stack)
    items = stack.clients["dynamodb"].scan(TableName=stack.settings["HUB_TABLE"])["Items"]
    assert [(item["state"]["S"], item["shop_id"]["S"]) for item in items if "order_id" in item] == [("paid", "4321")]


def test_an_order_too_large_for_the_queue_is_read_from_the_table(stack: Stack) -> None:
    """The stream's record left the images out: it is announced all the same, under the same ids."""
    orders = Orders(Table(stack.settings["HUB_TABLE"], stack.clients["dynamodb"]), "demo", ZONE)
    facts = replace(truth(1, "paid", 30), tracking_nos=tuple(f"{n:0100}" for n in range(1000)))
    with streamed(stack, times=2):
        assert orders.transition(facts, Noting("con_1", "douyin", NOW, NOW))
    said = [(event["type"], event["id"]) for event in stack.emitted()]
    assert [kind for kind, _ in said] == ["order.paid", "order.changed"] * 2
    assert len(set(said)) == 2


def test_of_two_pulls_at_once_the_slower_is_no_failure(stack: Stack, shop: Shop) -> None:
    """Another run moved the watermark meanwhile: that one counts, and nobody is told that the connection fails."""

    class Slower(Connections):
        def move_watermark(self, connection_id: str, feed: str, watermark: str, was: str | None = None) -> None:
            raise Conflict("it has changed since")

    shop.put("6917000000000000011", PAID, NOW - timedelta(hours=2))
    host, desk = app.room.host, app.room.desk
    slower = replace(
        desk.connections, table=Slower("demo", Table(stack.settings["HUB_TABLE"], stack.clients["dynamodb"]))
    )
    app.room.install(host, replace(desk, connections=slower))
    run_pulls(stack)
    assert (len(order_items(stack)), app.room.desk.inbox.counters.rows(DOUYIN.id)) == (1, [])


def test_unknown_orders_are_read_again_a_page_a_run(stack: Stack) -> None:
    """However many they are, each run reads one page, and the next one goes on where it ended."""
    orders = Orders(Table(stack.settings["HUB_TABLE"], stack.clients["dynamodb"]), "demo", ZONE)
    for number in range(UNMAPPED_LIMIT + 1):
        orders.note_unknown(
            Unmapped("con_GONE", "order", str(number), "", "unknown-status"),
            "1",
            Noting("con_GONE", "douyin", NOW, NOW),
        )
    pulls.pull_feed(sqs_batch({"kind": "unmapped"}), Context())
    (following,) = stack.drain("pulls")
    assert (following["kind"], following["pages"]) == ("unmapped", 2)
    assert pulls.pull_feed(sqs_batch(following), Context()) == {"batchItemFailures": []}
    assert stack.drain("pulls") == []


def test_a_hint_on_a_connection_that_was_just_enabled_elsewhere_is_followed(stack: Stack, shop: Shop) -> None:
    """Another process enabled it within the minute that connections are cached, and published what was held."""
    clock = stack.clock = StepClock(NOW)
    stack.secrets().put(Connection(DOUYIN.id, "douyin", "disabled", DOUYIN.settings))
    stack.restart()
    assert app.room.desk.orders.shops.find(DOUYIN.id) is None
    stack.secrets().put(DOUYIN)
    clock.advance(seconds=UNKNOWN_SECONDS)
    shop.put("6917000000000000012", PAID)
    order = {"channel": "douyin", "shop_id": "4321", "order_no": "6917000000000000012"}
    event = OrderTouched(id="evt_1", tenant="demo", at=NOW, connection_id=DOUYIN.id, **order)
    assert touched.on_event(bus_batch(event), Context()) == {"batchItemFailures": []}
    assert list(order_items(stack)) == ["6917000000000000012"]


def test_one_token_serves_all_calls(stack: Stack, shop: Shop) -> None:
    """However many orders are read, the platform is asked for a token once."""
    for number in range(5):
        shop.put(str(number + 1), PAID)
        push(stack, str(number + 1), f"m{number}")
    assert shop.calls.count("/token/create") == 1


@pytest.mark.parametrize(("shop_id", "expected"), [("4321", DOUYIN.id), ("4322", "con_SECOND"), ("4323", DOUYIN.id)])
def test_an_order_is_read_with_its_own_shops_token(stack: Stack, shop_id: str, expected: str) -> None:
    """An app pushes for all its shops to one URL: another shop's order is read by that shop's connection."""
    second = {**DOUYIN.settings, "shop_id": "4322"}
    app.room.desk.connections.secrets.put(Connection("con_SECOND", "douyin", "enabled", second))
    app.room.desk.connections.secrets.put(Connection("con_THIRD", "kuaishou", "enabled", {"shop_id": "4323"}))
    shop = app.room.desk.orders.shops.find(DOUYIN.id, "douyin", shop_id)
    assert shop is not None
    assert shop.connection_id == expected


def test_an_order_of_a_connection_that_is_gone_is_let_go(stack: Stack) -> None:
    """A hint about a connection that no longer exists is done with, not retried for ever."""
    event = OrderTouched(
        id="evt_1", tenant="demo", at=NOW, connection_id="con_GONE", channel="douyin", shop_id="1", order_no="1"
    )
    assert touched.on_event(bus_batch(event), Context()) == {"batchItemFailures": []}
    assert order_items(stack) == {}
    assert call(app.room, "GET", "/webhooks/connections/con_GONE").status == 404


def truth(minute: int, state: str, rank: int, shop_id: str = "4321") -> OrderFacts:
    """What the platform says of one order at a minute of its life."""
    at = NOW + timedelta(minutes=minute)
    paid_at = at if state != "pending_payment" else None
    return OrderFacts("691", shop_id, state, rank, 12000, "CNY", at, buyer_id="buyer-1", paid_at=paid_at)


TRUTHS = (
    truth(0, "pending_payment", 10),
    truth(1, "paid", 30),
    truth(1, "shipped", 50),
    truth(2, "cancelled", 90),
)
ZONE = ZoneInfo("Asia/Shanghai")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(TRUTHS), st.sampled_from(["push", "pull"])), min_size=1, max_size=8))
def test_in_any_order_and_however_often_the_latest_truth_holds_and_paid_is_said_once(
    stack: Stack, seen: list[tuple[OrderFacts, Any]]
) -> None:
    """Push, pull, repeats and times that run backwards: the end is the same, the order becomes paid once, and whether a
    push ever told of it is known."""
    dynamodb, table = stack.clients["dynamodb"], stack.settings["HUB_TABLE"]
    orders = Orders(Table(table, dynamodb), "demo", ZONE)
    said: list[Any] = []
    for number, (facts, by) in enumerate(seen):
        before = app_image(stack)
        orders.transition(facts, Noting(f"con_{number % 2}", "douyin", NOW, NOW, by))
        after = app_image(stack)
        said += events_of("order", after, before) if after != before else ()
    latest = max((facts for facts, _ in seen), key=lambda facts: (facts.updated_at, facts.state_rank))
    image = app_image(stack)
    assert image is not None
    dynamodb.delete_item(TableName=table, Key={"pk": {"S": image["pk"]}, "sk": {"S": "order"}})
    assert image["state"] == latest.state
    assert (image["pulled"], bool(image.get("pushed"))) == (seen[0][1] == "pull", "push" in [by for _, by in seen])
    told = [event for event in said if isinstance(event, OrderPaid)]
    assert len(told) <= 1
    assert bool(told) == ("paid_noted_at" in image)
    if latest.paid_at:
        assert told


def app_image(stack: Stack) -> dict[str, Any] | None:
    """The order as the stream would show it."""
    item = order_items(stack).get("691")
    return plain_item(item) if item else None


def test_the_same_number_in_two_shops_is_two_orders(stack: Stack) -> None:
    """Order numbers hold within a shop: each shop's order is paid, under an id of its own."""
    orders = Orders(Table(stack.settings["HUB_TABLE"], stack.clients["dynamodb"]), "demo", ZONE)
    for shop_id in ("4321", "4322"):
        assert orders.transition(truth(1, "paid", 30, shop_id), Noting("con_1", "douyin", NOW, NOW))
    found = stack.clients["dynamodb"].scan(TableName=stack.settings["HUB_TABLE"])["Items"]
    assert len({item["order_id"]["S"] for item in found if item["sk"]["S"] == "order"}) == 2


def test_a_presale_is_paid_once_and_by_what_was_paid(stack: Stack) -> None:
    """The deposit says `order.deposit_paid` 100.00; one `order.paid` of 950.00 comes with the final payment, told twice
    or not."""
    orders, table = app.room.desk.orders.table, packaged_table("taobao")
    trade = {"tid": "11", "seller_id": "4321", "buyer_open_uid": "b1", "pay_time": "2026-01-01 12:00:00"}
    deposit = {"status": "WAIT_BUYER_PAY", "step_trade_status": "FRONT_PAID_FINAL_NOPAID", "step_paid_fee": "100.00"}
    final = {"status": "WAIT_SELLER_SEND_GOODS", "step_trade_status": "FRONT_PAID_FINAL_PAID", "payment": "950.00"}
    unpaid = {"status": "WAIT_BUYER_PAY", "step_trade_status": "FRONT_NOPAID_FINAL_NOPAID", "pay_time": ""}
    told = []
    for stage, second in ((unpaid, 0), (deposit, 0), (deposit, 1), (final, 9), (final, 9)):
        fields = {**trade, "payment": "1000.00", **stage, "modified": f"2026-01-01 12:00:0{second}"}
        with streamed(stack, times=2):
            orders.transition(canonical_order(fields, table), Noting("con_TB", "taobao", NOW, NOW))
        told += [event for event in stack.emitted() if event["type"] in ("order.deposit_paid", "order.paid")]
    said = {event["id"]: (event["type"], event["amount_minor"], event.get("total_minor")) for event in told}
    assert list(said.values()) == [("order.deposit_paid", 10_000, 100_000), ("order.paid", 95_000, None)]
