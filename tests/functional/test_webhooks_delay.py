"""Platforms whose API lags behind their own pushes are read a little later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from functions.webhooks import app
from functions.webhooks.handlers import pulls, touched
from hub.contracts.events import OrderTouched
from tests.support.aws import TENANT
from tests.support.doubles import serving
from tests.support.http import Context, bus_batch, sqs_batch
from tests.support.webhooks import DOUYIN, simulated_stack

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
DONE: dict[str, list[Any]] = {"batchItemFailures": []}


def hint(channel: str) -> OrderTouched:
    facts = {"connection_id": DOUYIN.id, "channel": channel, "shop_id": "4321", "order_no": "691"}
    return OrderTouched(id="evt_1", tenant="demo", at=NOW, **facts)


def test_a_lagging_platform_is_not_read_at_once() -> None:
    """A push of Youzan waits in the queue, unseen, before its order is read."""
    with simulated_stack() as stack:
        assert touched.on_event(bus_batch(hint("youzan")), Context()) == DONE
        sqs = stack.clients["sqs"]
        url = sqs.get_queue_url(QueueName=f"hub-{TENANT}-webhooks-pulls")["QueueUrl"]
        name = "ApproximateNumberOfMessagesDelayed"
        assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name] == "1"
        assert stack.drain("pulls") == []


def test_what_waited_is_then_read_and_noted() -> None:
    """The message that comes out of the queue later leads to the order."""
    with serving({"douyin": [dict(DOUYIN.settings)]}) as (url, doubles), simulated_stack(HUB_PLATFORMS_URL=url):
        seconds = int((datetime.now(UTC) - timedelta(minutes=5)).timestamp())
        order = {"order_id": "691", "shop_id": 4321, "order_status": 2, "pay_amount": 100, "update_time": seconds}
        double = doubles.double("douyin")
        assert double is not None
        double.control("orders", [order])
        waited = {"kind": "touched", "event": hint("douyin").model_dump(mode="json")}
        assert pulls.pull_feed(sqs_batch(waited), Context()) == DONE
        day = f"{datetime.now(app.room.desk.orders.table.zone):%Y%m%d}"
        (noted,), _ = app.room.desk.orders.table.page(DOUYIN.id, day, 10)
        assert (noted["order_no"], noted["state"], noted["pushed"]) == ("691", "paid", True)
