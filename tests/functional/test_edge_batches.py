"""Packs of events: what is said together travels together, what fails of it comes again alone, and no connection takes
more of a function than its share."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from hub.contracts.envelope import Event
from hub.contracts.events import OrderPaid
from hub.edge.bus import PACK_LIMIT, PACK_LIMIT_BYTES
from hub.edge.consumers import AGAIN_AFTER_SECONDS, LATEST_START_SECONDS, SHARE_SECONDS
from hub.edge.room import Room
from hub.kernel.clock import StepClock
from hub.kernel.errors import Retry
from tests.support.aws import TENANT, account
from tests.support.hosts import install
from tests.support.http import Context, bus_batch, bus_events, drain
from tests.support.webhooks import NOW

SLOW = "con_slow"
Seen = list[str]


class World:
    """A room that hears events on a queue as SQS keeps it, and a platform that takes its time."""

    def __init__(self, session: Any, clock: StepClock) -> None:
        self.clock, self.sqs, self.tried = clock, session.client("sqs"), dict[str, int]()
        self.room: Room[Seen] = Room("sample", paths=("/things",), make_desk=lambda _: [])
        self.on_event = self.room.events("order.paid")(self.hear)
        self.host = install(self.room, session, clock)
        url = self.sqs.create_queue(QueueName="sample-events")["QueueUrl"]
        got = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        self.url, self.arn = url, got["Attributes"]["QueueArn"]

    def hear(self, desk: Seen, event: Event) -> tuple[Event, ...]:
        assert isinstance(event, OrderPaid)
        self.tried[event.id] = self.tried.get(event.id, 0) + 1
        if event.connection_id == SLOW:
            self.clock.advance(seconds=10)
        if event.id.startswith("evt_bad"):
            raise Retry("not yet")
        desk.append(event.id)
        return (event.model_copy(update={"id": f"{event.id}_heard"}),)

    @property
    def seen(self) -> Seen:
        return self.room.desk

    def packed(self, *events: OrderPaid) -> dict[str, Any]:
        """A batch of one record, as EventBridge brings what was said together."""
        batch = bus_batch(events[0])
        pack = [json.loads(event.model_dump_json()) for event in events]
        batch["Records"][0] |= {
            "body": json.dumps({"detail-type": "order.paid", "detail": {"type": "order.paid", "pack": pack}}),
            "eventSourceARN": self.arn,
        }
        return batch

    def waiting(self) -> list[str]:
        """The ids of what was sent back, each in a message of its own."""
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])["Attributes"]
        assert attributes["ApproximateNumberOfMessages"] == "0"  # all of them come later
        self.clock.advance(seconds=AGAIN_AFTER_SECONDS[0])
        return sorted(body["detail"]["id"] for body in self.delayed())

    def delayed(self) -> list[Any]:
        from moto.sqs.models import sqs_backends

        queue = sqs_backends["123456789012"]["us-east-1"].queues["sample-events"]
        return [json.loads(message.body) for message in queue._messages]


@pytest.fixture(name="world")
def _world() -> Iterator[World]:
    with account("sample") as session:
        yield World(session, StepClock(NOW))


def paid(event_id: str, connection_id: str = "con_1") -> OrderPaid:
    return OrderPaid(
        id=event_id, tenant=TENANT, at=NOW, connection_id=connection_id, channel="douyin", shop_id="1",
        order_id="ord_1", order_no="6917", amount_minor=14900, currency="CNY",
    )  # fmt: skip


def test_what_is_said_together_is_few_entries_and_every_event_once(world: World) -> None:
    """Twenty-five events of one type are three entries, each within its bound, and read back equal."""
    events = [paid(f"evt_{number}") for number in range(25)]
    world.host.emit(*events)
    tap = world.sqs.get_queue_url(QueueName="bus-tap")["QueueUrl"]
    entries = list(drain(world.sqs, tap))
    assert [len(entry["detail"]["pack"]) for entry in entries] == [PACK_LIMIT, PACK_LIMIT, 5]
    assert all(len(json.dumps(entry["detail"]).encode()) <= PACK_LIMIT_BYTES + 1_000 for entry in entries)
    assert [event["id"] for entry in entries for event in entry["detail"]["pack"]] == [event.id for event in events]


def test_what_fails_of_a_pack_comes_again_alone(world: World) -> None:
    """The others are done with, and what they said is on the bus in one entry."""
    answer = world.on_event(world.packed(paid("evt_1"), paid("evt_bad"), paid("evt_2")), Context())
    assert (answer, world.seen) == ({"batchItemFailures": []}, ["evt_1", "evt_2"])
    assert world.waiting() == ["evt_bad"]
    assert [event["id"] for event in bus_events(world.sqs)] == ["evt_1_heard", "evt_2_heard"]


def test_what_finds_no_time_comes_again_alone(world: World) -> None:
    """Nothing of a pack is begun that might not be finished."""
    context = Context(left_seconds=LATEST_START_SECONDS - 1)
    assert world.on_event(world.packed(paid("evt_1"), paid("evt_2")), context) == {"batchItemFailures": []}
    assert (world.seen, world.waiting()) == ([], ["evt_1", "evt_2"])


def test_a_pack_that_cannot_be_parted_comes_again_whole(world: World) -> None:
    """A queue that takes nothing gets its record back: repeats are harmless, losses are not."""
    world.sqs.delete_queue(QueueUrl=world.url)
    answer = world.on_event(world.packed(paid("evt_1"), paid("evt_bad")), Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}


def test_a_message_that_is_no_object_holds_up_no_other(world: World) -> None:
    """It comes again alone; what lies beside it is done."""
    batch = bus_batch(paid("evt_1"), paid("evt_2"))
    batch["Records"][0]["body"] = "[]"
    assert world.on_event(batch, Context()) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert world.seen == ["evt_2"]


@pytest.mark.parametrize("pack", [[], None, [{"type": "order.paid", "pack": []}]])
def test_a_pack_of_nothing_nears_its_limit(world: World, pack: Any) -> None:
    """It comes again as the record that it is, to the dead-letter queue in the end; sent apart it would for ever."""
    batch = world.packed(paid("evt_1"))
    batch["Records"][0]["body"] = json.dumps({"detail-type": "order.paid", "detail": {"pack": pack}})
    assert world.on_event(batch, Context()) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert list(world.delayed()) == []


def test_a_slow_shop_has_its_share_and_the_others_are_served(world: World) -> None:
    """One shop hangs for ten seconds a call, with nine events before those of nine other shops: it gets one call, and
    what else there is of it goes behind, as new: it is never given up untried."""
    slow = [paid(f"evt_slow_{number}", SLOW) for number in range(9)]
    others = [paid(f"evt_{number}", f"con_{number}") for number in range(9)]
    started = world.clock.wall_now()
    batch = {"Records": [*world.packed(*slow)["Records"], *world.packed(*others)["Records"]]}
    batch["Records"][1]["messageId"] = "m1"
    assert world.on_event(batch, Context()) == {"batchItemFailures": []}
    assert world.seen == ["evt_slow_0", *(event.id for event in others)]
    assert (world.clock.wall_now() - started).total_seconds() <= SHARE_SECONDS + 10
    assert world.waiting() == [event.id for event in slow[1:]]


def test_what_was_said_and_not_taken_is_said_again(world: World) -> None:
    """Where the bus takes nothing whoever spoke comes again; who said nothing is done."""
    world.host.client("events").delete_event_bus(Name=f"hub-{TENANT}")
    answer = world.on_event(bus_batch(paid("evt_1"), paid("evt_2")), Context())
    assert [failure["itemIdentifier"] for failure in answer["batchItemFailures"]] == ["m0", "m1"]
