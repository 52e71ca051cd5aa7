"""A queue that carries what is for another consumer of its room: found by its name, done after the queue's own, and
brought back as what it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hub.contracts.envelope import Event
from hub.contracts.events import OrderPaid
from hub.edge.bus import Change
from hub.edge.room import Room
from hub.kernel.clock import StepClock
from hub.kernel.errors import Retry
from tests.support.aws import TENANT, account
from tests.support.hosts import install
from tests.support.http import Context, bus_batch, drain, sqs_batch
from tests.support.webhooks import NOW

PAID = OrderPaid(
    id="evt_1", tenant=TENANT, at=NOW, connection_id="con_1", channel="douyin", shop_id="1",
    order_id="ord_1", order_no="6917", amount_minor=14900, currency="CNY",
)  # fmt: skip
CHANGE = {"table": "hub-demo-sample", "kind": "INSERT", "pk": "demo#thing#1", "sk": "job", "new": {}, "old": None}


class World:
    """A room whose changes come by the queue of its events."""

    def __init__(self, session: Any) -> None:
        self.done: list[str] = []
        self.room: Room[None] = Room(
            "sample", paths=("/things",), make_desk=lambda _: None, shared={"changes": "events", "later": "events"}
        )
        self.on_event = self.room.events("order.paid")(self.hear)
        self.on_change = self.room.changes(self.change)
        self.on_later = self.room.queue("later")(self.later)
        self.host = install(self.room, session, StepClock(NOW))
        self.sqs = session.client("sqs")
        self.url = self.sqs.create_queue(QueueName=f"hub-{TENANT}-sample-events")["QueueUrl"]

    def hear(self, _desk: None, event: Event) -> None:
        self.done.append(event.id)

    def change(self, _desk: None, change: Change) -> None:
        self.done.append(change.pk)

    def later(self, _desk: None, payload: dict[str, Any]) -> None:
        if payload.get("wrong"):
            raise Retry("not yet")
        self.done.append(f"later {payload['number']}")

    def waiting(self) -> list[Any]:
        return list(drain(self.sqs, self.url))


@pytest.fixture(name="world")
def _world() -> Iterator[World]:
    with account("sample") as session:
        yield World(session)


def test_what_is_sent_to_a_queue_without_one_of_its_own_comes_by_another(world: World) -> None:
    """It says for whom it is, and that one does it."""
    world.host.send("changes", CHANGE)
    world.host.send("later", {"number": 1})
    waiting = world.waiting()
    assert [message["for"] for message in waiting] == ["changes", "later"]
    assert world.on_event(sqs_batch(*waiting), Context()) == {"batchItemFailures": []}
    assert world.done == ["demo#thing#1", "later 1"]


def test_what_is_the_queues_own_goes_first(world: World) -> None:
    """However long the others' work takes, nothing of the same call waits for it."""
    world.host.send("later", {"number": 1})
    batch = sqs_batch(*world.waiting())
    own = bus_batch(PAID)["Records"][0] | {"messageId": "m9"}
    assert world.on_event({"Records": [*batch["Records"], own]}, Context()) == {"batchItemFailures": []}
    assert world.done == ["evt_1", "later 1"]


def test_what_fails_or_is_for_nobody_comes_again_alone(world: World) -> None:
    """A message that its own consumer refuses, and one for a consumer that there is not, go back; the rest is done."""
    wrong, nobody = {"for": "later", "body": {"wrong": True}}, {"for": "nobody", "body": {}}
    bodies = [wrong, nobody, {"for": "changes", "body": CHANGE}]
    answer = world.on_event(sqs_batch(*bodies), Context())
    assert [failure["itemIdentifier"] for failure in answer["batchItemFailures"]] == ["m0", "m1"]
    assert world.done == ["demo#thing#1"]


def test_the_manifest_has_one_queue_for_all(world: World) -> None:
    """No function and no queue is made for what another one carries; the stream's reader is."""
    entries = {entry["name"]: entry["kind"] for entry in world.room.manifest()["entries"]}
    assert entries == {"http": "http", "events": "events", "forward": "forward"}
