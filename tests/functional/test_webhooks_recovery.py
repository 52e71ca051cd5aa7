"""What a shop's day leaves: every order once, what pushes missed brought by pulls, what was unknown read later."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.webhooks import app
from functions.webhooks.api import views
from functions.webhooks.handlers import changes, counters, pulls, replays, touched
from hub.channels.mapping import packaged_table
from hub.contracts.events import OrderTouched
from hub.contracts.webhooks import NewConnection
from hub.kernel.clock import rfc3339
from hubctl.platforms.app import Platforms
from tests.support.aws import TENANT
from tests.support.doubles import serving
from tests.support.http import Context, bus_batch, call, sqs_batch
from tests.support.webhooks import DOUYIN, Stack, deliver, douyin_push, simulated_stack

NOW = datetime.now(UTC).replace(microsecond=0)
FROZEN, PAID = "交易冻结X", 2
ORDERS, EVERY = 40, 20
"""Of every twenty pushes one is dropped and one doubled: 5 % each."""


@pytest.fixture
def both() -> Iterator[tuple[Stack, Platforms]]:
    with (
        serving({"douyin": [dict(DOUYIN.settings)]}) as (url, platforms),
        simulated_stack(HUB_PLATFORMS_URL=url) as stack,
    ):
        new = NewConnection(channel="douyin", name="旗舰店", settings=dict(DOUYIN.settings))
        app.room.desk.connections.table.create(views.new_connection(new, DOUYIN.id, NOW, "https://hub.test"))
        yield stack, platforms


def sell(platforms: Platforms, *numbers: str, status: int | str = PAID) -> None:
    """The platform has these orders, five minutes old."""
    at, double = int((NOW - timedelta(minutes=5)).timestamp()), platforms.double("douyin")
    assert double is not None
    facts = {"shop_id": 4321, "order_status": status, "pay_amount": 100, "pay_time": at, "update_time": at}
    double.control("orders", [{"order_id": number, **facts} for number in numbers])


def push(stack: Stack, number: str, times: int = 1) -> None:
    message = {"tag": "101", "msg_id": f"m{number}", "data": {"shop_id": 4321, "p_id": int(number)}}
    for _ in range(times):
        assert stack.door().answer(deliver(DOUYIN, douyin_push(message)))["statusCode"] == 200


def work(stack: Stack) -> None:
    """What the bus says of orders is done."""
    hints = [OrderTouched(**event) for event in stack.emitted() if event["type"] == "order.touched"]
    assert touched.on_event(bus_batch(*hints), Context()) == {"batchItemFailures": []}


def pull(stack: Stack) -> None:
    app.room.desk.connections.table.move_watermark(DOUYIN.id, "order", rfc3339(NOW - timedelta(hours=1)))
    pulls.pull({}, Context())
    assert pulls.pull_feed(sqs_batch(*stack.drain("pulls")), Context()) == {"batchItemFailures": []}


def states(stack: Stack) -> list[str]:
    items = stack.clients["dynamodb"].scan(TableName=stack.settings["HUB_TABLE"])["Items"]
    return [item["state"]["S"] for item in items if item["sk"]["S"] == "order"]


def test_dropped_pushes_are_recovered_and_doubled_ones_ignored(both: tuple[Stack, Platforms]) -> None:
    """Of so many orders 5 % were never pushed and 5 % pushed twice: each is there once, and the report says which."""
    stack, platforms = both
    numbers = [str(6917000000000000000 + n) for n in range(ORDERS)]
    sell(platforms, *numbers)
    for n, number in enumerate(numbers):
        push(stack, number, times={0: 0, 1: 2}.get(n % EVERY, 1))
    stack.publish()
    work(stack)
    pull(stack)
    counters.tally(sqs_batch(*stack.drain("tally")), Context())
    today = f"{datetime.now(UTC) + timedelta(hours=8):%Y-%m-%d}"
    query = {"from": today, "to": today}
    told = call(app.room, "GET", f"/webhooks/connections/{DOUYIN.id}/reconcile", query=query).json["total"]
    wanted = {"orders": ORDERS, "recovered": ORDERS // EVERY, "duplicates": ORDERS // EVERY, "lost": 0}
    assert {name: told[name] for name in wanted} == wanted
    assert (told["pushed"], told["processed"]) == (ORDERS - ORDERS // EVERY, ORDERS - ORDERS // EVERY)
    assert states(stack) == ["paid"] * ORDERS


def test_an_unknown_status_waits_for_its_mapping_and_the_order_moves_on(both: tuple[Stack, Platforms]) -> None:
    """The platform hears success, the message waits in quarantine; once a mapping knows the status, it is replayed."""
    stack, platforms = both
    sell(platforms, "6917000000000000005", status=FROZEN)
    push(stack, "6917000000000000005")
    stack.publish()
    work(stack)
    assert (states(stack), waiting(stack)) == (["unknown"], ["quarantined"])
    document: dict[str, Any] = deepcopy(dict(packaged_table("douyin").document))
    document["order"]["rules"].append({"if": {"order_status": FROZEN}, "state": "on_hold"})
    assert call(app.room, "POST", "/webhooks/mappings/douyin/publish", {"document": document}).json["version"] == 1
    changes.forward({"Records": [moved(stack)]}, Context())
    changes.on_change(sqs_batch(*stack.drain("changes")), Context())
    for _ in range(2):
        queued = sqs_batch(*stack.drain("replays"))
        assert replays.run_replays(queued, Context()) == {"batchItemFailures": []}
    work(stack)
    assert (states(stack), waiting(stack)) == (["on_hold"], ["processed"])


def waiting(stack: Stack) -> list[str]:
    return [item["status"]["S"] for item in stack.stored()]


def moved(stack: Stack) -> dict[str, Any]:
    """What the table's stream says of the mapping's pointer."""
    key = {"pk": {"S": f"{TENANT}#doc#status_mapping#douyin"}, "sk": {"S": "p#base"}}
    item = stack.clients["dynamodb"].get_item(TableName=stack.settings["HUB_TABLE"], Key=key)["Item"]
    return {
        "eventName": "INSERT",
        "eventSourceARN": f"arn:aws:dynamodb:us-east-1:1:table/hub-{TENANT}-webhooks/stream/1",
        "dynamodb": {"Keys": key, "NewImage": item},
    }
