"""Orders that a hand or a file tells of, by a connection of the open channel: the way of what is delivered there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.webhooks import app
from hub.kernel.clock import StepClock
from tests.support.http import Answer, call
from tests.support.webhooks import Stack, simulated_stack

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
SETTINGS = {"secret": "whsec_c2NybWh1Yi1vcGVuLWNoYW5uZWwtdGVzdC1rZXktMDE=", "account": "erp"}
PINDUODUO = {
    "client_id": "05cabcdb00000000000000000001",
    "client_secret": "000000000000000000000000000000000007e57",
    "shop_id": "100000001",
    "refresh_token": "0000000000000000000000000000scrmhubrefresh",
}
ORDER = {"order_no": "E1", "state": "paid", "amount": "19.90", "occurred_at": "2026-11-21T11:30:00+08:00"}


@pytest.fixture
def stack() -> Iterator[Stack]:
    with simulated_stack(clock=StepClock(NOON)) as simulated:
        yield simulated


def connect(channel: str = "open", settings: Any = SETTINGS) -> str:
    body = {"channel": channel, "name": "ERP", "settings": settings, "region": "310101", "store_id": "s1"}
    made = call(app.room, "POST", "/webhooks/connections", body)
    assert made.status == 201, made.text
    return str(made.json["id"])


def tell(connection_id: str, **changes: Any) -> Answer:
    return call(app.room, "POST", f"/webhooks/connections/{connection_id}/orders", {**ORDER, **changes})


def test_an_order_is_there_as_if_it_had_been_delivered(stack: Stack) -> None:
    """Stored once, published, listed where its connection belongs; the same again is known."""
    connection_id = connect()
    first, again = tell(connection_id), tell(connection_id)
    assert (first.status, first.json["is_new"], again.json["is_new"]) == (202, True, False)
    assert first.json["message_id"] == again.json["message_id"]
    assert stack.publish() == []
    (order,) = call(app.room, "GET", "/webhooks/orders").json["data"]
    shown = {name: order[name] for name in ("order_no", "state", "amount", "channel", "region", "store_id")}
    expected = {"order_no": "E1", "state": "paid", "amount": "19.90", "channel": "open", "region": "310101"}
    assert shown == {**expected, "store_id": "s1"}


@pytest.mark.parametrize(
    ("changes", "pointer"), [({"state": "unknown"}, "/state"), ({"occurred_at": "2026-11-21"}, "/occurred_at")]
)
def test_what_no_integrator_could_tell_is_refused(stack: Stack, changes: Any, pointer: str) -> None:
    """With its place, and nothing is stored."""
    refused = tell(connect(), **changes)
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, pointer)


def test_a_marketplace_says_itself_what_its_orders_are(stack: Stack) -> None:
    """409 for a connection of another channel."""
    assert tell(connect("pinduoduo", PINDUODUO)).status == 409


def test_orders_come_from_files(stack: Stack) -> None:
    """An import knows its columns, and those that it needs."""
    (known,) = call(app.room, "GET", "/jobs/webhooks/imports").json["data"]
    assert known["into"] == "orders"
    assert set(known["required"]) == {"connection_id", "order_no", "state", "amount", "occurred_at"}
