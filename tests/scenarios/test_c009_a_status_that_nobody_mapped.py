"""C009: every known status has its place, an unknown one waits for a mapping and is never lost, signed stays signed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from typer.testing import CliRunner

from functions.webhooks import app
from functions.webhooks.handlers import changes, pulls, replays, touched
from hub.channels.mapping import packaged_table
from hub.contracts.events import OrderTouched, parse_event
from hub.store.secrets import Connection
from hubctl.cli import app as hubctl
from hubctl.platforms.app import Platforms
from tests.support.doubles import serving
from tests.support.http import Context, bus_batch, call, sqs_batch
from tests.support.webhooks import DOUYIN, Stack, deliver, douyin_push, simulated_stack

NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
FIVE = ("taobao", "jd", "pinduoduo", "douyin", "kuaishou")
FROZEN = "交易冻结X"
PINDUODUO = Connection(
    "con_01JP1NDV0DV000000000000000",
    "pinduoduo",
    "enabled",
    {
        "client_id": "05cabcdb00000000000000000001",
        "client_secret": "000000000000000000000000000000000007e57",
        "shop_id": "100000001",
        "refresh_token": "0000000000000000000000000000scrmhubrefresh",
        "relay_secret": "pdd-relay-secret-pdd-relay-secret",
    },
)


@dataclass
class Market:
    """Two shops, what their platforms know of orders, and all that follows from a push."""

    stack: Stack
    platforms: Platforms

    def know(self, channel: str, order: dict[str, Any]) -> None:
        """The platform has the order so from now on."""
        double = self.platforms.double(channel)
        assert double is not None
        double.control("orders", [order])

    def push(self, connection: Connection, plaintext: bytes) -> int:
        """The platform says that something about an order has changed; what the platform hears."""
        status: int = self.stack.door().answer(deliver(connection, plaintext, str(int(time.time()))))["statusCode"]
        self.settle()
        return status

    def settle(self) -> None:
        """Streams, queues and the bus, until nothing is left to do."""
        handlers = {"changes": changes.on_change, "replays": replays.run_replays, "pulls": pulls.pull_feed}
        for _ in range(20):
            if records := self.stack.stream():
                changes.forward({"Records": records}, Context())
            moved = [(handler, self.stack.drain(queue)) for queue, handler in handlers.items()]
            for handler, messages in moved:
                assert handler(sqs_batch(*messages), Context()) == {"batchItemFailures": []}
            hints = [event for event in map(parse_event, self.stack.emitted()) if isinstance(event, OrderTouched)]
            assert touched.on_event(bus_batch(*hints), Context()) == {"batchItemFailures": []}
            if not (records or hints or any(messages for _, messages in moved)):
                return
        raise AssertionError("it does not come to rest")

    def states(self) -> list[str]:
        """Of every order."""
        return [order["state"] for order in call(app.room, "GET", "/webhooks/orders").json["data"]]

    def quarantined(self) -> list[str]:
        """Why messages wait."""
        query = {"state": "quarantined"}
        return [message["reason"] for message in call(app.room, "GET", "/webhooks/messages", query=query).json["data"]]


@pytest.fixture
def market() -> Iterator[Market]:
    shops = {connection.channel: [dict(connection.settings)] for connection in (DOUYIN, PINDUODUO)}
    with serving(shops) as (url, platforms), simulated_stack(HUB_PLATFORMS_URL=url) as stack:
        stack.secrets().put(PINDUODUO)
        stack.stream()
        yield Market(stack, platforms)


def test_every_known_status_has_its_place() -> None:
    """`hubctl lint mappings`: 100 rows and more, 20 and more for each of five platforms, none unmapped."""
    linted = CliRunner().invoke(hubctl, ["lint", "mappings"])
    *_, last = lines = linted.output.splitlines()
    rows = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith(" rows")}
    assert (linted.exit_code, last) == (0, f"{sum(rows.values())} rows, 0 unmapped")
    assert sum(rows.values()) >= 100
    assert all(rows[platform] >= 20 for platform in FIVE)


def test_an_unknown_status_waits_for_its_mapping(market: Market) -> None:
    """Douyin hears 200; the order is unknown, its message quarantined. The next version of the mapping is published:
    the message is replayed and the order moves on."""
    order: dict[str, Any] = {
        "order_id": "6917000000000000005",
        "shop_id": 4321,
        "order_status": FROZEN,
        "pay_amount": 12800,
    }
    market.know("douyin", {**order, "update_time": int(NOW.timestamp())})
    message = {"tag": "101", "msg_id": "m1", "data": {"shop_id": 4321, "p_id": int(order["order_id"])}}
    assert market.push(DOUYIN, douyin_push(message)) == 200
    assert (market.states(), market.quarantined()) == (["unknown"], ["unknown-status"])

    mapping: dict[str, Any] = deepcopy(dict(packaged_table("douyin").document))
    mapping["order"]["rules"].append(
        {"if": {"order_status": FROZEN}, "state": "on_hold", "label": FROZEN, "source": "tenant"}
    )
    mapping["order"]["fields"]["order_status"].append(FROZEN)
    assert call(app.room, "POST", "/webhooks/mappings/douyin/publish", {"document": mapping}).status == 200
    market.settle()
    assert (market.states(), market.quarantined()) == (["on_hold"], [])


def test_signed_before_shipped_is_signed(market: Market) -> None:
    """「已签收」 arrives, and 「已发货」, which is older, after it: the order stays delivered."""
    mall, number, china = PINDUODUO.settings["shop_id"], "260101-1", timezone(timedelta(hours=8))
    for nth, (order_status, at, state) in enumerate([(1, 0, "paid"), (3, 20, "delivered"), (2, 10, "delivered")]):
        changed_at = NOW + timedelta(seconds=at)
        written = f"{changed_at.astimezone(china):%Y-%m-%d %H:%M:%S}"
        codes = {"confirm_status": 1, "group_status": 1, "risk_control_status": 0, "refund_status": 1}
        order = {"order_sn": number, "pay_amount": "129.90", "pay_time": written, "updated_at": written, **codes}
        market.know("pinduoduo", {**order, "order_status": order_status})
        pushed = {"topic": "pdd_trade_TradeConfirmed", "shop_id": mall, "pub_time": int(changed_at.timestamp() * 1000)}
        content = json.dumps({"mall_id": mall, "tid": number})
        assert market.push(PINDUODUO, json.dumps({"id": str(nth), **pushed, "content": content}).encode()) == 200
        assert market.states() == [state]
